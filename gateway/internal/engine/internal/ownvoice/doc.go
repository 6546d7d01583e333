// Package ownvoice is the gateway's own voice as an assistant is configured to
// sound.
package ownvoice
