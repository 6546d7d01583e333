package secret

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"log/slog"
)

const redacted = "[redacted]"

// Value is a secret. Every way to print it gives "[redacted]"; Reveal is the
// only way to the clear text. Values cannot be compared with ==, which would
// tell by its duration how much of a guess was right: use Equal.
type Value struct {
	_ [0]func()
	// clear is a pointer because fmt prints unexported fields of other structs
	// without asking String: it prints an address then, not the secret.
	clear *string
}

// New wraps a clear value.
func New(text string) Value { return Value{clear: &text} }

// Reveal gives the clear text. Call it only where the value leaves for its
// owner or goes into a cryptographic function.
func (v Value) Reveal() string {
	if v.clear == nil {
		return ""
	}
	return *v.clear
}

// IsZero reports whether there is no secret.
func (v Value) IsZero() bool { return v.clear == nil || *v.clear == "" }

// Equal compares in constant time. The empty secret equals nothing.
func (v Value) Equal(presented string) bool {
	return !v.IsZero() && subtle.ConstantTimeCompare([]byte(*v.clear), []byte(presented)) == 1
}

// String implements fmt.Stringer.
func (Value) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Value) GoString() string { return redacted }

// LogValue implements slog.LogValuer.
func (Value) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON implements json.Marshaler.
func (Value) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// Generate makes a secret of 256 random bits, base64url without padding,
// behind a prefix that secret scanners recognise (vaa_, vas_, vak_, vsp_).
func Generate(prefix string) Value {
	return New(prefix + base64.RawURLEncoding.EncodeToString(random(keySize)))
}

// GenerateKey makes a secret of 256 random bits in standard base64, for
// platforms that decode it and use the bytes as a key.
func GenerateKey() Value { return New(base64.StdEncoding.EncodeToString(random(keySize))) }

// random gives n bytes of the system's generator, which never fails
// (crypto/rand since Go 1.24 ends the program instead).
func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}
