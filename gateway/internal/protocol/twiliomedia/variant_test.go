package twiliomedia

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// Names in snake_case mean the same, and the start says how to answer.
func TestVariants(t *testing.T) {
	t.Parallel()
	d := Decoder{Variants: true}
	var m Message
	for _, tt := range []struct {
		name, msg string
		want      Message
	}{
		{
			name: "start of Exotel",
			msg: `{"event":"start","sequence_number":1,"stream_sid":"s1","start":{"stream_sid":"s1","call_sid":"c1",
				"account_sid":"a1","from":"+49301","to":"+49302","custom_parameters":{"k":"v"},
				"media_format":{"encoding":"audio/x-l16","sample_rate":"8000","channels":"1"}}}`,
			want: Message{Kind: Started, StreamSID: "s1", Sequence: 1, Start: &Start{
				StreamSID: "s1", CallSID: "c1", AccountSID: "a1", From: "+49301", To: "+49302", Spelling: Snake,
				CustomParameters: map[string]string{"k": "v"}, Format: MediaFormat{"audio/x-l16", 8000, 1},
			}},
		},
		{
			name: "start without a format",
			msg:  `{"event":"start","streamSid":"s1","start":{"callSid":"c1"}}`,
			want: Message{Kind: Started, StreamSID: "s1", Sequence: Absent, Start: &Start{
				StreamSID: "s1", CallSID: "c1", Format: Mulaw,
			}},
		},
		{
			name: "media",
			msg: `{"event":"media","sequence_number":2,"stream_sid":"s1","media":{"chunk":"7","timestamp":"9",` +
				`"payload":"AAA="}}`,
			want: Message{Kind: Media, StreamSID: "s1", Sequence: 2, Chunk: 7, Timestamp: 9, Payload: []byte{0, 0}},
		},
	} {
		d.FromPlatform([]byte(tt.msg), &m)
		if tt.want.Kind != Media {
			tt.want.Chunk, tt.want.Timestamp = Absent, Absent
		}
		require.Empty(t, cmp.Diff(tt.want, m), tt.name)
	}
	require.Zero(t, d.Stats())

	var strict Decoder
	for _, msg := range []string{
		`{"event":"media","stream_sid":"s1","media":{"payload":"AAA="}}`,
		`{"event":"start","streamSid":"s1","start":{"callSid":"c1"}}`,
	} {
		strict.FromPlatform([]byte(msg), &m)
		require.Equal(t, Malformed, m.Kind, "Twilio writes neither")
	}
}

func TestVariantsRoundTrip(t *testing.T) {
	t.Parallel()
	d := Decoder{Variants: true}
	var m Message
	start := &Start{
		StreamSID: "s1", AccountSID: "a1", CallSID: "c1", Format: MediaFormat{"audio/x-l16", 16000, 1},
		CustomParameters: map[string]string{"k": "v"}, Spelling: Snake,
	}
	d.FromPlatform(Snake.AppendStart(nil, 1, start), &m)
	require.Empty(t, cmp.Diff(start, m.Start))
	d.FromPlatform(Snake.AppendDTMF(nil, "s1", 2, "#"), &m)
	require.Equal(t, "#", m.Digit)
	d.FromPlatform(Snake.AppendPlayed(nil, "s1", 3, "g1-1"), &m)
	require.Equal(t, Mark, m.Kind)
	d.FromPlatform(Snake.AppendStop(nil, 4, start), &m)
	require.Equal(t, Stopped, m.Kind)
	require.Zero(t, d.Stats())

	hand := Handover{Reason: "user_requested", Target: "+49301", Attributes: map[string]string{"a": "b\r\n"}}
	for _, s := range []Spelling{Camel, Snake} {
		d.FromGateway(s.AppendTransfer(nil, "s1", hand), &m)
		require.Empty(t, cmp.Diff(&hand, m.Transfer))
		require.Equal(t, "s1", m.StreamSID)
		d.FromGateway(s.AppendMedia(nil, "s1", []byte{1, 2}), &m)
		require.Equal(t, []byte{1, 2}, m.Payload)
	}
	for _, exact := range []struct{ want, got string }{
		{
			`{"event":"transfer","streamSid":"s1","transfer":{"reason":"max_call_duration","target":"","attributes":{}}}`,
			string(Camel.AppendTransfer(nil, "s1", Handover{Reason: "max_call_duration"})),
		},
		{`{"event":"clear","stream_sid":"s1"}`, string(Snake.AppendClear(nil, "s1"))},
	} {
		require.Equal(t, exact.want, exact.got)
	}

	var strict Decoder
	strict.FromGateway(Camel.AppendTransfer(nil, "s1", hand), &m)
	require.Equal(t, Unknown, m.Kind, "Twilio has no such message")
}
