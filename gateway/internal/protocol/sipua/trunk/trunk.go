package trunk

import (
	"net/netip"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// SRTP says whether a trunk's media is encrypted.
type SRTP string

// Encryption of media. Keys travel in the signalling, so that required means
// TLS, too.
const (
	SRTPOff      SRTP = "off"
	SRTPOptional SRTP = "optional"
	SRTPRequired SRTP = "required"
)

// Trunk is what the SIP endpoint knows of one channel.
type Trunk struct {
	Kind, ID string
	// Active trunks take calls; others answer 480.
	Active bool
	// Tokens are the valid generations of x_snc_param. A trunk without tokens is
	// found by its numbers.
	Tokens []secret.Value
	// Sources are the networks that may call. Without any, the token alone
	// decides, and nobody else gets an answer.
	Sources []netip.Prefix
	// Numbers are the called numbers in E.164 that identify the trunk when no
	// token came. They count for Sources only.
	Numbers []string
	SRTP    SRTP
	// Digest, if set, must be proved by an INVITE besides what names the trunk.
	Digest *Digest
}

// Digest is who a trunk's calls authenticate as (RFC 3261 section 22).
type Digest struct {
	Username string
	// Passwords are the valid generations; without any, no call is taken.
	Passwords []secret.Value
}

// Listed reports whether the address belongs to one of the trunk's networks.
func (t *Trunk) Listed(a netip.Addr) bool {
	a = plain(a)
	for _, p := range t.Sources {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// plain is an address as prefixes contain it.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
