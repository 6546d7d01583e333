// Package mediastream is the engine for a bot written for Twilio Media Streams
// (<Connect><Stream>): the gateway connects to it and takes Twilio's part, so
// that the bot answers calls of every channel unchanged.
//
// The wire is package twiliomedia's, which the Twilio channel uses as well. The
// bot hears the caller all the time and decides alone when it is interrupted, by
// its "clear". What only the gateway needs, the caller's turns and the ends of
// what the bot says, it finds in the audio itself. No text and no tool call
// crosses this wire, and what the gateway has to say, such as the inactivity
// prompt, it says with its own voice.
//
// A conversation has three goroutines: one reads the socket, one renders what the
// gateway says, and the owner, of pipe.Talk, has everything else and alone writes.
package mediastream
