package digest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"sync"
	"time"
)

const (
	// nonceLife is how long a nonce may be used.
	nonceLife = time.Minute
	// maxUsed is how many used nonces are remembered at once.
	maxUsed = 16_384
)

// Sizes of the parts of a nonce in bytes: its time and random bytes, then their
// code.
const (
	idSize   = 16
	codeSize = 16
)

// Nonces makes nonces and recognises them without having remembered them: they
// hold their time under a key of this process. Remembered are those that were
// used with a right password. Its methods may be called from any goroutine.
type Nonces struct {
	key  []byte
	born time.Time

	mu sync.Mutex
	// used and before are the highest counts of nonces: those used since turned,
	// and in the time before.
	used, before map[[idSize]byte]uint32
	turned       time.Time
	floor        time.Duration // older nonces are not known any more
}

// NewNonces makes a key.
func NewNonces() *Nonces {
	n := &Nonces{key: make([]byte, sha256.Size), born: time.Now(), turned: time.Now()}
	_, _ = rand.Read(n.key) // never fails since Go 1.24
	n.used = map[[idSize]byte]uint32{}
	return n
}

// Make makes a nonce.
func (n *Nonces) Make() string {
	var id [idSize]byte
	binary.BigEndian.PutUint64(id[:8], uint64(time.Since(n.born)))
	_, _ = rand.Read(id[8:])
	return base64.RawURLEncoding.EncodeToString(append(id[:], n.code(id)...))
}

func (n *Nonces) code(id [idSize]byte) []byte {
	mac := hmac.New(sha256.New, n.key)
	mac.Write(id[:])
	return mac.Sum(nil)[:codeSize]
}

// State is what became of a nonce.
type State uint8

// States.
const (
	Fresh   State = iota + 1 // and now used with this count
	Stale                    // too old, or not of this process
	Replays                  // used with this count or a higher one
)

// Use takes a use of a nonce by somebody who knows the password.
func (n *Nonces) Use(nonce string, count uint32) State {
	data, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(data) != idSize+codeSize {
		return Stale
	}
	id := [idSize]byte(data)
	if !hmac.Equal(n.code(id), data[idSize:]) {
		return Stale
	}
	made := time.Duration(binary.BigEndian.Uint64(id[:8])) //nolint:gosec // Make wrote it
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	n.turn(now)
	if made < n.floor || now.Sub(n.born)-made >= nonceLife {
		return Stale
	}
	if count <= max(n.used[id], n.before[id]) {
		return Replays
	}
	n.used[id] = count
	return Fresh
}

// turn forgets what has expired. When too many were used in a short time, all
// that were made until now expire, since none of them could be told from a used
// one.
func (n *Nonces) turn(now time.Time) {
	switch {
	case now.Sub(n.turned) >= nonceLife:
		n.before, n.used, n.turned = n.used, map[[idSize]byte]uint32{}, now
	case len(n.used) >= maxUsed:
		n.before, n.used, n.turned = nil, map[[idSize]byte]uint32{}, now
		n.floor = now.Sub(n.born)
	}
}
