package secret

import (
	"errors"
	"fmt"
)

// KEK is a key-encryption key: it wraps the data key of each sealed row. Its
// methods may be called from several goroutines.
type KEK interface {
	// ID names the key that Wrap uses, 1 to 255 bytes. It is stored in clear
	// beside what it wrapped.
	ID() string
	// Wrap encrypts a data key under the key ID names, bound to aad.
	Wrap(dek, aad []byte) ([]byte, error)
	// Unwrap reverses Wrap for any key it still holds.
	Unwrap(id string, wrapped, aad []byte) ([]byte, error)
}

// ErrUnknownKey means that a row was sealed under a key that is not loaded.
var ErrUnknownKey = errors.New("unknown key-encryption key")

// LocalKEK is the KEK whose keys come from a file (OpenKeyFile). It does not
// change after that.
type LocalKEK struct {
	active string
	keys   map[string][]byte // id to 32 bytes
}

// ID implements KEK: the first line of the file.
func (k *LocalKEK) ID() string { return k.active }

// Wrap implements KEK.
func (k *LocalKEK) Wrap(dek, aad []byte) ([]byte, error) {
	aead, err := gcm(k.keys[k.active])
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, dek, aad), nil
}

// Unwrap implements KEK: every line of the file unwraps.
func (k *LocalKEK) Unwrap(id string, wrapped, aad []byte) ([]byte, error) {
	key, ok := k.keys[id]
	if !ok {
		return nil, fmt.Errorf("%w %q: add its line back to the key file", ErrUnknownKey, id)
	}
	aead, err := gcm(key)
	if err != nil {
		return nil, err
	}
	return aead.Open(nil, nil, wrapped, aad)
}
