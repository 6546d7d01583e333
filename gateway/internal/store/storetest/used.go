package storetest

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

func newUse(n, expires int) store.Use {
	return store.Use{Scope: "nonce", Hash: []byte{0, 0xff, byte(n)}, ExpiresAt: at(expires)}
}

func usedValues(t *testing.T, s *store.Store) {
	for _, tc := range []struct {
		name string
		use  store.Use
		now  int
		want bool
	}{
		{"new", newUse(1, 10), 0, true},
		{"again", newUse(1, 10), 0, false},
		{"again, to be kept for longer", newUse(1, 99), 9, false},
		{"another value", newUse(2, 10), 0, true},
		{"another scope", store.Use{Scope: "jti", Hash: newUse(1, 0).Hash, ExpiresAt: at(10)}, 0, true},
		{"expired", newUse(1, 20), 10, true},
		{"again after that", newUse(1, 20), 10, false},
		{"kept as long as the later use says", newUse(1, 30), 19, false},
	} {
		first, err := s.UseValue(t.Context(), tc.use, at(tc.now))
		require.NoError(t, err, tc.name)
		require.Equal(t, tc.want, first, tc.name)
	}
}

func usedValueRace(t *testing.T, s *store.Store) {
	errTaken := errors.New("taken")
	const rounds = 10
	for n := range rounds {
		requireOneWinner(t, race(func(int) error {
			first, err := s.UseValue(t.Context(), newUse(n, 10), at(0))
			if err == nil && !first {
				return errTaken
			}
			return err
		}), errTaken)
	}
}
