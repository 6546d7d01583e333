package signature

import (
	"fmt"
	"time"

	"github.com/dunglas/httpsfv"
)

// Sign adds the two header fields to a request as the cloud of the vendor does.
// Host is the authority that is signed.
func Sign(r Request, key, nonce string, secret []byte, created time.Time, lifetime time.Duration) error {
	r.Header.Set("X-API-KEY", key)
	list := httpsfv.InnerList{Params: httpsfv.NewParams()}
	// The order of the cloud, which is not that of the published example.
	for _, name := range []string{
		target, "audiohook-session-id", "audiohook-organization-id", "audiohook-correlation-id", apiKey, authority,
	} {
		list.Items = append(list.Items, httpsfv.NewItem(name))
	}
	list.Params.Add("keyid", key)
	list.Params.Add("nonce", nonce)
	list.Params.Add("alg", algorithm)
	list.Params.Add("created", created.Unix())
	list.Params.Add("expires", created.Add(lifetime).Unix())
	encoded, err := httpsfv.Marshal(list)
	if err != nil {
		return fmt.Errorf("encode Signature-Input: %w", err)
	}
	c := claim{encoded: encoded}
	for _, item := range list.Items {
		c.components = append(c.components, item.Value.(string))
	}
	base, err := c.base(r, hostAuthority(r.Host))
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	d := httpsfv.NewDictionary()
	d.Add("sig1", httpsfv.NewItem(mac(secret, base)))
	value, err := httpsfv.Marshal(d)
	if err != nil {
		return fmt.Errorf("encode Signature: %w", err)
	}
	r.Header.Set("Signature-Input", "sig1="+encoded)
	r.Header.Set("Signature", value)
	return nil
}
