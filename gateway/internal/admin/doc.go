// Package admin serves the admin API: assistants, channels of every kind,
// credentials, tokens, calls and the gateway itself. Every route declares its
// scope where it is registered; errors are RFC 9457 problems that never repeat
// a value.
package admin
