package digest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/digest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// The examples of RFC 2617 section 3.5 and RFC 7616 section 3.9.1.
const (
	rfc2617 = `Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", ` +
		`uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b", ` +
		`response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41"`
	rfc7616 = `Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", ` +
		`nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, ` +
		`cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, ` +
		`opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", `
	rfc7616MD5    = rfc7616 + `algorithm=MD5, response="8ca523f5e9506fed4657c9700eebdbec"`
	rfc7616SHA256 = rfc7616 + `algorithm=SHA-256, ` +
		`response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"`
)

func TestVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, header, password string }{
		{"RFC 2617, without an algorithm", rfc2617, "Circle Of Life"},
		{"RFC 7616, MD5", rfc7616MD5, "Circle of Life"},
		{"RFC 7616, SHA-256", rfc7616SHA256, "Circle of Life"},
		{"hex in upper case", strings.Replace(rfc2617, "6629fae4", "6629FAE4", 1), "Circle Of Life"},
		{"an algorithm in quotes", strings.Replace(rfc7616MD5, "=MD5", `="md5"`, 1), "Circle of Life"},
	} {
		t.Run("SIP-06 "+c.name, func(t *testing.T) {
			t.Parallel()
			got, err := digest.ParseCredentials(c.header)
			require.NoError(t, err)
			right, wrong := secret.New(c.password), secret.New("circle of life")
			require.True(t, got.Proves("GET", "Mufasa", []secret.Value{right}))
			require.True(t, got.Proves("GET", "Mufasa", []secret.Value{wrong, right}), "during a rotation")
			require.False(t, got.Proves("GET", "Mufasa", []secret.Value{wrong}))
			require.False(t, got.Proves("GET", "Mufasa", []secret.Value{{}}))
			require.False(t, got.Proves("GET", "Mufasa", nil))
			require.False(t, got.Proves("PUT", "Mufasa", []secret.Value{right}))
			require.False(t, got.Proves("GET", "mufasa", []secret.Value{right}))
			again, err := digest.ParseCredentials(got.String())
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(got, again))
		})
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	for _, a := range []digest.Algorithm{digest.SHA256, digest.MD5} {
		ch := digest.Challenge{Realm: `a "b" \c`, Nonce: "n", Opaque: "o", Algorithm: a, Stale: true}
		read, err := digest.ParseChallenge(ch.String())
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(ch, read))
		password := secret.New("open sesame")
		answer := digest.Answer(read, "INVITE", "sip:a@example.com", "va", password, 10)
		got, err := digest.ParseCredentials(answer.String())
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(answer, got))
		require.Equal(t, uint32(10), got.Count)
		require.True(t, got.Proves("INVITE", "va", []secret.Value{password}))
		require.NotContains(t, answer.String(), password.Reveal())
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	replaced := func(old, by string) string { return strings.Replace(rfc7616MD5, old, by, 1) }
	for _, c := range []struct{ name, header string }{
		{"empty", ""},
		{"another scheme", "Basic dmE6dmE="},
		{"the scheme alone", "Digest "},
		{"no name", `Digest ="a"`},
		{"no value", "Digest username="},
		{"a quote that stays open", `Digest username="Mufasa`},
		{"an escape without a character", `Digest username="Mufasa\`},
		{"a parameter twice", rfc7616MD5 + `, username="Scar"`},
		{"a comma at the end", rfc7616MD5 + ","},
		{"no comma", replaced(`", realm`, `" realm`)},
		{"a line end", replaced("Mufasa", "Muf\r\nasa")},
		{"a zero byte", replaced("Mufasa", "Muf\x00asa")},
		{"too long", replaced("Mufasa", strings.Repeat("a", 4096))},
		{"too many parameters", rfc7616MD5 + strings.Repeat(", a=b", 40)},
		{"no count", replaced("nc=00000001", "x=1")},
		{"a count of zero", replaced("nc=00000001", "nc=00000000")},
		{"a short count", replaced("nc=00000001", "nc=1")},
		{"a count that is no number", replaced("nc=00000001", "nc=0000000g")},
		{"no cnonce", replaced("cnonce=", "x=")},
		{"no nonce", replaced(" nonce=", " x=")},
		{"no address", replaced("uri=", "x=")},
		{"no protection", replaced("qop=auth, ", "")},
		{"another protection", replaced("qop=auth", "qop=auth-int")},
		{"another algorithm", replaced("=MD5", "=MD5-sess")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := digest.ParseCredentials(c.header)
			require.Error(t, err)
		})
	}
	for _, header := range []string{
		"", `Digest realm="a", qop="auth"`, `Digest realm="a", nonce="b"`, `Digest realm="a", nonce="b", qop="auth-int"`,
		`Digest realm="a", nonce="b", qop="auth", algorithm=SHA-512`,
	} {
		_, err := digest.ParseChallenge(header)
		require.Error(t, err, header)
	}
	ch, err := digest.ParseChallenge(`digest realm=a , nonce="b",qop="auth-int, auth"`)
	require.NoError(t, err)
	require.Equal(t, digest.Challenge{Realm: "a", Nonce: "b", Algorithm: digest.MD5}, ch)
}

func FuzzParseCredentials(f *testing.F) {
	f.Add(rfc2617)
	f.Add(rfc7616SHA256)
	f.Add(`Digest username="\"", qop="auth" ,nc=00000001`)
	f.Fuzz(func(t *testing.T, header string) {
		c, err := digest.ParseCredentials(header)
		if err != nil {
			return
		}
		again, err := digest.ParseCredentials(c.String())
		if len(c.String()) <= 2048 {
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(c, again))
		}
		require.False(t, c.Proves("INVITE", c.Username, []secret.Value{secret.New("nobody knows it")}))
		_, _ = digest.ParseChallenge(header)
	})
}

func BenchmarkProves(b *testing.B) {
	passwords := []secret.Value{secret.New("Circle of Life"), secret.New("before")}
	b.ReportAllocs()
	for b.Loop() {
		c, err := digest.ParseCredentials(rfc7616SHA256)
		if err != nil || !c.Proves("GET", "Mufasa", passwords) {
			b.Fatal("the password was not accepted")
		}
	}
}
