// Package jitter puts the packets of one RTP stream in order and says what is
// missing between them. There is no playout clock: what is in order goes on at
// once, and only a gap makes the packets behind it wait for the missing one, as
// long as recent disorder of this stream suggests.
package jitter
