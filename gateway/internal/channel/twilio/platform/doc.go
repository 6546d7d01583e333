// Package platform is Twilio's side of a call: it asks a voice webhook for
// TwiML, opens the media stream it is told to, plays what it receives to a
// caller on an absolute clock, and asks what to do when the stream was closed.
// Every request is signed, and every message of the gateway is held to the
// documented shape. It shares nothing with the code that answers such calls
// but the wire format, so each of the two checks the other.
//
// Sources: https://www.twilio.com/docs/voice/twiml,
// https://www.twilio.com/docs/voice/media-streams/websocket-messages,
// https://www.twilio.com/docs/usage/security#validating-requests.
package platform
