// Package gate decides about raw SIP messages before a parser, a transaction or
// a goroutine exists for them: by their source, their rate, their size, and, for
// trunks without a list of sources, by the token or the Call-ID they carry.
// What it refuses gets no answer of any kind.
package gate
