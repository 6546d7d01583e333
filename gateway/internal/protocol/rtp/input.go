package rtp

import (
	"errors"
)

// Kind tells inputs apart.
type Kind uint8

// Kinds of inputs, with the fields they use.
const (
	// Audio: Data, valid until the next call of Next; any size.
	Audio Kind = iota + 1
	// Fill: Data is silence for a pause in the peer's timestamps.
	Fill
	// Digit: Digit, one of 0-9, *, #, A-D.
	Digit
)

// Input is one thing that came from the peer.
type Input struct {
	Kind  Kind
	Data  []byte
	Digit byte
}

// Errors of Next. Once the Media is closed, it answers net.ErrClosed.
var (
	// ErrTimeout: the peer sent no media for too long.
	ErrTimeout = errors.New("no media from the peer")
	// ErrKey: for seconds not one packet of the peer could be authenticated.
	ErrKey = errors.New("the SRTP key does not fit the peer's packets")
)
