package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// SIGTERM with fifty running calls: none is cut, new ones are refused, every
// record is complete, and the process ends well.
func TestSIGTERMCutsNoCallTW17(t *testing.T) {
	t.Parallel()
	const calls = 50
	dir := data(t)
	p := launch(t, dir)
	target := p.channel(t)
	lines := p.calls(t, target, calls)
	p.signal(t)
	p.says(t, "draining")

	_, err := target.Dialer.Dial(t.Context(), target.Placement)
	var refused *channel.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Contains(t, refused.Detail, liveAgent, "the new caller gets the live agent")

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, line := range lines {
		require.NoError(t, line.Press('#')) // the assistant says goodbye
	}
	for _, line := range lines {
		end, err := line.Wait(ctx)
		require.NoError(t, err)
		require.True(t, end.ByGateway)
		require.Equal(t, "hangup", end.Next, "what comes next is answered while draining")
	}
	p.exits(t, patience)

	ended := records(t, dir)
	require.Len(t, ended, calls, "the refused call has no record")
	for _, c := range ended {
		require.NotNil(t, c.AnsweredAt)
		require.NotNil(t, c.EndedAt)
		require.Equal(t, "ended", c.State)
		require.Equal(t, "assistant_ended", c.EndReason)
		require.Equal(t, "resolved", c.Outcome)
	}
}

// A second signal, or the end of VA_DRAIN_TIMEOUT, sends the callers to the
// live agent instead of cutting them.
func TestDrainEndsEarlyTW17(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, timeout string
		again         bool
	}{
		{"second signal", "10m", true},
		{"drain timeout", "1s", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := data(t)
			p := launch(t, dir, "--drain-timeout", tc.timeout)
			lines := p.calls(t, p.channel(t), 5)
			begun := time.Now()
			p.signal(t)
			p.says(t, "draining")
			if tc.again {
				p.signal(t)
			}
			for _, line := range lines {
				end, err := line.Wait(t.Context())
				require.NoError(t, err)
				require.True(t, end.ByGateway)
				require.Equal(t, "transfer", end.Next)
				require.Equal(t, liveAgent, end.Target)
			}
			p.exits(t, patience)
			require.Less(t, time.Since(begun), patience)
			for _, c := range records(t, dir) {
				require.Equal(t, "drain_timeout", c.EndReason)
				require.Equal(t, liveAgent, c.Transfer.Destination)
				require.NotNil(t, c.EndedAt)
			}
		})
	}
}
