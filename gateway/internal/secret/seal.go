package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

const (
	// sealVersion is the first byte of a sealed row. Version 1:
	//
	//	1 byte   version
	//	1 byte   n, length of the id of the key-encryption key
	//	n bytes  the id
	//	2 bytes  w, length of the wrapped data key, big-endian
	//	w bytes  the wrapped data key, in the KEK's own form
	//	rest     nonce(12) ‖ AES-256-GCM(data key, plaintext, aad) ‖ tag(16)
	sealVersion = 1

	keySize  = 32 // AES-256, HMAC-SHA-256
	overhead = 28 // nonce and tag of AES-GCM
)

// ErrSealed means that a sealed row does not open: it was damaged, truncated,
// moved to another place, or sealed under another key. The cases are not told
// apart.
var ErrSealed = errors.New("sealed value does not open")

// organisation is the first part of every AAD. One gateway serves one
// organisation, so it is a constant.
const organisation = "va"

// AAD names the place of a sealed value. A value moved to another row or
// column does not open there.
type AAD struct {
	Table  string
	Row    string // id of the row
	Column string
}

// bytes is what the cipher authenticates: organisation|table|row|column. A
// separator inside a part would make two places equal, so it is refused.
func (a AAD) bytes() ([]byte, error) {
	parts := []string{organisation, a.Table, a.Row, a.Column}
	for _, p := range parts {
		if p == "" || strings.Contains(p, "|") {
			return nil, fmt.Errorf("place of a sealed value: table %q, row %q, column %q: "+
				"each part needs a name without %q", a.Table, a.Row, a.Column, "|")
		}
	}
	return []byte(strings.Join(parts, "|")), nil
}

// envelope is a sealed row taken apart.
type envelope struct {
	kekID   string
	wrapped []byte
	data    []byte // nonce ‖ ciphertext ‖ tag
}

func (e envelope) encode() ([]byte, error) {
	if n := len(e.kekID); n < 1 || n > 0xff {
		return nil, fmt.Errorf("id of the key-encryption key has %d bytes, want 1 to 255", n)
	}
	if n := len(e.wrapped); n > 0xffff {
		return nil, fmt.Errorf("wrapped data key has %d bytes, want at most 65535", n)
	}
	row := make([]byte, 0, 4+len(e.kekID)+len(e.wrapped)+len(e.data))
	row = append(row, sealVersion, byte(len(e.kekID)))
	row = append(row, e.kekID...)
	row = binary.BigEndian.AppendUint16(row, uint16(len(e.wrapped)))
	row = append(row, e.wrapped...)
	return append(row, e.data...), nil
}

func decodeEnvelope(row []byte) (envelope, error) {
	if len(row) < 2 || row[0] != sealVersion {
		return envelope{}, ErrSealed
	}
	n, rest := int(row[1]), row[2:]
	if n == 0 || len(rest) < n+2 {
		return envelope{}, ErrSealed
	}
	e := envelope{kekID: string(rest[:n])}
	w, rest := int(binary.BigEndian.Uint16(rest[n:])), rest[n+2:]
	if len(rest) < w+overhead {
		return envelope{}, ErrSealed
	}
	e.wrapped, e.data = rest[:w], rest[w:]
	return e, nil
}

func seal(kek KEK, plaintext, aad []byte) ([]byte, error) {
	dek := random(keySize)
	aead, err := gcm(dek)
	if err != nil {
		return nil, err
	}
	wrapped, err := kek.Wrap(dek, aad)
	if err != nil {
		return nil, fmt.Errorf("wrap data key: %w", err)
	}
	return envelope{kek.ID(), wrapped, aead.Seal(nil, nil, plaintext, aad)}.encode()
}

func open(kek KEK, row, aad []byte) ([]byte, error) {
	e, err := decodeEnvelope(row)
	if err != nil {
		return nil, err
	}
	dek, err := kek.Unwrap(e.kekID, e.wrapped, aad)
	if errors.Is(err, ErrUnknownKey) {
		return nil, err
	}
	if err != nil {
		return nil, ErrSealed
	}
	aead, err := gcm(dek)
	if err != nil {
		return nil, ErrSealed // a key of another length is no key of ours
	}
	plaintext, err := aead.Open(nil, nil, e.data, aad)
	if err != nil {
		return nil, ErrSealed
	}
	return plaintext, nil
}

// gcm is AES-256-GCM that puts a random nonce in front of what it seals.
func gcm(key []byte) (cipher.AEAD, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("key has %d bytes, want %d", len(key), keySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
