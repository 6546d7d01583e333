package secret_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

func TestAdminToken(t *testing.T) {
	t.Parallel()
	public, token := secret.NewAdminToken()
	require.Regexp(t, `^vaa_[a-z0-9]{8}$`, public)
	require.Regexp(t, `^vaa_[a-z0-9]{8}_[A-Za-z0-9_-]{43}$`, token.Reveal())
	got, ok := secret.AdminTokenPublic(token.Reveal())
	require.True(t, ok)
	require.Equal(t, public, got)

	_, other := secret.NewAdminToken()
	require.False(t, other.Equal(token.Reveal()))
}

func TestAdminTokenPublicRefusesOtherForms(t *testing.T) {
	t.Parallel()
	secretPart := strings.Repeat("A", 43)
	for _, tc := range []struct{ name, presented string }{
		{"empty", ""},
		{"only prefix", "vaa_"},
		{"no secret", "vaa_ab12cd34_"},
		{"other prefix", "vas_ab12cd34_" + secretPart},
		{"no separator", "vaa_ab12cd34-" + secretPart},
		{"short", "vaa_ab12cd34_" + secretPart[1:]},
		{"long", "vaa_ab12cd34_" + secretPart + "A"},
		{"upper case", "vaa_AB12CD34_" + secretPart},
		{"quote", "vaa_ab12cd3'_" + secretPart},
		{"no base64", "vaa_ab12cd34_" + secretPart[1:] + "="},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			public, ok := secret.AdminTokenPublic(tc.presented)
			require.False(t, ok)
			require.Empty(t, public)
		})
	}
}

func FuzzAdminTokenPublic(f *testing.F) {
	_, token := secret.NewAdminToken()
	f.Add(token.Reveal())
	f.Add("vaa_")
	f.Fuzz(func(t *testing.T, presented string) {
		if public, ok := secret.AdminTokenPublic(presented); ok {
			require.Regexp(t, `^vaa_[a-z0-9]{8}$`, public)
			require.True(t, strings.HasPrefix(presented, public+"_"))
		}
	})
}
