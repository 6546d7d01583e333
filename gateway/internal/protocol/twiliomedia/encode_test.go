package twiliomedia

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// Exact bytes: the platform refuses a missing and an additional field.
func TestEncode(t *testing.T) {
	t.Parallel()
	stream := &Start{StreamSID: "MZ1", AccountSID: "AC1", CallSID: "CA1", Format: Mulaw}
	tests := []struct{ name, want, got string }{
		{
			"media", `{"event":"media","streamSid":"MZ1","media":{"payload":"f/8A"}}`,
			string(AppendMedia(nil, "MZ1", []byte{0x7f, 0xff, 0})),
		},
		{"mark", `{"event":"mark","streamSid":"MZ1","mark":{"name":"g1-7"}}`, string(AppendMark(nil, "MZ1", "g1-7"))},
		{
			"mark, escaped", `{"event":"mark","streamSid":"MZ1","mark":{"name":"a\"b\\é\u0000"}}`,
			string(AppendMark(nil, "MZ1", "a\"b\\é\x00")),
		},
		{"clear", `{"event":"clear","streamSid":"MZ1"}`, string(AppendClear(nil, "MZ1"))},
		{"connected", `{"event":"connected","protocol":"Call","version":"1.0.0"}`, string(AppendConnected(nil))},
		{"start", `{"event":"start","sequenceNumber":"1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA1",` +
			`"tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},` +
			`"customParameters":{}},"streamSid":"MZ1"}`, string(AppendStart(nil, 1, stream))},
		{"inbound media", `{"event":"media","sequenceNumber":"2","media":{"track":"inbound","chunk":"1","timestamp":"20",` +
			`"payload":"f/8A"},"streamSid":"MZ1"}`, string(AppendInbound(nil, "MZ1", 2, 1, 20, []byte{0x7f, 0xff, 0}))},
		{
			"dtmf", `{"event":"dtmf","streamSid":"MZ1","sequenceNumber":"3","dtmf":{"track":"inbound_track","digit":"#"}}`,
			string(AppendDTMF(nil, "MZ1", 3, "#")),
		},
		{
			"played", `{"event":"mark","sequenceNumber":"4","streamSid":"MZ1","mark":{"name":"g1-7"}}`,
			string(AppendPlayed(nil, "MZ1", 4, "g1-7")),
		},
		{
			"stop", `{"event":"stop","sequenceNumber":"5","streamSid":"MZ1","stop":{"accountSid":"AC1","callSid":"CA1"}}`,
			string(AppendStop(nil, 5, stream)),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, tt.got)
		})
	}
}

// What one role encodes, the other decodes.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	stream := &Start{
		StreamSID: "MZ1", AccountSID: "AC1", CallSID: "CA1", Format: Mulaw,
		CustomParameters: map[string]string{"a": `<"&'é>`},
	}
	var d Decoder
	var m Message
	d.FromPlatform(AppendStart(nil, 1, stream), &m)
	require.Empty(t, cmp.Diff(stream, m.Start))

	audio := make([]byte, 1600)
	for i := range audio {
		audio[i] = byte(i)
	}
	d.FromPlatform(AppendInbound(nil, "MZ1", 2, 1, 0, audio), &m)
	require.Equal(t, audio, m.Payload)
	d.FromGateway(AppendMedia(nil, "MZ1", audio), &m)
	require.Equal(t, audio, m.Payload)
	d.FromGateway(AppendMark(nil, "MZ1", "é\n"), &m)
	require.Equal(t, "é\n", m.Name)
	require.Zero(t, d.Stats())
}

func TestMediaDoesNotAllocate(t *testing.T) {
	var d Decoder
	var m Message
	audio := make([]byte, 160)
	in := AppendInbound(nil, sid, 2, 1, 0, audio)
	out := AppendMedia(nil, sid, audio)
	d.FromPlatform(in, &m) // grows the buffers
	require.Zero(t, testing.AllocsPerRun(100, func() {
		d.FromPlatform(in, &m)
		out = AppendMedia(out[:0], sid, m.Payload)
		d.FromGateway(out, &m)
		in = AppendInbound(in[:0], sid, 2, 1, 0, m.Payload)
	}))
}

func BenchmarkDecodeMedia(b *testing.B) {
	var d Decoder
	var m Message
	msg := AppendInbound(nil, sid, 2, 1, 0, make([]byte, 160))
	b.ReportAllocs()
	for b.Loop() {
		d.FromPlatform(msg, &m)
	}
}

func BenchmarkDecodeMark(b *testing.B) {
	var d Decoder
	var m Message
	msg := AppendPlayed(nil, sid, 2, "g1-17")
	b.ReportAllocs()
	for b.Loop() {
		d.FromPlatform(msg, &m)
	}
}

func BenchmarkEncodeMedia(b *testing.B) {
	audio := make([]byte, 160)
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendMedia(dst[:0], sid, audio)
	}
}
