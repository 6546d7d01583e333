package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// racers is how many goroutines compete where exactly one may win.
const racers = 8

// Run runs the suite. open gives a new empty store and closes it with the test.
func Run(t *testing.T, open func(t *testing.T) *store.Store) {
	for _, tc := range []struct {
		name string
		test func(t *testing.T, s *store.Store)
	}{
		{"answer: saved, found, expired", answers},
		{"assistant: insert, read, update, delete", assistants},
		{"assistant: keyset pages", assistantPages},
		{"assistant: unique id and name", assistantConflicts},
		{"assistant: kept while channels use it", assistantInUse},
		{"audit: chain", auditChain},
		{"audit: concurrent appends", auditRace},
		{"audit: hostile bytes", auditHostileBytes},
		{"audit: rolled back with its write", auditRollback},
		{"call: offered, running, ending, ended", calls},
		{"call: keyset pages, newest first", callPages},
		{"call: unfinished calls of a node", callsUnfinished},
		{"call: exactly one offer wins", callRace},
		{"call: exactly one node serves", callStartRace},
		{"call: refused transitions", callRefusals},
		{"call: saved whole", callSaved},
		{"call: outlives its channel", callOutlives},
		{"channel: insert, read, update, delete", channels},
		{"channel: filters and keyset pages", channelPages},
		{"channel: assistant must exist", channelNeedsAssistant},
		{"credential: order, index, cascade", credentials},
		{"credential: rotation", credentialRotation},
		{"credential: unique index and generation", credentialConflicts},
		{"credential: all of an owner deleted", deleteCredentials},
		{"credential group: insert, find, channels", groups},
		{"credential group: one version for all channels", groupCredentials},
		{"credential group: ends with its last channel", groupEnds},
		{"node: leases", nodes},
		{"purge: only what has expired", purge},
		{"revocation: order, expiry, repetition", revocations},
		{"revocation: a cursor misses none", revocationRace},
		{"sealed key: first writer wins", sealedKeys},
		{"signing key: generations, retirement", signingKeys},
		{"signing key: first writer wins", signingKeyRace},
		{"ticket: one winner", ticketRace},
		{"ticket: foreign, expired, replaced", tickets},
		{"ticket: one for each call", ticketPutRace},
		{"token: insert, find, touch, delete", tokens},
		{"token: unique public part", tokenConflicts},
		{"tombstone: a late create is refused", tombstones},
		{"used value: first, again, expired", usedValues},
		{"used value: one is the first", usedValueRace},
		{"write: dry run and error undo everything", writeUndone},
		{"write: commit order is revision order", writeOrder},
		{"write: a panic undoes everything", writePanic},
		{"ping", func(t *testing.T, s *store.Store) { require.NoError(t, s.Ping(t.Context())) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.test(t, open(t))
		})
	}
}

// cest is a zone other than UTC: a store that kept it would compare wrongly.
var cest = time.FixedZone("CEST", 2*60*60)

// at gives a moment in a zone other than UTC and finer than a microsecond,
// counted in seconds.
func at(seconds int) time.Time {
	return time.Date(2030, 6, 1, 0, 30, 0, 123_456_789, cest).Add(time.Duration(seconds) * time.Second)
}

// stored is how a store gives back at(seconds).
func stored(seconds int) time.Time { return at(seconds).UTC().Truncate(time.Microsecond) }

// id gives the n-th of a series of ids in the order of n.
func id(prefix string, n int) string { return fmt.Sprintf("%s01JD8Z6V5B3W3T1H6R4M0X%04d", prefix, n) }

func write(t *testing.T, s *store.Store, fn func(tx *store.Tx) error) {
	t.Helper()
	require.NoError(t, s.Write(t.Context(), false, fn))
}

func equal[T any](t *testing.T, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		require.FailNow(t, "(-want +got):\n"+diff)
	}
}

func requireConflict(t *testing.T, err error, table, field string) {
	t.Helper()
	require.ErrorIs(t, err, store.ErrConflict)
	var conflict *store.ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, store.ConflictError{Table: table, Field: field}, *conflict)
}

// race runs fn in several goroutines at once and gives their errors.
func race(fn func(n int) error) []error {
	errs := make([]error, racers)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for n := range racers {
		wg.Go(func() {
			<-start
			errs[n] = fn(n)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// requireOneWinner checks that one of errs is nil and the others are loss.
func requireOneWinner(t *testing.T, errs []error, loss error) {
	t.Helper()
	winners := 0
	for _, err := range errs {
		if err == nil {
			winners++
			continue
		}
		require.ErrorIs(t, err, loss)
	}
	require.Equal(t, 1, winners)
}
