package postgres_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/pgtest"
)

// What one node commits, and nothing else, is announced to another; what broke
// off can be begun again.
func TestListen(t *testing.T) {
	t.Parallel()
	db := pgtest.Own(t)
	writer, reader := open(t, db.URL), open(t, db.URL)
	require.True(t, reader.Shared())
	news, ended := make(chan struct{}, 16), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	var listening sync.WaitGroup
	listen := func() {
		listening.Go(func() { ended <- reader.Listen(ctx, func() { news <- struct{}{} }) })
		hear(t, news) // the first is for what came before
	}
	write := func(dryRun bool) {
		require.NoError(t, writer.Write(ctx, dryRun, func(*store.Tx) error { return nil }))
	}
	listen()
	write(true)
	require.ErrorIs(t, writer.Write(ctx, false, func(*store.Tx) error { return store.ErrGone }), store.ErrGone)
	write(false)
	hear(t, news)
	require.Empty(t, news, "what was undone is not announced")

	db.Stop(t)
	require.ErrorContains(t, <-ended, "listen for configuration changes")
	db.Start(t)
	listen()
	require.Eventually(t, func() bool { return writer.Ping(ctx) == nil }, 10*time.Second, 10*time.Millisecond)
	write(false)
	hear(t, news)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	listening.Wait()
}

func hear(t *testing.T, news <-chan struct{}) {
	t.Helper()
	select {
	case <-news:
	case <-time.After(10 * time.Second):
		require.FailNow(t, "nothing was announced")
	}
}
