package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/internal/query"
)

// The published chain: its rows have four fields only.
func TestChainVector(t *testing.T) {
	t.Parallel()
	previous := firstHash
	for i, tc := range []struct{ action, want string }{
		{"channel.create", "e36fe4a29577036230c56c1a5b6111075b178e743b77c04f36dfbdaeff158b42"},
		{"credentials.read", "a2698b01ae5225a7e816c2fc168f9763bbe716f8a859f39696fad37a750ff8d1"},
	} {
		hash, err := link(query.Audit{
			Action: tc.action, Actor: "vaa_ab12cd34", Object: "channel/42", Seq: int64(i + 1), PrevHash: previous,
		})
		require.NoError(t, err)
		require.Equal(t, tc.want, hash)
		previous = hash
	}
}

// Every field is part of the hash.
func TestChainCoversEveryField(t *testing.T) {
	t.Parallel()
	base := query.Audit{PrevHash: firstHash}
	seen := map[string]string{}
	for name, change := range map[string]func(a *query.Audit){
		"nothing":     func(*query.Audit) {},
		"seq":         func(a *query.Audit) { a.Seq = 1 },
		"at":          func(a *query.Audit) { a.At = "x" },
		"actor":       func(a *query.Audit) { a.Actor = "x" },
		"token id":    func(a *query.Audit) { a.TokenID = "x" },
		"action":      func(a *query.Audit) { a.Action = "x" },
		"object":      func(a *query.Audit) { a.Object = "x" },
		"before hash": func(a *query.Audit) { a.BeforeHash = "x" },
		"after hash":  func(a *query.Audit) { a.AfterHash = "x" },
		"request id":  func(a *query.Audit) { a.RequestID = "x" },
		"address":     func(a *query.Audit) { a.Address = "x" },
		"prev hash":   func(a *query.Audit) { a.PrevHash = "ff" + firstHash[2:] },
	} {
		row := base
		change(&row)
		hash, err := link(row)
		require.NoError(t, err)
		require.Empty(t, seen[hash], "%s hashes like %s", name, seen[hash])
		seen[hash] = name
	}
	_, err := link(query.Audit{PrevHash: "00"})
	require.ErrorContains(t, err, "previous hash")
}
