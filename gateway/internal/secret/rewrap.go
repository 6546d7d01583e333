package secret

import (
	"errors"
	"fmt"
)

// Rewrap seals the data key of a row under the active key-encryption key; the
// encrypted value itself stays as it is and is never opened. Errors:
// ErrSealed, ErrUnknownKey.
func (k *Keyring) Rewrap(sealed []byte, aad AAD) ([]byte, error) {
	place, err := aad.bytes()
	if err != nil {
		return nil, err
	}
	e, err := decodeEnvelope(sealed)
	if err != nil {
		return nil, err
	}
	dek, err := k.kek.Unwrap(e.kekID, e.wrapped, place)
	if errors.Is(err, ErrUnknownKey) {
		return nil, err
	}
	if err != nil {
		return nil, ErrSealed
	}
	if e.wrapped, err = k.kek.Wrap(dek, place); err != nil {
		return nil, fmt.Errorf("wrap data key: %w", err)
	}
	e.kekID = k.kek.ID()
	return e.encode()
}

// RewrapIndexKey does the same for the sealed index key.
func (k *Keyring) RewrapIndexKey(sealed []byte) ([]byte, error) { return k.Rewrap(sealed, indexKeyAAD) }
