package rtp_test

import (
	"bytes"
	"net"
	"testing"
	"time"

	pion "github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdes"
)

func TestBothDirectionsSIP01(t *testing.T) {
	t.Parallel()
	t.Run("SIP-01 RTP both ways, bit by bit", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		p := newPeer(t, c.addr, 7)
		c.apply(p.remote())
		c.speak(tones(1, 50))
		var got []byte
		var last *pion.Packet
		for range 60 {
			in := p.must()
			require.Equal(t, uint8(0), in.PayloadType)
			// Time that a busy machine has lost is a gap like any other.
			require.Equal(t, last == nil || in.Timestamp != last.Timestamp+160, in.Marker)
			if last != nil {
				require.Equal(t, last.SequenceNumber+1, in.SequenceNumber)
			}
			last = in
			got = append(got, in.Payload...)
		}
		require.True(t, bytes.Contains(got, tones(1, 50)))
		p.audio(1, 50)
		eventually(t, "all is heard", func() bool { return bytes.Equal(c.heard(), tones(1, 50)) })
		s := c.Stats()
		require.Equal(t, uint64(50), s.Received)
		require.Zero(t, s.Lost+s.Late+s.Duplicates+s.Rejected+s.Malformed)
		require.GreaterOrEqual(t, s.Sent, uint64(60))
		require.InDelta(t, 4.4, s.MOS, 0.1)
	})
}

func TestTicksKeepTheClock(t *testing.T) {
	t.Parallel()
	c := newCall(t, nil)
	p := newPeer(t, c.addr, 7)
	c.apply(p.remote())
	first := p.must()
	var last uint32
	n := uint32(0)
	for ; n < 30; n++ {
		last = p.must().Timestamp
	}
	require.GreaterOrEqual(t, last-first.Timestamp, n*160)
	require.Zero(t, (last-first.Timestamp)%160)
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := 1; i < len(c.dues); i++ {
		require.Zero(t, c.dues[i].Sub(c.dues[i-1])%(20*time.Millisecond))
	}
}

func TestLossIsConcealedSIP13(t *testing.T) {
	t.Parallel()
	t.Run("SIP-13 RTP loss is concealed, the timeline stays whole", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		p := newPeer(t, c.addr, 7)
		c.apply(p.remote())
		p.audio(1, 5)
		p.packet(0, nil) // never sent
		p.audio(7, 5)
		eventually(t, "the audio", func() bool { return len(c.heard()) == 11*160 })
		got := c.heard()
		require.Equal(t, tones(1, 5), got[:5*160])
		require.Equal(t, tones(7, 5), got[6*160:])
		made := got[5*160 : 6*160]
		require.Equal(t, byte(5), made[0], "begins like the audio before it")
		require.NotEqual(t, byte(5), made[159], "and fades")
		require.Equal(t, uint64(1), c.Stats().Lost)
		require.Equal(t, 20*time.Millisecond, c.Stats().Concealed)
	})
	t.Run("SIP-13 300 ms lost: concealed for 60 ms, then silence", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		p := newPeer(t, c.addr, 7)
		c.apply(p.remote())
		p.audio(1, 5)
		for range 15 {
			p.packet(0, nil)
		}
		p.audio(21, 1)
		eventually(t, "the audio", func() bool { return len(c.heard()) == 21*160 })
		c.mu.Lock()
		defer c.mu.Unlock()
		n := len(c.inputs)
		require.Equal(t, rtp.Fill, c.inputs[n-2].Kind)
		require.Len(t, c.inputs[n-2].Data, 12*160)
		require.Equal(t, bytes.Repeat([]byte{0xFF}, 12*160), c.inputs[n-2].Data)
		require.Equal(t, rtp.Audio, c.inputs[n-3].Kind)
		require.Len(t, c.inputs[n-3].Data, 3*160)
	})
}

func TestDigitsSIP08(t *testing.T) {
	t.Parallel()
	t.Run("SIP-08 DTMF events between audio", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		p := newPeer(t, c.addr, 7)
		c.apply(p.remote())
		p.audio(1, 5)
		at := p.time
		for i := range 7 {
			p.time = at
			p.send(p.packet(101, event(5, i >= 4, uint16(160*min(i+1, 5)))))
		}
		p.time = at + 5*160
		p.audio(6, 5)
		eventually(t, "the key", func() bool { return c.keys() == "5" })
		eventually(t, "the audio", func() bool { return len(c.heard()) == 15*160 })
		require.Equal(t, tones(6, 5), c.heard()[10*160:], "the time of the key is silence")
		require.Zero(t, c.Stats().Lost)
	})
	t.Run("SIP-08 INFO wakes the reader and is merged", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		p := newPeer(t, c.addr, 7)
		c.apply(p.remote())
		c.Digit('7')
		eventually(t, "the key of INFO", func() bool { return c.keys() == "7" })
		p.audio(1, 3)
		p.send(p.packet(101, event(3, true, 160)))
		eventually(t, "the key of RTP", func() bool { return c.keys() == "73" })
		c.Digit('3')
		c.Digit('#')
		eventually(t, "the key of INFO", func() bool { return c.keys() == "73#" })
	})
	t.Run("SIP-08 DTMF out", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		p := newPeer(t, c.addr, 7)
		r := p.remote()
		r.Events = 96
		c.apply(r)
		p.must()
		require.NoError(t, c.SendDigits("9#"))
		require.Error(t, c.SendDigits("x"))
		var events [][]byte
		seq, stamps := uint16(0), map[uint32]int{}
		for len(events) < 14 {
			in := p.must()
			if seq != 0 {
				require.Equal(t, seq+1, in.SequenceNumber, "one sequence for all")
			}
			seq = in.SequenceNumber
			if in.PayloadType == 96 {
				require.Equal(t, stamps[in.Timestamp] == 0, in.Marker)
				stamps[in.Timestamp]++
				events = append(events, in.Payload)
			}
		}
		require.Len(t, stamps, 2)
		require.Equal(t, event(9, false, 160), events[0])
		require.Equal(t, event(9, true, 800), events[6])
		require.Equal(t, event(11, true, 800), events[13])
		in := p.must()
		require.Equal(t, uint8(0), in.PayloadType)
		require.True(t, in.Marker)
	})
	t.Run("SIP-08 a peer without events", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		require.Error(t, c.SendDigits("1"))
		p := newPeer(t, c.addr, 7)
		r := p.remote()
		r.Events = rtp.NoEvents
		c.apply(r)
		require.Error(t, c.SendDigits("1"))
	})
}

func TestReinviteSIP02(t *testing.T) {
	t.Parallel()
	t.Run("SIP-02 our stream goes on over hold, resume, new port and new codec", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		p := newPeer(t, c.addr, 7)
		r := p.remote()
		c.apply(r)
		p.audio(1, 3)
		first := p.must()
		r.Send, r.Hold = false, true
		c.apply(r)
		p.drain()
		_, ok := p.read(150 * time.Millisecond)
		require.False(t, ok, "audio on hold")

		q := newPeer(t, c.addr, 8)
		r = q.remote()
		r.Codec, r.Events = rtp.PCMA, 97
		c.apply(r)
		in := q.must()
		require.Equal(t, first.SSRC, in.SSRC)
		require.Equal(t, uint8(8), in.PayloadType)
		require.True(t, in.Marker, "a gap lies before it")
		require.LessOrEqual(t, in.SequenceNumber-first.SequenceNumber, uint16(100), "no gap in the sequence")
		require.Greater(t, in.Timestamp-first.Timestamp, uint32(160*7), "the time of the hold has passed")
		require.Equal(t, bytes.Repeat([]byte{0xD5}, 160), in.Payload, "silence in A-law")

		before := len(c.heard())
		for range 5 {
			q.send(q.packet(8, bytes.Repeat([]byte{0xD5}, 160)))
		}
		eventually(t, "the new source is heard", func() bool { return len(c.heard()) >= before+5*160 })
		p.audio(1, 10)
		rejected := func() bool { return c.Stats().Rejected >= 10 }
		eventually(t, "the old source is not", rejected)
	})
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		codec   rtp.Codec
		format  audio.Format
		packet  time.Duration
		payload int
	}{
		{"SIP-08 PCMA to µ-law", rtp.PCMA, audio.Mulaw8k, 20 * time.Millisecond, 160},
		{"SIP-08 PCMU to 16 kHz", rtp.PCMU, audio.Linear16k, 20 * time.Millisecond, 160},
		{"G.722 at 16 kHz", rtp.G722, audio.Linear16k, 20 * time.Millisecond, 160},
		{"G.722 to µ-law", rtp.G722, audio.Mulaw8k, 20 * time.Millisecond, 160},
		{"SIP-08 maxptime 10", rtp.PCMU, audio.Mulaw8k, 10 * time.Millisecond, 80},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCall(t, func(c *rtp.Config) { c.Format = tt.format })
			p := newPeer(t, c.addr, 7)
			r := p.remote()
			r.Codec, r.Packet = tt.codec, tt.packet
			c.apply(r)
			in := p.must()
			next := p.must()
			require.Len(t, in.Payload, tt.payload)
			require.Equal(t, uint32(tt.payload), next.Timestamp-in.Timestamp)
			for range 10 {
				p.send(p.packet(tt.codec.PayloadType, tone(0xD5)))
			}
			eventually(t, "the audio", func() bool { return len(c.heard()) == 10*tt.format.FrameBytes() })
		})
	}
	for _, ms := range []int{10, 30, 60} {
		t.Run("SIP-08 ptime "+time.Duration(ms*1e6).String(), func(t *testing.T) {
			t.Parallel()
			c := newCall(t, nil)
			p := newPeer(t, c.addr, 7)
			c.apply(p.remote())
			var want []byte
			for i := range 10 {
				data := bytes.Repeat([]byte{byte(i)}, 8*ms)
				p.send(p.packet(0, data))
				p.time += uint32(8*ms) - 160
				want = append(want, data...)
			}
			eventually(t, "the audio", func() bool { return bytes.Equal(c.heard(), want) })
		})
	}
	_, err := rtp.New(rtp.Config{})
	require.Error(t, err)
}

func TestSilentPeer(t *testing.T) {
	t.Parallel()
	quick := func(c *rtp.Config) { c.FirstMedia, c.NextMedia = 300*time.Millisecond, 200*time.Millisecond }
	t.Run("never sends", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, quick)
		c.apply(newPeer(t, c.addr, 7).remote())
		require.ErrorIs(t, c.failure(), rtp.ErrTimeout)
	})
	t.Run("stops sending", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, quick)
		p := newPeer(t, c.addr, 7)
		c.apply(p.remote())
		p.audio(1, 5)
		require.ErrorIs(t, c.failure(), rtp.ErrTimeout)
		require.Len(t, c.heard(), 5*160)
	})
	t.Run("somebody else sends", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, quick)
		p, q := newPeer(t, c.addr, 7), newPeer(t, c.addr, 8)
		c.apply(p.remote())
		p.audio(1, 5)
		eventually(t, "the source", func() bool { return len(c.heard()) > 0 })
		for end := time.After(patience); ; q.audio(1, 1) {
			select {
			case <-c.ended:
				require.ErrorIs(t, c.failure(), rtp.ErrTimeout)
				return
			case <-end:
				require.FailNow(t, "packets of others keep the call")
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
	t.Run("is on hold", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, quick)
		r := newPeer(t, c.addr, 7).remote()
		r.Hold = true
		c.apply(r)
		select {
		case <-c.ended:
			require.FailNow(t, "a call on hold ended")
		case <-time.After(time.Second):
		}
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	c := newCall(t, nil)
	p := newPeer(t, c.addr, 7)
	c.apply(p.remote())
	p.audio(1, 3)
	eventually(t, "the source", func() bool { return len(c.heard()) > 0 })
	p.must()
	c.Close()
	c.Close()
	require.ErrorIs(t, c.failure(), net.ErrClosed)
	require.ErrorIs(t, c.Play(c.frame), net.ErrClosed)
	c.Digit('1')
	require.NotZero(t, c.Stats().Sent)
}

func TestSecureSIP08(t *testing.T) {
	t.Parallel()
	// secure joins two calls with keys.
	secure := func(a, b *call, ab, ba sdes.Key, at func(rtp.Remote) rtp.Remote) {
		remote := func(c *call, encrypt, decrypt sdes.Key) rtp.Remote {
			return at(rtp.Remote{
				Addr: c.addr, Control: c.addr, Trusted: true, Codec: rtp.PCMU, Events: 101,
				Packet: 20 * time.Millisecond, Send: true, Encrypt: encrypt, Decrypt: decrypt,
			})
		}
		a.apply(remote(b, ab, ba))
		b.apply(remote(a, ba, ab))
	}
	same := func(r rtp.Remote) rtp.Remote { return r }
	for _, s := range sdes.Suites() {
		t.Run("SIP-08 SRTP "+s.String(), func(t *testing.T) {
			t.Parallel()
			a, b := newCall(t, nil), newCall(t, nil)
			keys := []sdes.Key{sdes.NewKey(s), sdes.NewKey(s), sdes.NewKey(s)}
			secure(a, b, keys[0], keys[1], same)
			a.speak(tones(1, 20))
			b.speak(tones(101, 20))
			eventually(t, "both hear", func() bool {
				return bytes.Contains(a.spoken(), tones(101, 20)) && bytes.Contains(b.spoken(), tones(1, 20))
			})
			// A new key for one direction, as with a re-INVITE.
			secure(a, b, keys[2], keys[1], same)
			a.speak(tones(51, 20))
			eventually(t, "the new key", func() bool { return bytes.Contains(b.spoken(), tones(51, 20)) })
		})
	}
	t.Run("SIP-08 SRTP wrong key", func(t *testing.T) {
		t.Parallel()
		a, b := newCall(t, nil), newCall(t, nil)
		key := sdes.NewKey(sdes.GCM128)
		secure(a, b, key, key, func(r rtp.Remote) rtp.Remote {
			if r.Addr == a.addr { // what b knows of a
				r.Decrypt = sdes.NewKey(sdes.GCM128)
			}
			return r
		})
		require.ErrorIs(t, b.failure(), rtp.ErrKey)
		require.Empty(t, b.heard())
		require.NotZero(t, b.Stats().Unproven)
	})
	t.Run("SIP-08 SRTP plain packets are not heard", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		p := newPeer(t, c.addr, 7)
		r := p.remote()
		r.Encrypt, r.Decrypt = sdes.NewKey(sdes.AESCM), sdes.NewKey(sdes.AESCM)
		c.apply(r)
		p.audio(1, 5)
		eventually(t, "they are counted", func() bool { return c.Stats().Unproven == 5 })
		require.Empty(t, c.heard())
	})
}
