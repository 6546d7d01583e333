// Package userbot is what engines share that take a platform's part towards a
// bot of the user: the signed connection, the ids, and what the bot is told of
// the call.
package userbot
