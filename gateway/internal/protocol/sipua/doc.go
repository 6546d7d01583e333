// Package sipua is a SIP user agent server (RFC 3261) for the public internet:
// it takes calls of known trunks and ends them by REFER or BYE. A Server owns
// the listeners and the receive pipeline; a Call is one dialog. Media is not
// its business: it hands session descriptions to a Media.
//
// The transactions are those of sipgo. What that library leaves open or does in
// a way that harms a server on the internet is done here: sources and tokens
// are checked on raw bytes (internal/gate), sockets limit their peers
// (internal/wire), digest credentials are asked for before anything is kept of a
// call (internal/digest), responses to an INVITE are repeated until the ACK,
// requests of the server go to no address that a message alone names, and the
// library neither dials nor asks the DNS.
//
// Everything of one dialog runs in one goroutine, one own request at a time,
// none while an INVITE transaction is pending either way.
package sipua
