// Package audiocodes is the wire format of the AudioCodes Bot API in streaming
// mode: JSON text messages over a WebSocket, 16-bit linear audio in base64. It
// speaks both roles: the bot, which is the gateway, and the platform that calls
// it.
//
// Sources: https://techdocs.audiocodes.com/voice-ai-connect ("AC Bot API
// streaming") and the vendor's types, audiocodes/ac-bot-api:src/websocket/types.ts.
// What they leave open is marked as an assumption.
package audiocodes
