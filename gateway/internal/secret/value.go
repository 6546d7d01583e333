package secret

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"log/slog"
)

const redacted = "[redacted]"

// Value is a secret. Every way to print it gives "[redacted]"; Reveal is the
// only way to the clear text.
type Value struct{ clear string }

// New wraps a clear value.
func New(clear string) Value { return Value{clear} }

// Reveal gives the clear text. Call it only where the value leaves for its
// owner or goes into a cryptographic function.
func (v Value) Reveal() string { return v.clear }

// IsZero reports whether there is no secret.
func (v Value) IsZero() bool { return v.clear == "" }

// Equal compares in constant time.
func (v Value) Equal(presented string) bool {
	return v.clear != "" && subtle.ConstantTimeCompare([]byte(v.clear), []byte(presented)) == 1
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
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails (crypto/rand, Go 1.24)
	return Value{prefix + base64.RawURLEncoding.EncodeToString(b)}
}
