package gatewaytest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	channelall "github.com/va-gateway/terraform-provider-va/gateway/internal/channel/all"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/testcall"
)

// callTimeout bounds one call of PlaceCall.
const callTimeout = 20 * time.Second

// PlaceCall calls a channel as its platform does, with these secrets by name,
// and hangs up once the first frame of the assistant's side was heard. The
// error is the gateway's refusal.
func (g *Gateway) PlaceCall(t testing.TB, channelID string, credentials map[string]string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), callTimeout)
	defer cancel()
	var kinds []channel.Kind
	for _, k := range channelall.Kinds() {
		kinds = append(kinds, k.Kind)
	}
	target, err := testcall.Find(ctx, g.Client, kinds, channelID)
	require.NoError(t, err)
	target.Placement.Credentials = credentials
	target.Placement.From, target.Placement.To = "+14155550100", "+14155550199"
	line, err := target.Dialer.Dial(ctx, target.Placement)
	if err != nil {
		return err
	}
	_, heard := <-line.Heard()
	line.Hangup()
	for range line.Heard() { // the ear stays open until the line closes
	}
	_, err = line.Wait(ctx)
	require.NoError(t, err)
	require.True(t, heard, "the call was answered and then nothing was heard")
	return nil
}
