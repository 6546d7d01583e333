// Package conversationrelay is the engine for a text bot written for
// ConversationRelay: the gateway connects to it and takes the platform's part. It
// finds the caller's turns, has them written down, speaks what the bot answers
// sentence by sentence, and tells the bot what the caller heard of it when it is
// interrupted.
//
// Ears are a service over HTTP, without which the bot gets keys only; the voice is
// the gateway's own or such a service.
//
// A conversation has four goroutines: one reads the socket, one has turns written
// down, one gives sentences a sound, and the owner, of pipe.Talk, has everything
// else and alone writes.
package conversationrelay
