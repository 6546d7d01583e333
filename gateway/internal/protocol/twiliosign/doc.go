// Package twiliosign makes the signature X-Twilio-Signature, as Twilio does for
// its webhooks and for the upgrades of its WebSockets.
//
// Source: https://www.twilio.com/docs/usage/security#validating-requests.
package twiliosign
