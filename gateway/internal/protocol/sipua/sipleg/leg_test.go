package sipleg_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdes"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/phone"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/sipleg"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
)

const patience = 10 * time.Second

// speak plays a sound until it is heard back.
func speak(t *testing.T, p *phone.Call) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	spoken := make(chan error, 1)
	go func() {
		spoken <- p.Media().Play(func(_ time.Time, frame []byte) bool {
			for i := range frame {
				frame[i] = 0x2A
			}
			return ctx.Err() == nil
		})
	}()
	stop := context.AfterFunc(ctx, p.Media().Close)
	for {
		in, err := p.Media().Next()
		require.NoError(t, err, "nothing was heard")
		if in.Kind == rtp.Audio && bytes.Contains(in.Data, bytes.Repeat([]byte{0x2A}, 80)) {
			break
		}
	}
	require.True(t, stop())
	cancel()
	require.NoError(t, <-spoken)
}

func gone(t *testing.T, p *phone.Call) phone.End {
	t.Helper()
	select {
	case <-p.Done():
	case <-time.After(patience):
		require.FailNow(t, "the call does not end")
	}
	return p.End()
}

func TestEcho(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		transport sipua.Transport
		srtp      trunk.SRTP
		edit      func(*phone.Config)
	}{
		{"SIP-01 a call with audio over udp", sipua.UDP, trunk.SRTPOptional, func(*phone.Config) {}},
		{"SIP-01 a call with audio over tcp", sipua.TCP, trunk.SRTPOptional, func(*phone.Config) {}},
		{"SIP-01 a call with audio over tls", sipua.TLS, trunk.SRTPOff, func(*phone.Config) {}},
		{"SIP-08 SRTP with GCM", sipua.TLS, trunk.SRTPRequired, func(c *phone.Config) {
			c.SRTP, c.Suites = sdp.Required, []sdes.Suite{sdes.GCM128}
		}},
		{"SIP-08 SRTP with SHA1_80", sipua.TLS, trunk.SRTPOptional, func(c *phone.Config) {
			c.SRTP, c.Suites = sdp.Required, []sdes.Suite{sdes.AESCM}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := start(t, c.srtp, sipleg.Ways{})
			config := r.config(c.transport)
			c.edit(&config)
			p := r.dial(config)
			speak(t, p)
			require.NoError(t, p.Hangup(t.Context()))
			require.Equal(t, call.InputHangup, (<-r.inputs).Kind)
			require.Eventually(t, func() bool { return r.Calls() == 0 }, patience, time.Millisecond)
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		transport sipua.Transport
		srtp      trunk.SRTP
		edit      func(*phone.Config)
		status    int
	}{
		{"SIP-08 a downgrade to RTP", sipua.TLS, trunk.SRTPRequired, func(*phone.Config) {}, 488},
		{"srtp required over udp", sipua.UDP, trunk.SRTPRequired, func(*phone.Config) {}, 403},
		{"no common codec", sipua.UDP, trunk.SRTPOff, func(c *phone.Config) { c.Codecs = []rtp.Codec{rtp.G722} }, 488},
		{"no token", sipua.TCP, trunk.SRTPOff, func(c *phone.Config) { c.Headers = nil }, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := start(t, c.srtp, sipleg.Ways{})
			config := r.config(c.transport)
			c.edit(&config)
			free := r.ports.Free()
			_, err := phone.Dial(t.Context(), config)
			var rejected *phone.RejectedError
			require.ErrorAs(t, err, &rejected)
			require.Equal(t, c.status, rejected.Status)
			require.Contains(t, rejected.Warning, "399")
			require.Eventually(t, func() bool { return r.ports.Free() == free }, patience, time.Millisecond)
		})
	}
}

func TestDigits(t *testing.T) {
	t.Parallel()
	r := start(t, trunk.SRTPOff, sipleg.Ways{})
	p := r.dial(r.config(sipua.UDP))
	speak(t, p)
	playing := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(playing)
		_ = p.Media().Play(func(time.Time, []byte) bool { return ctx.Err() == nil })
	}()
	require.NoError(t, p.Media().SendDigits("4#"))
	for _, want := range []byte("4#") {
		require.Equal(t, call.Input{Kind: call.InputDTMF, Digit: want}, <-r.inputs, "SIP-08")
	}
	cancel()
	<-playing
}

func TestEndings(t *testing.T) {
	t.Parallel()
	context7 := func(call.Ending) sipua.Context { return sipua.Context{Header: "User-to-User", Value: "id=7"} }
	transfer := call.Ending{Outcome: call.OutcomeTransferred, Transfer: &call.Target{}}
	for _, c := range []struct {
		name   string
		ways   sipleg.Ways
		ending call.Ending
		refer  func(string) (int, []int)
		want   phone.End
		failed bool
	}{
		{
			"the assistant hangs up",
			sipleg.Ways{},
			call.Ending{Outcome: call.OutcomeResolved},
			nil,
			phone.End{ByGateway: true, Reason: `Q.850;cause=16;text="resolved"`},
			false,
		},
		{
			"a transfer by BYE with context",
			sipleg.Ways{Context: context7},
			transfer, nil,
			phone.End{
				ByGateway: true, Reason: `Q.850;cause=16;text="transferred"`, Context: "69643D37;encoding=hex",
			},
			false,
		},
		{
			"SIP-03 a transfer by REFER",
			sipleg.Ways{Refer: "agents@example.com", Context: context7},
			transfer,
			func(string) (int, []int) { return 202, []int{100, 180, 200} },
			phone.End{
				ByGateway: true, Reason: `Q.850;cause=16;text="transferred"`,
				ReferTo: "<sip:agents@example.com?User-to-User=69643D37%3Bencoding%3Dhex>",
			},
			false,
		},
		{
			"SIP-03 a REFER that is refused",
			sipleg.Ways{Refer: "agents@example.com"},
			transfer, nil,
			phone.End{
				ByGateway: true, Reason: `Q.850;cause=16;text="failed"`, ReferTo: "<sip:agents@example.com>",
			},
			true,
		},
		{
			"SIP-03 a live agent who is busy",
			sipleg.Ways{Refer: "agents@example.com"},
			transfer,
			func(string) (int, []int) { return 202, []int{100, 486} },
			phone.End{
				ByGateway: true, Reason: `Q.850;cause=16;text="failed"`, ReferTo: "<sip:agents@example.com>",
			},
			true,
		},
	} {
		for _, transport := range []sipua.Transport{sipua.UDP, sipua.TCP} {
			t.Run(c.name+" over "+string(transport), func(t *testing.T) {
				t.Parallel()
				r := start(t, trunk.SRTPOff, c.ways)
				config := r.config(transport)
				config.Refer = c.refer
				p := r.dial(config)
				r.ends <- c.ending
				require.Equal(t, c.want, gone(t, p))
				if c.failed {
					var failed *sipua.TransferError
					require.True(t, errors.As(<-r.failed, &failed)) //nolint:testifylint // the error comes from a channel
				}
				require.Eventually(t, func() bool { return r.Calls() == 0 }, patience, time.Millisecond)
			})
		}
	}
}
