package trunk

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/netip"
	"slices"
)

// Set is all trunks. The zero value has none.
type Set struct {
	key      []byte
	tokens   map[[sha256.Size]byte]*Trunk
	numbers  map[string][]*Trunk
	prefixes map[netip.Prefix]struct{}
	bits4    []int // prefix lengths in use, by family
	bits6    []int
	open     bool
}

// NewSet indexes trunks. Of two trunks with the same token the first one has
// it; generated tokens never meet.
func NewSet(trunks []*Trunk) *Set {
	s := &Set{
		key:      make([]byte, sha256.Size),
		tokens:   map[[sha256.Size]byte]*Trunk{},
		numbers:  map[string][]*Trunk{},
		prefixes: map[netip.Prefix]struct{}{},
	}
	_, _ = rand.Read(s.key) // never fails since Go 1.24
	for _, t := range trunks {
		s.add(t)
	}
	return s
}

func (s *Set) add(t *Trunk) {
	for _, v := range t.Tokens {
		k := s.index(v.Reveal())
		if _, taken := s.tokens[k]; !taken {
			s.tokens[k] = t
		}
	}
	for _, p := range t.Sources {
		p = p.Masked()
		s.prefixes[p] = struct{}{}
		bits := &s.bits4
		if p.Addr().Is6() {
			bits = &s.bits6
		}
		if !slices.Contains(*bits, p.Bits()) {
			*bits = append(*bits, p.Bits())
		}
	}
	for _, n := range t.Numbers {
		s.numbers[n] = append(s.numbers[n], t)
	}
	s.open = s.open || len(t.Sources) == 0
}

// Open reports whether a trunk takes calls from any source.
func (s *Set) Open() bool { return s.open }

// Listed reports whether any trunk lists the address.
func (s *Set) Listed(a netip.Addr) bool {
	a = plain(a)
	bits := s.bits4
	if a.Is6() {
		bits = s.bits6
	}
	for _, n := range bits {
		p, err := a.Prefix(n)
		if err != nil {
			continue
		}
		if _, ok := s.prefixes[p]; ok {
			return true
		}
	}
	return false
}

// Token finds the trunk of a presented token, nil if there is none. The index
// is a keyed hash with a key of this Set, so that the time it takes tells
// nothing about any token; the comparison after it takes constant time.
func (s *Set) Token(presented string) *Trunk {
	if len(s.tokens) == 0 {
		return nil
	}
	t := s.tokens[s.index(presented)]
	if t == nil {
		return nil
	}
	for _, v := range t.Tokens {
		if v.Equal(presented) {
			return t
		}
	}
	return nil
}

// Number finds the trunk that a called number belongs to when it is called
// from the address, nil if there is none.
func (s *Set) Number(number string, from netip.Addr) *Trunk {
	for _, t := range s.numbers[number] {
		if t.Listed(from) {
			return t
		}
	}
	return nil
}

func (s *Set) index(token string) (k [sha256.Size]byte) {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(token))
	mac.Sum(k[:0])
	return k
}
