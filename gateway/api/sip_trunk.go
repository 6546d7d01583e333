package api

import (
	"fmt"
	"net/netip"
	"slices"
)

// Values of SIPTrunk.SRTP.
const (
	SRTPOff      = "off"
	SRTPOptional = "optional"
	SRTPRequired = "required"
)

// Values of transfer_method.
const (
	TransferREFER = "REFER"
	TransferBYE   = "BYE"
)

// XSNCParam names, among a channel's credentials, the value of the header
// x-snc-param by which a trunk says which channel it calls.
const XSNCParam = "x_snc_param"

// SIPTrunk holds the fields of the channel kinds that a SIP trunk calls. Such
// kinds embed it beside Channel.
type SIPTrunk struct {
	AllowedSourceCIDRs []string `json:"allowed_source_cidrs,omitempty" maxItems:"256" doc:"Networks that the trunk's signalling comes from; anything from elsewhere is ignored silently. Media may come from other addresses. Absent: any source, which the token alone then authenticates."`
	SRTP               string   `json:"srtp,omitempty" enum:"off,optional,required" doc:"Whether media is encrypted (SDES, over TLS signalling only): never, when the trunk offers it, or always, which refuses calls without TLS, too. Default optional."`

	SIPTrunkFQDN string `json:"sip_trunk_fqdn,omitempty" readOnly:"true" doc:"Host name of the gateway's SIP listeners, for the trunk's configuration."`
}

// The shortest prefixes of allowed_source_cidrs. A network that is wider holds
// a good part of the internet and keeps nobody out.
const (
	MinSourcePrefix4 = 8
	MinSourcePrefix6 = 16
)

func (s *SIPTrunk) trunkDefaults() { setDefault(&s.SRTP, SRTPOptional) }

func (s *SIPTrunk) validateTrunk() []FieldError {
	errs := checkSourceCIDRs("allowed_source_cidrs", s.AllowedSourceCIDRs)
	if known := []string{SRTPOff, SRTPOptional, SRTPRequired}; !slices.Contains(known, s.SRTP) {
		errs = append(errs, FieldError{"srtp", fmt.Sprintf("%.100q is none of %q", s.SRTP, known)})
	}
	return errs
}

func checkSourceCIDRs(field string, cidrs []string) []FieldError {
	if n := len(cidrs); n > MaxSourceCIDRs {
		return []FieldError{{field, fmt.Sprintf("%d networks are more than %d", n, MaxSourceCIDRs)}}
	}
	var errs []FieldError
	for i, cidr := range cidrs {
		if err := checkSourceCIDR(cidr); err != nil {
			errs = append(errs, FieldError{field, err.Error()})
		} else if slices.Contains(cidrs[:i], cidr) {
			errs = append(errs, FieldError{field, fmt.Sprintf("%q is given twice", cidr)})
		}
	}
	return errs
}

func checkSourceCIDR(cidr string) error {
	network, err := netip.ParsePrefix(cidr)
	if err != nil {
		if one, err := netip.ParseAddr(cidr); err == nil && one.Zone() == "" {
			return fmt.Errorf("%q is an address; as a network write %q", cidr, netip.PrefixFrom(one, one.BitLen()))
		}
		return fmt.Errorf("%.100q is no network such as 203.0.113.0/24", cidr)
	}
	shortest := MinSourcePrefix6
	if network.Addr().Is4() {
		shortest = MinSourcePrefix4
	}
	switch {
	case network.Addr().Is4In6():
		return fmt.Errorf("%q: write an IPv4 network in its own form", cidr)
	case network.Bits() == 0:
		return fmt.Errorf("%q is every address; leave allowed_source_cidrs out to accept any source", cidr)
	case network.Bits() < shortest:
		return fmt.Errorf("%q is wider than /%d; name the networks of the trunk, or leave allowed_source_cidrs out",
			cidr, shortest)
	case network != network.Masked():
		return fmt.Errorf("%q has bits beyond its prefix; the network is %q, the one address %q",
			cidr, network.Masked(), netip.PrefixFrom(network.Addr(), network.Addr().BitLen()))
	case network.String() != cidr:
		return fmt.Errorf("%q is written %q", cidr, network)
	}
	return nil
}
