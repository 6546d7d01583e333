// Package userbottest is the server of a bot in tests. It reads what the bot is
// told without the gateway's own types.
package userbottest
