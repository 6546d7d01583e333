// Package twilio answers calls that a Twilio phone number sends to its voice
// webhook: TwiML opens a bidirectional media stream to the gateway, and when
// the gateway closes it, Twilio asks what to do next: hang up, or dial a live
// agent.
//
// Sources: https://www.twilio.com/docs/voice/twiml/stream,
// https://www.twilio.com/docs/usage/security#validating-requests.
package twilio
