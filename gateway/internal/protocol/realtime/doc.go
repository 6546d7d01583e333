// Package realtime is the wire format of the OpenAI Realtime protocol over a
// WebSocket, as a client sees it
// (https://platform.openai.com/docs/api-reference/realtime). The names of its
// beta, which compatible servers still use, are understood as well.
package realtime
