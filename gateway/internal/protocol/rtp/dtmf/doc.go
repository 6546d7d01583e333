// Package dtmf reads and writes keys as telephone events (RFC 4733). It knows
// payloads and timestamps only.
package dtmf
