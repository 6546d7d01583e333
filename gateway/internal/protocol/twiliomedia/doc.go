// Package twiliomedia is the wire format of Twilio Media Streams: JSON text
// messages over a WebSocket, µ-law audio in base64. It speaks both roles:
// Gateway is the end that answers a <Connect><Stream>, Platform is Twilio's
// own end, used to call a gateway or a bot written for Twilio.
//
// Source: https://www.twilio.com/docs/voice/media-streams/websocket-messages.
//
// Media messages cross in both directions without an allocation of this
// package: a scanner reads the plain shape that Twilio sends, of media and of
// marks, and leaves anything unusual to encoding/json, with the same result.
package twiliomedia
