package secret_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// SEC-05: a new first line in the key file, then rewrapped rows need the old
// line no more.
func TestRewrapSEC05(t *testing.T) {
	t.Parallel()
	place := secret.AAD{Table: "channel_credential", Row: "1", Column: "sealed"}
	older, newer := keyLine("old", 1), keyLine("new", 2)
	before := openKeys(t, older)
	sealedIndex, err := secret.NewIndexKey(before)
	require.NoError(t, err)
	ring, err := secret.NewKeyring(before, sealedIndex)
	require.NoError(t, err)
	row, err := ring.Seal(secret.New("s3cret"), place)
	require.NoError(t, err)
	index := ring.Index("api_key", "s3cret")

	both, err := secret.NewKeyring(openKeys(t, newer+older), sealedIndex)
	require.NoError(t, err)
	moved, err := both.Rewrap(row, place)
	require.NoError(t, err)
	movedIndex, err := both.RewrapIndexKey(sealedIndex)
	require.NoError(t, err)

	after, err := secret.NewKeyring(openKeys(t, newer), movedIndex)
	require.NoError(t, err)
	value, err := after.Open(moved, place)
	require.NoError(t, err)
	require.Equal(t, "s3cret", value.Reveal())
	require.Equal(t, index, after.Index("api_key", "s3cret"))
	_, err = after.Open(row, place)
	require.ErrorIs(t, err, secret.ErrUnknownKey)

	_, err = both.Rewrap(row, secret.AAD{Table: "channel_credential", Row: "2", Column: "sealed"})
	require.ErrorIs(t, err, secret.ErrSealed, "a row of another place")
}
