// Package openairealtime is the engine for speech-to-speech models behind the
// OpenAI Realtime protocol: OpenAI's own, or a compatible server.
//
// The backend finds the caller's turns and answers them; the gateway alone
// decides whether that interrupts the assistant, so interrupt_response is off:
// when the session reports an interruption, the item is truncated to what was
// heard and a response that is still being made is cancelled. A leg that speaks
// G.711 is passed through without transcoding.
//
// A conversation has two goroutines. One reads the socket; the owner, of
// pipe.Talk, has everything else and alone writes.
package openairealtime
