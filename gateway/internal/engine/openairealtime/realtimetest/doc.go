// Package realtimetest is a server of the OpenAI Realtime protocol for tests and
// benchmarks: strict about what it is told, cheap, and without a model. It
// refuses unknown events and fields, a first event that is no session.update, a
// truncation beyond the audio it has sent and the cancellation of nothing, as
// the vendor's does (https://platform.openai.com/docs/api-reference/realtime).
// Its wire format is its own, so that a mistake of the client does not hide in
// a shared one.
package realtimetest
