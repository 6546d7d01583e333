package sipua_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/digest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

const user = "va-trunk"

var password = secret.New("open sesame")

// guarded is a trunk whose calls prove a password; the one before is still
// valid.
func guarded(t *trunk.Trunk) *trunk.Trunk {
	t.Digest = &trunk.Digest{Username: user, Passwords: []secret.Value{password, secret.New("the one before")}}
	return t
}

// challenges are those of a refused INVITE, in their order.
func challenges(t *testing.T, res *sip.Response) (all []digest.Challenge) {
	t.Helper()
	for _, h := range res.GetHeaders("www-authenticate") {
		ch, err := digest.ParseChallenge(h.Value())
		require.NoError(t, err)
		require.Equal(t, "va.example.com", ch.Realm)
		all = append(all, ch)
	}
	require.Len(t, all, 2)
	require.Equal(t, all[0].Nonce, all[1].Nonce)
	return all
}

// proof is the header that answers a challenge.
func (d *dialog) proof(ch digest.Challenge, name string, p secret.Value, count uint32) string {
	return "Authorization: " + digest.Answer(ch, "INVITE", d.uri, name, p, count).String()
}

// challenged calls without credentials and acknowledges the refusal.
func (d *dialog) challenged(t *testing.T, headers ...string) []digest.Challenge {
	t.Helper()
	d.say("INVITE", offer, headers...)
	all := d.unauthorized(t)
	require.False(t, all[0].Stale)
	return all
}

// unauthorized waits for a 401 and acknowledges it, so that it is not repeated.
func (d *dialog) unauthorized(t *testing.T) []digest.Challenge {
	t.Helper()
	res := d.response(401)
	d.toTag, _ = res.To().Params.Get("tag")
	d.send(strings.ReplaceAll(d.message("CANCEL", ""), "CANCEL", "ACK")) // of the same transaction, as a CANCEL is
	d.toTag = ""
	return challenges(t, res)
}

func TestDigest(t *testing.T) {
	t.Parallel()
	for i, algorithm := range []digest.Algorithm{digest.SHA256, digest.MD5} {
		both(t, "SIP-06 digest good with "+string(algorithm), func(t *testing.T, transport sipua.Transport) {
			r := start(t, options{trunks: []*trunk.Trunk{guarded(listed())}})
			d := r.dial(transport).dialog()
			all := d.challenged(t)
			require.Equal(t, algorithm, all[i].Algorithm)
			require.Zero(t, r.Calls(), "nothing is kept of a call that is not authentic")
			require.Empty(t, r.media.asked())
			d.establish(d.proof(all[i], user, password, 1))
			require.Equal(t, "chn_listed", r.call().Trunk().ID)
			require.Equal(t, []string{sipua.ReasonDigestMissing}, r.reasons())
			d.say("BYE", "")
			d.response(200)
		})
	}
	both(t, "SIP-06 digest good on a trunk without networks", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{trunks: []*trunk.Trunk{guarded(open())}})
		d := r.dial(transport).dialog()
		ch := d.challenged(t, "x-snc-param: "+token)[0]
		d.establish("x-snc-param: "+token, d.proof(ch, user, password, 1))
		require.Equal(t, "chn_open", r.call().Trunk().ID)
	})
	both(t, "SIP-06 digest good with the password before", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{trunks: []*trunk.Trunk{guarded(listed())}})
		d := r.dial(transport).dialog()
		d.establish(d.proof(d.challenged(t)[0], user, secret.New("the one before"), 1))
	})
	both(t, "SIP-06 digest replay", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{trunks: []*trunk.Trunk{guarded(listed())}})
		d := r.dial(transport).dialog()
		ch := d.challenged(t)[0]
		proof := d.proof(ch, user, password, 1)
		d.establish(proof)
		r.call()

		thief := r.dialFrom(transport, "127.0.0.2").dialog()
		thief.say("INVITE", offer, proof)
		again := thief.unauthorized(t)
		require.True(t, again[0].Stale)
		require.NotEqual(t, ch.Nonce, again[0].Nonce)
		require.Equal(t, 1, r.Calls())
		require.Contains(t, r.reasons(), sipua.ReasonDigestReplay)

		// The next call of somebody who knows the password may use the nonce.
		next := d.peer.dialog()
		next.establish(next.proof(ch, user, password, 2))
		require.Equal(t, 2, r.Calls())
	})
	both(t, "SIP-06 digest with a nonce of another process", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{trunks: []*trunk.Trunk{guarded(listed())}})
		d := r.dial(transport).dialog()
		old := digest.Challenge{
			Realm: "va.example.com", Nonce: digest.NewNonces().Make(), Algorithm: digest.SHA256,
		}
		d.say("INVITE", offer, d.proof(old, user, password, 1))
		fresh := d.unauthorized(t)
		require.True(t, fresh[0].Stale)
		require.Equal(t, []string{sipua.ReasonDigestStale}, r.reasons())
		d.establish(d.proof(fresh[0], user, password, 1))
	})
}

func TestDigestBad(t *testing.T) {
	t.Parallel()
	mangled := func(old, by string) func(string) string {
		return func(proof string) string { return strings.Replace(proof, old, by, 1) }
	}
	for _, c := range []struct {
		name     string
		user     string
		password secret.Value
		edit     func(string) string
		status   int
		reason   string
	}{
		{"a wrong password", user, secret.New("open barley"), nil, 401, sipua.ReasonDigestBad},
		{"no password", user, secret.Value{}, nil, 401, sipua.ReasonDigestBad},
		{"another name", "somebody", password, nil, 401, sipua.ReasonDigestBad},
		{"a longer response", user, password, mangled(`response="`, `response="0`), 401, sipua.ReasonDigestBad},
		{"another address than was hashed", user, password, mangled("sip:", "sips:"), 401, sipua.ReasonDigestBad},
		{"another realm", user, password, mangled("va.example.com", "example.com"), 401, sipua.ReasonDigestMissing},
		{"no protection", user, password, mangled(", qop=auth", ""), 400, sipua.ReasonDigestMalformed},
		{"no count", user, password, mangled(", nc=00000001", ""), 400, sipua.ReasonDigestMalformed},
		{"another scheme", user, password, mangled("Digest ", "Basic "), 400, sipua.ReasonDigestMalformed},
		{
			"twice", user, password,
			func(proof string) string { return proof + "\r\n" + proof },
			400, sipua.ReasonDigestMalformed,
		},
	} {
		both(t, "SIP-06 digest bad: "+c.name, func(t *testing.T, transport sipua.Transport) {
			r := start(t, options{trunks: []*trunk.Trunk{guarded(listed())}})
			d := r.dial(transport).dialog()
			proof := d.proof(d.challenged(t)[0], c.user, c.password, 1)
			if c.edit != nil {
				proof = c.edit(proof)
			}
			d.say("INVITE", offer, proof)
			res := d.response(c.status)
			if c.status == 401 {
				require.False(t, challenges(t, res)[0].Stale)
			}
			require.Equal(t, []string{sipua.ReasonDigestMissing, c.reason}, r.reasons())
			require.NotContains(t, res.String(), password.Reveal())
			require.Zero(t, r.Calls())
		})
	}
	both(t, "SIP-06 digest bad: a trunk whose passwords are all gone", func(t *testing.T, transport sipua.Transport) {
		none := listed()
		none.Digest = &trunk.Digest{Username: user}
		r := start(t, options{trunks: []*trunk.Trunk{none}})
		d := r.dial(transport).dialog()
		d.say("INVITE", offer, d.proof(d.challenged(t)[0], user, secret.Value{}, 1))
		challenges(t, d.response(401))
		require.Zero(t, r.Calls())
	})
	both(t, "SIP-06 digest tells nothing of the channel", func(t *testing.T, transport sipua.Transport) {
		inactive := guarded(listed())
		inactive.Active = false
		r := start(t, options{trunks: []*trunk.Trunk{inactive}})
		d := r.dial(transport).dialog()
		ch := d.challenged(t)[0]
		d.say("INVITE", offer, d.proof(ch, user, password, 1))
		d.response(480)
	})
}

// TestDigestFlood lets somebody ask for nonces and guess: nothing is kept of it.
func TestDigestFlood(t *testing.T) {
	t.Parallel()
	r := start(t, options{trunks: []*trunk.Trunk{guarded(listed())}})
	p := r.dial(sipua.UDP)
	for i := range 200 {
		d := p.dialog()
		ch := d.challenged(t)[0]
		d.say("INVITE", offer, d.proof(ch, user, secret.New(fmt.Sprint("guess ", i)), 1))
		d.unauthorized(t)
	}
	require.Zero(t, r.Calls())
	require.Zero(t, r.Unacked())
	bad := slices.DeleteFunc(r.reasons(), func(s string) bool { return s != sipua.ReasonDigestBad })
	require.Len(t, bad, 200)
}
