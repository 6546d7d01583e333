package sdes

import (
	"github.com/pion/srtp/v3"
)

// Suite is a crypto suite; the zero value is none.
type Suite uint8

// Suites.
const (
	// AESCM is AES_CM_128_HMAC_SHA1_80, RFC 4568 section 6.2.1.
	AESCM Suite = iota + 1
	// GCM128 is AEAD_AES_128_GCM, RFC 7714 section 14.2. A packet costs about
	// a quarter of AESCM.
	GCM128
	// GCM256 is AEAD_AES_256_GCM, RFC 7714 section 14.2.
	GCM256
)

// Suites are all suites, those preferred first.
func Suites() []Suite { return []Suite{GCM128, GCM256, AESCM} }

var suites = [...]struct {
	name    string
	profile srtp.ProtectionProfile
	key     int // bytes of the master key
	salt    int // bytes of the master salt
}{
	AESCM:  {"AES_CM_128_HMAC_SHA1_80", srtp.ProtectionProfileAes128CmHmacSha1_80, 16, 14},
	GCM128: {"AEAD_AES_128_GCM", srtp.ProtectionProfileAeadAes128Gcm, 16, 12},
	GCM256: {"AEAD_AES_256_GCM", srtp.ProtectionProfileAeadAes256Gcm, 32, 12},
}

// String is the name in SDP.
func (s Suite) String() string {
	if int(s) >= len(suites) || s == 0 {
		return "none"
	}
	return suites[s].name
}

// parseSuite finds a suite by its name, which RFC 4568 compares exactly.
func parseSuite(name string) (Suite, bool) {
	for s := AESCM; int(s) < len(suites); s++ {
		if suites[s].name == name {
			return s, true
		}
	}
	return 0, false
}
