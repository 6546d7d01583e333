// Package provider is the Terraform provider "va".
//
// It imports nothing of this module but gateway/api, so that the plugin links
// no media code. The pieces, from the wire up:
//
//   - connection: one configured provider: client, bulk refresh, redaction.
//   - objectResource: create, read, update, delete and import of any object of
//     the admin API, written once. va_assistant is exactly that.
//   - channelResource: objectResource plus what every channel has: credentials
//     in state, rotation in place and the ephemeral way to read them.
//   - resource_channel_<kind>.go: attributes and mapping of one kind.
//
// Values that Terraform keeps but users do not see (the ETag, and what is owed
// after an import or a lost answer) live in private state; see private.go.
package provider
