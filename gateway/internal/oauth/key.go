package oauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// algorithm is the only one that is signed with and accepted.
const algorithm = jose.ES256

// SigningKeyAAD binds a sealed signing key to its row.
func SigningKeyAAD(kid string) secret.AAD {
	return secret.AAD{Table: "signing_key", Row: kid, Column: "sealed"}
}

// key is one opened signing key. It does not change.
type key struct {
	kid        string
	generation int64
	public     jose.JSONWebKey
	signer     jose.Signer
	firstUse   time.Time
	retireAt   *time.Time
}

func (k *key) retired(now time.Time) bool { return k.retireAt != nil && !now.Before(*k.retireAt) }

// sign makes an access token.
func (k *key) sign(c Claims) (string, error) {
	token, err := jwt.Signed(k.signer).Claims(c).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign access token with key %s: %w", k.kid, err)
	}
	return token, nil
}

// newKey makes a key and seals it for the store.
func newKey(keyring *secret.Keyring, generation int64, firstUse, now time.Time) (store.SigningKey, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return store.SigningKey{}, fmt.Errorf("make signing key: %w", err)
	}
	public := jose.JSONWebKey{Key: private.Public(), Algorithm: string(algorithm), Use: "sig"}
	thumbprint, err := public.Thumbprint(crypto.SHA256) // RFC 7638: the same key has the same kid everywhere
	if err != nil {
		return store.SigningKey{}, fmt.Errorf("name signing key: %w", err)
	}
	public.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	row := store.SigningKey{KID: public.KeyID, Generation: generation, FirstUse: firstUse, CreatedAt: now}
	if row.PublicJWK, err = json.Marshal(public); err != nil {
		return store.SigningKey{}, fmt.Errorf("publish signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return store.SigningKey{}, fmt.Errorf("encode signing key: %w", err)
	}
	if row.Sealed, err = keyring.Seal(secret.New(string(der)), SigningKeyAAD(row.KID)); err != nil {
		return store.SigningKey{}, fmt.Errorf("seal signing key: %w", err)
	}
	return row, nil
}

var errKeyType = errors.New("not an ECDSA key on P-256")

// openKey opens a stored key.
func openKey(keyring *secret.Keyring, row store.SigningKey) (*key, error) {
	der, err := keyring.Open(row.Sealed, SigningKeyAAD(row.KID))
	if err != nil {
		return nil, fmt.Errorf("open signing key %s: %w", row.KID, err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey([]byte(der.Reveal()))
	if err != nil {
		return nil, fmt.Errorf("read signing key %s: %w", row.KID, errKeyType)
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || private.Curve != elliptic.P256() {
		return nil, fmt.Errorf("read signing key %s: %w", row.KID, errKeyType)
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: private, KeyID: row.KID}},
		(&jose.SignerOptions{}).WithType(tokenType),
	)
	if err != nil {
		return nil, fmt.Errorf("use signing key %s: %w", row.KID, err)
	}
	return &key{
		kid: row.KID, generation: row.Generation, signer: signer, firstUse: row.FirstUse, retireAt: row.RetireAt,
		public: jose.JSONWebKey{Key: private.Public(), KeyID: row.KID, Algorithm: string(algorithm), Use: "sig"},
	}, nil
}
