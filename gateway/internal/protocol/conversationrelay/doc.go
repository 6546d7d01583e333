// Package conversationrelay is the wire format of ConversationRelay, in the part
// of the platform: JSON text messages over a WebSocket, the caller's words to a
// bot and the bot's words back. Twilio and Telnyx share it.
//
// Sources: https://www.twilio.com/docs/voice/conversationrelay/websocket-messages,
// https://developers.telnyx.com/docs/voice/programmable-voice/conversation-relay.
package conversationrelay
