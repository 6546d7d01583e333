package sipaddress

import (
	"fmt"
	"regexp"
	"strings"
)

// Limits of a transfer address, in characters.
const (
	MaxUser   = 16
	MaxDomain = 256
)

// Both forms leave out what could end the Refer-To header (RFC 3515) or begin a
// part of it that the gateway itself appends: ";", "?", quotes, brackets.
var (
	userForm   = regexp.MustCompile(`^[A-Za-z0-9+._~!$&*()'-]+$`)
	domainForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)
)

// CheckTransfer accepts user@domain without scheme, port, URI parameters and
// headers. It is checked when an address is configured and again before it is
// sent, so that nothing can be smuggled into a SIP header.
func CheckTransfer(address string) error {
	user, domain, ok := strings.Cut(address, "@")
	switch {
	case !ok || user == "" || domain == "":
		return fmt.Errorf("%.100q is not of the form user@domain, for example +15551234567@example.com", address)
	case strings.HasPrefix(user, "sip:") || strings.HasPrefix(user, "sips:"):
		return fmt.Errorf("%.100q: write the address without the scheme, as user@domain", address)
	case strings.ContainsAny(address, ";?"):
		return fmt.Errorf("%.100q: URI parameters and headers are not allowed in a transfer address", address)
	case len(user) > MaxUser:
		return fmt.Errorf("the user part %.40q has %d characters, more than %d", user, len(user), MaxUser)
	case len(domain) > MaxDomain:
		return fmt.Errorf("the domain %.40q has %d characters, more than %d", domain, len(domain), MaxDomain)
	case !userForm.MatchString(user):
		return fmt.Errorf("the user part %q may have letters, digits and +._~!$&*()'- only", user)
	case !domainForm.MatchString(domain):
		return fmt.Errorf("the domain %.100q is no host name or IPv4 address without a port", domain)
	}
	return nil
}
