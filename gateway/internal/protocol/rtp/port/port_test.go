package port_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/port"
)

var loopback = netip.MustParseAddr("127.0.0.1")

// free gives a pool of n pairs that nobody else on the machine uses right now.
func free(t *testing.T, n int) *port.Pool {
	t.Helper()
	for range 50 {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		require.NoError(t, err)
		first := c.LocalAddr().(*net.UDPAddr).AddrPort().Port() + 1
		require.NoError(t, c.Close())
		first += first & 1
		if int(first)+2*n > 65535 {
			continue
		}
		p, err := port.NewPool(loopback, first, first+uint16(2*n)-1)
		require.NoError(t, err)
		p.Quiet, p.Longest = 100*time.Millisecond, 10*time.Second
		pairs := make([]*port.Pair, 0, n)
		for range n {
			pair, err := p.Open()
			if err != nil {
				break
			}
			pairs = append(pairs, pair)
		}
		p.Close()
		for _, pair := range pairs {
			pair.Close() // unbinds at once, the pool is closed
		}
		if len(pairs) < n {
			continue
		}
		p, err = port.NewPool(loopback, first, first+uint16(2*n)-1)
		require.NoError(t, err)
		p.Quiet, p.Longest = 100*time.Millisecond, 10*time.Second
		t.Cleanup(p.Close)
		return p
	}
	require.FailNow(t, "no free range of UDP ports")
	return nil
}

func TestPairsAreEvenAndOdd(t *testing.T) {
	t.Parallel()
	p := free(t, 4)
	seen := map[uint16]bool{}
	for range 4 {
		pair, err := p.Open()
		require.NoError(t, err)
		defer pair.Close()
		rtp := pair.RTP.LocalAddr().(*net.UDPAddr).AddrPort().Port()
		rtcp := pair.RTCP.LocalAddr().(*net.UDPAddr).AddrPort().Port()
		require.Zero(t, rtp%2)
		require.Equal(t, rtp+1, rtcp)
		require.Equal(t, rtp, pair.Port())
		require.False(t, seen[rtp])
		seen[rtp] = true
	}
}

func TestExhaustedSIP15(t *testing.T) {
	t.Parallel()
	t.Run("SIP-15 port pool exhausted, nothing leaked", func(t *testing.T) {
		t.Parallel()
		p := free(t, 2)
		require.Equal(t, 2, p.Free())
		a, err := p.Open()
		require.NoError(t, err)
		b, err := p.Open()
		require.NoError(t, err)
		_, err = p.Open()
		require.ErrorIs(t, err, port.ErrExhausted)
		require.Zero(t, p.Free())
		a.Close()
		a.Close()
		b.Close()
		require.Eventually(t, func() bool { return p.Free() == 2 }, 10*time.Second, 10*time.Millisecond)
		c, err := p.Open()
		require.NoError(t, err)
		c.Close()
	})
}

func TestPortsOfAnotherProgramArePassedOver(t *testing.T) {
	t.Parallel()
	p := free(t, 2)
	a, err := p.Open()
	require.NoError(t, err)
	defer a.Close()
	b, err := p.Open()
	require.NoError(t, err)
	other := b.Port() + 1
	b.Close()
	require.Eventually(t, func() bool { return p.Free() == 1 }, 10*time.Second, 10*time.Millisecond)
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(other)})
	require.NoError(t, err)
	defer c.Close()
	_, err = p.Open()
	require.ErrorIs(t, err, port.ErrExhausted)
	require.Equal(t, 1, p.Free(), "a pair that could not be bound is not lost")
}

func TestAStaleStreamKeepsItsPair(t *testing.T) {
	t.Parallel()
	p := free(t, 1)
	pair, err := p.Open()
	require.NoError(t, err)
	c, err := net.Dial("udp", pair.RTP.LocalAddr().String())
	require.NoError(t, err)
	defer c.Close()
	pair.Close()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(500 * time.Millisecond); time.Now().Before(end); {
		<-tick.C
		_, err := c.Write([]byte("stale"))
		require.NoError(t, err, "still bound")
		require.Zero(t, p.Free())
	}
	require.Eventually(t, func() bool { return p.Free() == 1 }, 10*time.Second, 10*time.Millisecond)
}

func TestASenderThatNeverStopsIsCutOff(t *testing.T) {
	t.Parallel()
	p := free(t, 1)
	p.Longest = 300 * time.Millisecond
	pair, err := p.Open()
	require.NoError(t, err)
	c, err := net.Dial("udp", pair.RTP.LocalAddr().String())
	require.NoError(t, err)
	defer c.Close()
	pair.Close()
	require.Eventually(t, func() bool {
		_, _ = c.Write([]byte("on and on"))
		return p.Free() == 1
	}, 10*time.Second, 10*time.Millisecond)
}

func TestCloseUnbinds(t *testing.T) {
	t.Parallel()
	p := free(t, 2)
	p.Quiet = time.Hour
	lent, err := p.Open()
	require.NoError(t, err)
	draining, err := p.Open()
	require.NoError(t, err)
	draining.Close()
	p.Close()
	_, err = p.Open()
	require.ErrorIs(t, err, port.ErrExhausted)
	lent.Close()
	require.Equal(t, 2, p.Free())
}

func TestRanges(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		low, high uint16
		pairs     int
	}{
		{"even", 10000, 10003, 2},
		{"odd ends", 10001, 10004, 1},
		{"whole", 10000, 19999, 5000},
		{"single port", 10000, 10000, 0},
		{"odd pair", 10001, 10002, 0},
		{"backwards", 10002, 10000, 0},
		{"zero", 0, 100, 0},
		{"last", 65534, 65535, 1},
		{"beyond", 65535, 65535, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := port.NewPool(loopback, tt.low, tt.high)
			if tt.pairs == 0 {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.pairs, p.Free())
		})
	}
	_, err := port.NewPool(netip.Addr{}, 10000, 10001)
	require.Error(t, err)
}
