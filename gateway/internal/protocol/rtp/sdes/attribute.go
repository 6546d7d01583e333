package sdes

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxTag is the greatest tag, RFC 4568 section 9.1: one to nine digits.
const maxTag = 999_999_999

// ErrUnusable is wrapped by the errors of Parse: the line may not be taken, the
// others of the offer may.
var ErrUnusable = errors.New("crypto attribute not usable")

// Attribute is one "crypto" line: the key and the tag that the answer repeats.
type Attribute struct {
	Tag int
	Key Key
}

// String is the value for SDP. It holds the key.
func (a Attribute) String() string {
	return strconv.Itoa(a.Tag) + " " + a.Key.suite.String() + " inline:" + a.Key.inline()
}

// Parse reads the value of a crypto attribute, RFC 4568 section 9.1. Lifetime
// and MKI are accepted in the syntax, but an MKI would be in every packet and
// makes the line unusable, as do session parameters and a second key. Errors
// never hold the line.
func Parse(value string) (Attribute, error) {
	fields := strings.Fields(value)
	if len(fields) < 3 {
		return Attribute{}, fmt.Errorf("%w: need tag, suite and key", ErrUnusable)
	}
	tag, err := strconv.ParseUint(fields[0], 10, 32)
	if err != nil || tag > maxTag {
		return Attribute{}, fmt.Errorf("%w: tag", ErrUnusable)
	}
	suite, ok := parseSuite(fields[1])
	if !ok {
		return Attribute{}, fmt.Errorf("%w: unknown suite", ErrUnusable)
	}
	// RFC 4568 section 6.3.7: an unknown parameter makes the line unusable. The
	// known ones switch protection off or change the key schedule.
	if len(fields) > 3 {
		return Attribute{}, fmt.Errorf("%w: session parameters", ErrUnusable)
	}
	key, err := parseKey(suite, fields[2])
	if err != nil {
		return Attribute{}, err
	}
	return Attribute{Tag: int(tag), Key: key}, nil
}

func parseKey(s Suite, params string) (Key, error) {
	if strings.Contains(params, ";") {
		return Key{}, fmt.Errorf("%w: more than one key", ErrUnusable)
	}
	method, info, _ := strings.Cut(params, ":")
	if !strings.EqualFold(method, "inline") {
		return Key{}, fmt.Errorf("%w: key method", ErrUnusable)
	}
	parts := strings.Split(info, "|")
	for _, p := range parts[1:] {
		// A lifetime has no colon. Calls are far shorter than any.
		if strings.Contains(p, ":") {
			return Key{}, fmt.Errorf("%w: key identifier in packets", ErrUnusable)
		}
		if !validLifetime(p) {
			return Key{}, fmt.Errorf("%w: key lifetime", ErrUnusable)
		}
	}
	if len(parts) > 2 {
		return Key{}, fmt.Errorf("%w: key parameters", ErrUnusable)
	}
	secret, err := base64.StdEncoding.Strict().DecodeString(parts[0])
	if err != nil || len(secret) != suites[s].key+suites[s].salt {
		return Key{}, fmt.Errorf("%w: key length", ErrUnusable) // err would quote the key
	}
	return Key{suite: s, secret: secret}, nil
}

// validLifetime takes a number of packets or a power of two as in "2^31".
func validLifetime(p string) bool {
	exponent, power := strings.CutPrefix(p, "2^")
	n, err := strconv.ParseUint(exponent, 10, 64)
	return err == nil && (!power || n <= 48) && n > 0
}
