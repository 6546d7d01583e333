package bench_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/enginetest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/pacer"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/port"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdes"
)

// What the processes for RTP serve: one socket per call that sends back what it
// gets, the yardstick; and whole calls, with an engine that echoes.
const (
	roleUDP  = "udp echo"
	roleRTP  = "rtp"
	roleSRTP = "srtp"
)

// benchCrypto is the key of both directions when SRTP is measured.
const benchCrypto = "1 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="

var loopback = netip.MustParseAddr("127.0.0.1")

// echoPackets serves n sockets until the test ends.
func echoPackets(t *testing.T, n int) (ports []uint16) {
	t.Helper()
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	for range n {
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		ports = append(ports, conn.LocalAddr().(*net.UDPAddr).AddrPort().Port())
		serving.Go(func() {
			buf := make([]byte, 1500)
			for {
				n, from, err := conn.ReadFromUDPAddrPort(buf)
				if err != nil {
					return
				}
				if _, err := conn.WriteToUDPAddrPort(buf[:n], from); err != nil {
					return
				}
			}
		})
	}
	return ports
}

// echoMedia serves n calls until the test ends.
func echoMedia(t *testing.T, n int, secure bool) (ports []uint16) {
	t.Helper()
	p := pacer.New(runtime.GOMAXPROCS(0))
	t.Cleanup(p.Close)
	pool, err := port.NewPool(loopback, 20000, 31999)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	// The callers are not known yet: they are found by what they send.
	r := rtp.Remote{
		Addr: netip.AddrPortFrom(loopback, 1), Control: netip.AddrPortFrom(loopback, 2),
		Codec: rtp.PCMU, Events: rtp.NoEvents, Packet: audio.FrameDuration, Send: true,
	}
	if secure {
		line, err := sdes.Parse(benchCrypto)
		require.NoError(t, err)
		r.Encrypt, r.Decrypt = line.Key, line.Key
	}
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(cancel)
	for range n {
		pair, err := pool.Open()
		require.NoError(t, err)
		m, err := rtp.New(rtp.Config{Ports: pair, Pacer: p, Format: audio.Mulaw8k})
		require.NoError(t, err)
		require.NoError(t, m.Apply(r))
		ports = append(ports, pair.Port())
		s := &call.Session{
			ID: "call_1", Leg: mediaLeg{m}, Engine: enginetest.Echo{}, Config: call.Config{CallerFirst: true},
		}
		serving.Go(func() { _, _ = s.Run(ctx) })
	}
	return ports
}

// mediaLeg is a call leg that is nothing but its media.
type mediaLeg struct{ *rtp.Media }

var _ call.Clocked = mediaLeg{}

func (l mediaLeg) Format() audio.Format { return l.Media.Format }

func (l mediaLeg) Next() (call.Input, error) {
	in, err := l.Media.Next()
	switch in.Kind {
	case rtp.Fill:
		return call.Input{Kind: call.InputFill, Data: in.Data}, err
	case rtp.Digit:
		return call.Input{Kind: call.InputDTMF, Digit: in.Digit}, err
	}
	if errors.Is(err, net.ErrClosed) {
		return call.Input{Kind: call.InputHangup}, nil
	}
	return call.Input{Kind: call.InputAudio, Data: in.Data}, err
}

func (l mediaLeg) Write([]byte) error { return errors.ErrUnsupported }

func (l mediaLeg) Play(next func(time.Time, []byte) bool) error { return l.Media.Play(next) }

func (l mediaLeg) End(context.Context, call.Ending) error {
	l.Close()
	return nil
}
