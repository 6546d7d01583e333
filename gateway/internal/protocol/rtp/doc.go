// Package rtp is the media of one call over RTP (RFC 3550, audio profile RFC
// 3551): a Media joins two UDP sockets, or another transport's connection, to a
// call leg. Below it are packages without sockets: jitter (order, loss),
// dtmf (RFC 4733), quality (RTCP, MOS), sdes (SRTP keys), sdp (offer and
// answer), pacer and port.
//
// Two goroutines drive a Media. The one that calls Next reads the socket:
// source latch, SRTP, jitter buffer, digits, and concealment of what was lost.
// There is no playout clock towards an engine, which takes audio at any pace;
// a packet waits only for one that is missing before it. The other is a
// goroutine of the pacer, shared by many calls: every 20 ms it asks the session
// for a frame and sends it. What one must know of the other is atomic or under
// a mutex. A third goroutine reads RTCP.
package rtp
