// Package sdp is offer and answer (RFC 3264) for one audio stream: it reads
// what a peer offers, chooses codec, digits, direction and SRTP key, and writes
// the answer. A Session is one dialog's; every other media line is rejected in
// its place.
package sdp
