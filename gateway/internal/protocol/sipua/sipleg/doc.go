// Package sipleg joins a SIP call to its media: the session description of a
// dialog decides what RTP does, and both together are the leg of a call. Every
// channel kind over SIP uses it.
package sipleg
