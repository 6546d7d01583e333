package api

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// The user part is that of RFC 3261 without escapes, ";", "?" and "/", and
// without "'", which quotes in XML.
var (
	e164   = regexp.MustCompile(`^\+[1-9]\d{1,14}$`)
	sipURI = regexp.MustCompile(`^sips?:[A-Za-z0-9._~!$&()*+,=-]{1,64}@` +
		`[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::([1-9]\d{0,4}))?$`)
)

// CheckDialTarget accepts an E.164 number or a SIP URI of the form
// sip:user@host[:port] without parameters or headers. It is checked when the
// value is configured and again before it is dialled, so that nothing can be
// smuggled into TwiML or a SIP header.
func CheckDialTarget(s string) error {
	switch {
	case len(s) > MaxSIPURI:
		return fmt.Errorf("%d characters are more than %d", len(s), MaxSIPURI)
	case strings.HasPrefix(s, "sip"):
		parts := sipURI.FindStringSubmatch(s)
		if parts == nil {
			return fmt.Errorf("%q is not a SIP URI of the form sip:user@host without parameters", s)
		}
		if port, _ := strconv.Atoi("0" + parts[1]); port > 65535 { // at most five digits
			return fmt.Errorf("%q has a port above 65535", s)
		}
	case !e164.MatchString(s):
		return fmt.Errorf("%q is neither an E.164 number such as +14155550123 nor a SIP URI such as sip:desk@example.com", s)
	}
	return nil
}

// IsSIPURI tells the two forms accepted by CheckDialTarget apart.
func IsSIPURI(target string) bool { return strings.HasPrefix(target, "sip") }
