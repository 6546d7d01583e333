package secret

import "fmt"

// IndexKeyName is the name of the index key among the sealed keys of the store.
const IndexKeyName = "index"

var indexKeyAAD = AAD{Table: "sealed_key", Row: IndexKeyName, Column: "sealed"}

// NewIndexKey makes the key of the look-up index and seals it, for the store
// to keep under IndexKeyName.
func NewIndexKey(kek KEK) ([]byte, error) {
	return sealAt(kek, random(keySize), indexKeyAAD)
}

// Keyring seals, opens and indexes secrets. It is safe for use by several
// goroutines.
type Keyring struct {
	kek      KEK
	indexKey []byte
}

// NewKeyring opens the sealed index key. An error means that the KEK is not the
// one the store was made with.
func NewKeyring(kek KEK, sealedIndexKey []byte) (*Keyring, error) {
	key, err := openAt(kek, sealedIndexKey, indexKeyAAD)
	if err != nil {
		return nil, fmt.Errorf("open the index key: %w", err)
	}
	if len(key) != keySize {
		return nil, fmt.Errorf("index key has %d bytes, want %d", len(key), keySize)
	}
	return &Keyring{kek, key}, nil
}

// Seal encrypts a secret for one place.
func (k *Keyring) Seal(plaintext Value, aad AAD) ([]byte, error) {
	return sealAt(k.kek, []byte(plaintext.Reveal()), aad)
}

// Open decrypts what Seal made for the same place. Errors: ErrSealed,
// ErrUnknownKey.
func (k *Keyring) Open(sealed []byte, aad AAD) (Value, error) {
	plaintext, err := openAt(k.kek, sealed, aad)
	if err != nil {
		return Value{}, err
	}
	return New(string(plaintext)), nil
}

// Index is the look-up value of a presented secret, 32 bytes. kind is the name
// of the credential, for example "api_key".
func (k *Keyring) Index(kind, presented string) []byte {
	return index(k.indexKey, kind, presented)
}

// HashToken is the stored form of a token or ticket, 32 bytes. Compare it with
// hmac.Equal.
func (k *Keyring) HashToken(presented string) []byte {
	return hashToken(k.indexKey, presented)
}

func sealAt(kek KEK, plaintext []byte, aad AAD) ([]byte, error) {
	place, err := aad.bytes()
	if err != nil {
		return nil, err
	}
	return seal(kek, plaintext, place)
}

func openAt(kek KEK, sealed []byte, aad AAD) ([]byte, error) {
	place, err := aad.bytes()
	if err != nil {
		return nil, err
	}
	return open(kek, sealed, place)
}
