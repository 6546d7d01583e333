package quality_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/quality"
)

const rate = 8000

var start = time.Date(2026, 3, 4, 5, 6, 7, 890_000_000, time.UTC)

func sent(ssrc uint32) quality.Sent {
	return quality.Sent{SSRC: ssrc, CNAME: "x", Active: true, Time: 1234, Packets: 50, Bytes: 8000}
}

func decode[P rtcp.Packet](t *testing.T, data []byte) P {
	t.Helper()
	packets, err := rtcp.Unmarshal(data)
	require.NoError(t, err)
	require.NoError(t, rtcp.CompoundPacket(packets).Validate())
	for _, p := range packets {
		if p, ok := p.(P); ok {
			return p
		}
	}
	require.FailNow(t, "not in the compound packet")
	panic("not reached")
}

func TestReportsCountLossSIP13(t *testing.T) {
	t.Parallel()
	t.Run("SIP-13 loss and wrapping numbers", func(t *testing.T) {
		t.Parallel()
		var r quality.Reception
		var l quality.Link
		r.Begin(7)
		for i := range 100 {
			if i%10 != 5 {
				r.Packet(uint16(65500 + i))
			}
		}
		data, err := l.Report(start, sent(1), &r, rate, false)
		require.NoError(t, err)
		b := decode[*rtcp.SenderReport](t, data).Reports[0]
		require.Equal(t, uint32(7), b.SSRC)
		require.Equal(t, uint32(10), b.TotalLost)
		require.InDelta(t, 0.1*256, b.FractionLost, 1)
		require.Equal(t, uint32(1<<16+65599-65536), b.LastSequenceNumber)
		for i := 100; i < 200; i++ { // and none lost since
			r.Packet(uint16(65500 + i))
		}
		data, err = l.Report(start, sent(1), &r, rate, false)
		require.NoError(t, err)
		b = decode[*rtcp.SenderReport](t, data).Reports[0]
		require.Equal(t, uint32(10), b.TotalLost)
		require.Zero(t, b.FractionLost)
		require.Equal(t, uint32(200), r.Expected())
	})
}

func TestDuplicatesAreNoNegativeLoss(t *testing.T) {
	t.Parallel()
	var r quality.Reception
	var l quality.Link
	r.Begin(7)
	for range 10 {
		r.Packet(1)
	}
	data, err := l.Report(start, quality.Sent{SSRC: 1, CNAME: "x"}, &r, rate, true)
	require.NoError(t, err)
	b := decode[*rtcp.ReceiverReport](t, data).Reports[0]
	require.Zero(t, b.TotalLost)
	require.Zero(t, b.FractionLost)
	require.Equal(t, []uint32{1}, decode[*rtcp.Goodbye](t, data).Sources)
	require.Equal(t, "x", decode[*rtcp.SourceDescription](t, data).Chunks[0].Items[0].Text)
}

func TestJitterSIP13(t *testing.T) {
	t.Parallel()
	t.Run("SIP-13 jitter of a steady and an unsteady stream", func(t *testing.T) {
		t.Parallel()
		for _, spread := range []int{0, 20} {
			var r quality.Reception
			random := rand.New(rand.NewPCG(1, 2))
			for i := range 5000 {
				late := time.Duration(random.IntN(spread+1)) * time.Millisecond
				r.Audio(start.Add(time.Duration(i)*20*time.Millisecond+late), uint32(i*160), rate)
			}
			// The mean distance of two even numbers below n is n/3.
			require.InDelta(t, float64(spread)/3, float64(r.Jitter())/1e6, 2)
		}
	})
	t.Run("SIP-13 2 % clock skew for 1 h (simulated)", func(t *testing.T) {
		t.Parallel()
		var r quality.Reception
		for i := range 180_000 {
			r.Audio(start.Add(time.Duration(i)*20400*time.Microsecond), uint32(i*160), rate)
		}
		require.InDelta(t, 0.4, float64(r.Jitter())/1e6, 0.01)
	})
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	const oneWay, thinking = 70 * time.Millisecond, 1300 * time.Millisecond
	var us, peer quality.Link
	var hears quality.Reception
	hears.Begin(1)
	hears.Packet(1)
	data, err := us.Report(start, sent(1), &quality.Reception{}, rate, false)
	require.NoError(t, err)
	require.NoError(t, peer.Take(start.Add(oneWay), data, 2, 1, rate))
	require.Zero(t, peer.RoundTrip())
	data, err = peer.Report(start.Add(oneWay+thinking), quality.Sent{SSRC: 2, CNAME: "y"}, &hears, rate, true)
	require.NoError(t, err)
	require.NoError(t, us.Take(start.Add(2*oneWay+thinking), data, 1, 2, rate))
	require.InDelta(t, 2*oneWay, us.RoundTrip(), float64(time.Millisecond))
	require.Equal(t, uint64(1), us.Byes())
	require.Equal(t, uint64(1), us.Reports())
}

func TestWhatThePeerReports(t *testing.T) {
	t.Parallel()
	report := func(b rtcp.ReceptionReport) []byte {
		data, err := (&rtcp.ReceiverReport{SSRC: 2, Reports: []rtcp.ReceptionReport{b}}).Marshal()
		require.NoError(t, err)
		return data
	}
	var l quality.Link
	require.NoError(t, l.Take(start, report(rtcp.ReceptionReport{SSRC: 1, FractionLost: 64, Jitter: 80}), 1, 2, rate))
	require.InDelta(t, 0.25, l.Lost(), 1e-9)
	require.Equal(t, 10*time.Millisecond, l.Jitter())
	require.NoError(t, l.Take(start, report(rtcp.ReceptionReport{SSRC: 99, FractionLost: 255}), 1, 2, rate))
	require.InDelta(t, 0.25, l.Lost(), 1e-9, "of somebody else's stream")
	require.NoError(t, l.Take(start, report(rtcp.ReceptionReport{SSRC: 1, LastSenderReport: 0xFFFFFFFF}), 1, 2, rate))
	require.Zero(t, l.RoundTrip(), "from the future")
	require.ErrorIs(t, l.Take(start, []byte{1, 2, 3}, 1, 2, rate), quality.ErrMalformed)
	require.ErrorIs(t, l.Take(start, make([]byte, 1501), 1, 2, rate), quality.ErrMalformed)
}

// TestMOS compares with the figures that are published for the E-model: 4.41
// for G.711 at its best (G.107 annex B for R = 93.2), and about 3.9 with 5 % of
// random loss and concealment.
func TestMOS(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 4.41, quality.MOS(0, 0), 0.005)
	require.InDelta(t, 4.34, quality.MOS(0, 150*time.Millisecond), 0.02)
	require.InDelta(t, 3.93, quality.MOS(0.05, 0), 0.05)
	require.InDelta(t, 1, quality.MOS(1, 2*time.Second), 0.001)
	require.InDelta(t, 1, quality.MOS(1, time.Hour), 0.001)
	before := 5.0
	for lost := 0.0; lost <= 1; lost += 0.01 {
		m := quality.MOS(lost, 50*time.Millisecond)
		require.LessOrEqual(t, m, before)
		require.GreaterOrEqual(t, m, 1.0)
		before = m
	}
}

func FuzzTake(f *testing.F) {
	var l quality.Link
	data, err := l.Report(start, sent(1), &quality.Reception{}, rate, true)
	require.NoError(f, err)
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		var l quality.Link
		if l.Take(start, data, 1, 2, rate) != nil {
			return
		}
		require.GreaterOrEqual(t, l.RoundTrip(), time.Duration(0))
		require.LessOrEqual(t, l.RoundTrip(), 30*time.Second)
		require.LessOrEqual(t, l.Lost(), 1.0)
	})
}
