// Package outbound makes the requests that the gateway itself sends, to
// platforms and to addresses that users configure. Whoever may name an address
// could otherwise make the gateway ask the services of its own network: so
// every connection is checked at the moment it is made, by the address that is
// really dialled and not by a name looked up before.
package outbound
