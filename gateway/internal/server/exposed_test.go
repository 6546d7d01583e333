package server_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/config"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/server"
)

// elsewhere is a listener that says it is not on loopback.
type elsewhere struct{ net.Listener }

func (elsewhere) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 8081} }

// Row 20: an admin listener that others reach keeps its metrics to the scope
// admin, and says what it means that it has no TLS.
func TestExposedAdminListener(t *testing.T) {
	t.Parallel()
	var public, admin net.Listener
	for _, l := range []*net.Listener{&public, &admin} {
		var err error
		*l, err = net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
	}
	log := &bytes.Buffer{}
	g, err := server.New(t.Context(), check(t, config.Settings{DataDir: t.TempDir(), AdminToken: token}),
		server.Options{Log: slog.New(slog.NewTextHandler(log, nil)), Public: public, Admin: elsewhere{admin}})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx, ctx) }()
	for presented, status := range map[string]int{"": http.StatusUnauthorized, token: http.StatusOK} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+admin.Addr().String()+"/metrics", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+presented)
		res, err := gatewaytest.HTTP.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, status, res.StatusCode)
	}
	cancel()
	require.NoError(t, <-done)
	require.Contains(t, log.String(), "the admin listener has no TLS")
}
