package sipua

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// maxContext is the longest context that is read, in bytes.
const maxContext = 1024

// Context headers of an INVITE, in the order they are asked.
var contextHeaders = []string{"x-va-context", "x-snc-context"}

// Passed is what the platform passes in: the value of a context header, else
// that of User-to-User, else "". It is the caller's data and belongs into no
// log.
func (c *Call) Passed() string {
	for _, name := range contextHeaders {
		if v := c.Header(name); v != "" && len(v) <= maxContext {
			return v
		}
	}
	return decodeUserToUser(c.Header("user-to-user"))
}

// decodeUserToUser reads a User-to-User header (RFC 7433): hex as the standard
// says, or text as some send it. One octet in front that only names a protocol
// (ITU-T Q.931 section 4.5.30: 00, 04) is left out. "" is a header that says
// nothing.
func decodeUserToUser(header string) string {
	if len(header) > 2*maxContext+64 {
		return ""
	}
	value, params, _ := strings.Cut(header, ";")
	value = strings.Trim(strings.TrimSpace(value), `"`)
	data, err := hex.DecodeString(value)
	text := strings.Contains(strings.ToLower(params), "encoding=ascii")
	if err != nil || text {
		data = []byte(value)
	} else if len(data) > 0 && (data[0] == 0 || data[0] == 4) {
		data = data[1:]
	}
	if len(data) > maxContext || !utf8.Valid(data) || strings.ContainsRune(string(data), 0) {
		return ""
	}
	return string(data)
}
