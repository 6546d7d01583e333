package api

import "strings"

// Prefixes of identifiers. An id is its prefix followed by a ULID (26
// characters of Crockford base 32), so ids sort by creation time and tell
// their kind on import.
const (
	PrefixAssistant = "asst_"
	PrefixChannel   = "chn_"
	PrefixCall      = "call_"
	PrefixToken     = "tok_"
	// PrefixCredentialGroup is as long as PrefixChannel: who has credentials,
	// a channel or a group, has an id of one length.
	PrefixCredentialGroup = "grp_"
)

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// ValidULID reports whether s is a ULID in its canonical upper-case form.
func ValidULID(s string) bool {
	if len(s) != 26 || s[0] > '7' {
		return false
	}
	for i := range len(s) {
		if !strings.ContainsRune(crockford, rune(s[i])) {
			return false
		}
	}
	return true
}

// ValidID reports whether id is prefix followed by a ULID. Everything else,
// including path separators and over-long input, is refused before a request
// is made with it.
func ValidID(prefix, id string) bool {
	ulid, ok := strings.CutPrefix(id, prefix)
	return ok && ValidULID(ulid)
}
