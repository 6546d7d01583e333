package rtp

import (
	"errors"
	"time"

	pion "github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

const (
	// wrongKey is how long every packet of the peer may fail to authenticate.
	wrongKey = 5 * time.Second
	// wrongPackets is how many of them make that a wrong key.
	wrongPackets = 10
)

// errUnproven is the error of a packet without key.
var errUnproven = errors.New("no SRTP key")

// keyring opens the peer's SRTP packets. A new key replaces the old one with
// the first packet that it opens, since the peer changes at a moment of its
// own.
type keyring struct {
	current, next *srtp.Context
	plain         []byte
	header        pion.Header
	since         time.Time // of the first failure without a success after it
	failed        int
}

// open gives the plain packet, valid until the next call. named packets come
// from where the peer should be; only they tell of a wrong key.
func (k *keyring) open(now time.Time, data []byte, named, secure bool) ([]byte, error) {
	if !secure {
		return data, nil
	}
	err := errUnproven
	for _, c := range [...]*srtp.Context{k.next, k.current} {
		if c == nil {
			continue
		}
		var plain []byte
		if plain, err = c.DecryptRTP(k.plain[:0], data, &k.header); err == nil {
			if c == k.next {
				k.current, k.next = c, nil
			}
			k.plain, k.since, k.failed = plain, time.Time{}, 0
			return plain, nil
		}
	}
	if named {
		if k.failed++; k.failed == 1 {
			k.since = now
		}
	}
	return nil, err
}

// fault is ErrKey if the key must be wrong.
func (k *keyring) fault(now time.Time) error {
	if k.failed >= wrongPackets && now.Sub(k.since) >= wrongKey {
		return ErrKey
	}
	return nil
}
