// Package rawsip reads just as much of a SIP message (RFC 3261) as decides
// whether it is looked at at all: its kind, its length, its Call-ID and the
// trunk token. It allocates nothing, so that what is refused costs nothing.
package rawsip
