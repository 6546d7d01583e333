package digest

import (
	"errors"
	"strings"
)

// Limits of a header.
const (
	maxHeader = 2048 // bytes
	maxParams = 32
)

// ErrMalformed is the error of every header that cannot be read.
var ErrMalformed = errors.New("not a digest header")

// scheme of the headers.
const scheme = "Digest"

// params are the parameters of a header by their names in lower case.
type params map[string]string

// parse reads a header. Each name may come once: of two values, different
// readers believe different ones.
func parse(header string) (params, error) {
	name, rest, ok := strings.Cut(strings.TrimSpace(header), " ")
	if !ok || len(header) > maxHeader || !strings.EqualFold(name, scheme) {
		return nil, ErrMalformed
	}
	all := params{}
	for {
		name, rest, ok = strings.Cut(rest, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok || !token(name) || len(all) == maxParams {
			return nil, ErrMalformed
		}
		if _, twice := all[name]; twice {
			return nil, ErrMalformed
		}
		if all[name], rest, ok = value(strings.TrimLeft(rest, " \t")); !ok {
			return nil, ErrMalformed
		}
		rest = strings.TrimLeft(rest, " \t")
		if rest == "" {
			return all, nil
		}
		if rest[0] != ',' {
			return nil, ErrMalformed
		}
		rest = rest[1:]
	}
}

// value reads a token or a quoted string at the start of s.
func value(s string) (v, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, ", \t")
		if end < 0 {
			end = len(s)
		}
		return s[:end], s[end:], token(s[:end])
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '"':
			return b.String(), s[i+1:], true
		case c < ' ' || c == 0x7F:
			return "", "", false
		case c == '\\':
			if i++; i == len(s) || s[i] < ' ' {
				return "", "", false
			}
			c = s[i]
		}
		b.WriteByte(c)
	}
	return "", "", false
}

// token reports whether s is one (RFC 3261 section 25.1).
func token(s string) bool {
	for i := range len(s) {
		c := s[i]
		alphanumeric := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alphanumeric && strings.IndexByte("-.!%*_+`'~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// writer writes a header.
type writer struct{ strings.Builder }

func (w *writer) param(name, v string) {
	if w.Len() == 0 {
		w.WriteString(scheme + " ")
	} else {
		w.WriteString(", ")
	}
	w.WriteString(name + "=" + v)
}

func (w *writer) quoted(name, v string) {
	w.param(name, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v)+`"`)
}
