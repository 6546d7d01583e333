package phone_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/pacer"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/port"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/phone"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// Calls that are taken are tested with the leg of the gateway, in sipleg.

func TestDialFails(t *testing.T) {
	t.Parallel()
	local := netip.MustParseAddr("127.0.0.1")
	ports, err := port.NewPool(local, 27000, 27999)
	require.NoError(t, err)
	ports.Quiet = time.Millisecond
	t.Cleanup(ports.Close)
	clock := pacer.New(1)
	t.Cleanup(clock.Close)

	near := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	set := trunk.NewSet([]*trunk.Trunk{
		{ID: "chn_1", Active: true, Numbers: []string{"+15551230000"}, Sources: near},
		{
			ID: "chn_2", Active: true, Numbers: []string{"+15551230001"}, Sources: near,
			Digest: &trunk.Digest{Username: "va", Passwords: []secret.Value{secret.New("open sesame")}},
		},
	})
	listen, err := sipua.ParseListen("udp://127.0.0.1:0,tcp://127.0.0.1:0")
	require.NoError(t, err)
	s, err := sipua.New(sipua.Config{
		Listen: listen, Host: "va.example.com", Trunks: func() *trunk.Set { return set },
		Accept: func(_ context.Context, c *sipua.Call) {
			if c.From() == "+15550000000" {
				<-c.Done() // it rings
				return
			}
			c.Reject(sipua.Refusal{Status: 486, Reason: "busy"})
		},
	})
	require.NoError(t, err)
	require.NoError(t, s.Start(t.Context()))
	t.Cleanup(func() { s.Close(context.WithoutCancel(t.Context())) })

	for _, transport := range []sipua.Transport{sipua.UDP, sipua.TCP} {
		gateway, _ := s.Address(transport)
		config := phone.Config{
			Transport: transport, Gateway: gateway, Local: local, Ports: ports, Pacer: clock,
			From: "+15557654321", To: "+15551230000",
		}
		for _, c := range []struct {
			name, to, password, want string
		}{
			{"an unknown number", "+15559999999", "", "403"},
			{"busy", "+15551230000", "", "486"},
			{"SIP-06 digest good, and then busy", "+15551230001", "open sesame", "486"},
			{"SIP-06 digest bad", "+15551230001", "open barley", "401"},
			{"SIP-06 digest without credentials", "+15551230001", "", "401"},
		} {
			t.Run(c.name+" over "+string(transport), func(t *testing.T) {
				config := config
				config.To = c.to
				if c.password != "" {
					config.Digest = phone.Digest{Username: "va", Password: secret.New(c.password)}
				}
				_, err := phone.Dial(t.Context(), config)
				var rejected *phone.RejectedError
				require.ErrorAs(t, err, &rejected)
				require.ErrorContains(t, err, c.want)
			})
		}
		t.Run("patience has an end over "+string(transport), func(t *testing.T) {
			config := config
			config.From = "+15550000000"
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			_, err := phone.Dial(ctx, config)
			require.ErrorIs(t, err, context.DeadlineExceeded)
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		_, err := phone.Dial(t.Context(), phone.Config{
			Transport: sipua.TCP, Gateway: netip.MustParseAddrPort("127.0.0.1:1"), Local: local, Ports: ports, Pacer: clock,
		})
		require.Error(t, err)
	})
}
