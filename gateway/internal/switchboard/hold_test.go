package switchboard

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// A held place counts, and is free again when nobody used it.
func TestHold(t *testing.T) {
	t.Parallel()
	s := &Switchboard{Registry: call.NewRegistry(1), byID: map[string]*entry{}}
	live := heldLive(true)
	held, release, err := s.Hold(live)
	require.NoError(t, err)
	require.NotEmpty(t, held)
	_, _, err = s.Hold(live)
	require.ErrorIs(t, err, channel.ErrBusy)
	release()
	release()
	held, release, err = s.Hold(live)
	require.NoError(t, err)
	s.byID[held] = &entry{id: held}
	release()
	require.Equal(t, 1, s.Registry.Len(), "the call that was offered keeps it")
	s.Registry.Release(held)

	s.Registry.Drain()
	_, _, err = s.Hold(live)
	require.ErrorIs(t, err, channel.ErrDraining)
	_, _, err = s.Hold(heldLive(false))
	require.ErrorIs(t, err, channel.ErrInactive)
}

func heldLive(enabled bool) *channel.Live {
	body := &api.TwilioChannel{Channel: api.Channel{Enabled: &enabled}}
	return channel.NewLive("chn_1", "k", body, api.Assistant{}, true, nil)
}
