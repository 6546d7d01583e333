package oauth

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// Claims is the payload of an access token (RFC 9068 section 2.2). Times are
// seconds since 1970.
type Claims struct {
	Issuer    string `json:"iss"`
	Subject   string `json:"sub"` // the client_id
	Audience  string `json:"aud"` // the channel
	ClientID  string `json:"client_id"`
	Scope     string `json:"scope"` // separated by spaces
	IssuedAt  int64  `json:"iat"`
	NotBefore int64  `json:"nbf"`
	ExpiresAt int64  `json:"exp"`
	ID        string `json:"jti"`
}

// claimNames are the members of a payload, all of them required.
var claimNames = []string{"iss", "sub", "aud", "client_id", "scope", "iat", "nbf", "exp", "jti"}

const (
	tokenType = "at+jwt" // RFC 9068 section 2.1
	jtiSize   = 16       // bytes
)

func newClaims(issuer string, c Client, scopes []string, now time.Time) Claims {
	id := make([]byte, jtiSize)
	_, _ = rand.Read(id) // never fails since Go 1.24
	return Claims{
		Issuer: issuer, Subject: c.ID, Audience: c.ChannelID, ClientID: c.ID, Scope: strings.Join(scopes, " "),
		IssuedAt: now.Unix(), NotBefore: now.Unix(), ExpiresAt: now.Add(tokenLife).Unix(),
		ID: base64.RawURLEncoding.EncodeToString(id),
	}
}

// Has reports whether the token carries the scope.
func (c Claims) Has(scope string) bool { return slices.Contains(strings.Fields(c.Scope), scope) }

// expires is when the token is refused at the latest.
func (c Claims) expires() time.Time { return time.Unix(c.ExpiresAt, 0).Add(leeway) }

// header is the protected header of an access token.
type header struct {
	Algorithm string `json:"alg"`
	Type      string `json:"typ"`
	KeyID     string `json:"kid"`
}

var headerNames = []string{"alg", "typ", "kid"}

var errMembers = errors.New("not an object of exactly the expected members")

// decodeExact reads a JSON object that has each of the named members once and
// no other. encoding/json alone would take the last of two equal names, match
// names without their case and ignore what it does not know; two programs that
// read one token would then see two tokens.
func decodeExact(data []byte, names []string, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errMembers
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok || seen[name] || !slices.Contains(names, name) {
			return errMembers
		}
		seen[name] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil || string(value) == "null" {
			return errMembers
		}
	}
	if len(seen) != len(names) || json.Unmarshal(data, into) != nil {
		return errMembers
	}
	return nil
}
