package twiliomedia

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wirejson"
)

const sid = "MZ18ad3ab5a668481ce02b83e7395059f0"

// The samples follow the vendor's page "Media Streams - WebSocket messages".
func TestFromPlatform(t *testing.T) {
	t.Parallel()
	start := &Start{
		StreamSID: sid, AccountSID: "AC1", CallSID: "CA1", Format: Mulaw,
		CustomParameters: map[string]string{"call": "call_1"},
	}
	tests := []struct {
		name, msg string
		want      Message
		fields    int64
	}{
		{
			name: "connected", msg: `{"event":"connected","protocol":"Call","version":"1.0.0"}`,
			want: Message{Kind: Connected, Sequence: -1, Chunk: -1, Timestamp: -1},
		},
		{
			name: "start",
			msg: `{"event":"start","sequenceNumber":"1","start":{"accountSid":"AC1","streamSid":"` + sid + `","callSid":"CA1",
				"tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},
				"customParameters":{"call":"call_1"}},"streamSid":"` + sid + `"}`,
			want: Message{Kind: Started, StreamSID: sid, Sequence: 1, Chunk: -1, Timestamp: -1, Start: start},
		},
		{
			name: "start, numbers the other way round",
			msg: `{"event":"start","sequenceNumber":1,"start":{"accountSid":"AC1","streamSid":"` + sid + `","callSid":"CA1",
				"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":"8000","channels":"1"},
				"customParameters":{"call":"call_1"}}}`,
			want: Message{Kind: Started, StreamSID: sid, Sequence: 1, Chunk: -1, Timestamp: -1, Start: start},
		},
		{
			name: "media",
			msg: `{"event":"media","sequenceNumber":"4","media":{"track":"inbound","chunk":"2","timestamp":"57",` +
				`"payload":"f/8A"},"streamSid":"` + sid + `"}`,
			want: Message{
				Kind: Media, StreamSID: sid, Sequence: 4, Chunk: 2, Timestamp: 57, Track: "inbound",
				Payload: []byte{0x7f, 0xff, 0},
			},
		},
		{
			name: "media, numbers, blanks, other order",
			msg: `{ "streamSid": "` + sid + `", "media": { "payload": "f/8A", "timestamp": 57, "chunk": 2, ` +
				`"track": "inbound" }, "sequenceNumber": 4, "event": "media" }`,
			want: Message{
				Kind: Media, StreamSID: sid, Sequence: 4, Chunk: 2, Timestamp: 57, Track: "inbound",
				Payload: []byte{0x7f, 0xff, 0},
			},
		},
		{
			name: "media, unknown fields and an escape",
			msg:  `{"event":"media","new":{"deep":[1]},"media":{"codec":"x","payload":"f\/8A"},"streamSid":"` + sid + `"}`,
			want: Message{
				Kind: Media, StreamSID: sid, Sequence: -1, Chunk: -1, Timestamp: -1, Payload: []byte{0x7f, 0xff, 0},
			},
			fields: 2,
		},
		{
			name: "dtmf",
			msg:  `{"event":"dtmf","streamSid":"` + sid + `","sequenceNumber":"5","dtmf":{"track":"inbound_track","digit":"1"}}`,
			want: Message{Kind: DTMF, StreamSID: sid, Sequence: 5, Chunk: -1, Timestamp: -1, Digit: "1"},
		},
		{
			name: "mark",
			msg:  `{"event":"mark","sequenceNumber":"4","streamSid":"` + sid + `","mark":{"name":"g1-7"}}`,
			want: Message{Kind: Mark, StreamSID: sid, Sequence: 4, Chunk: -1, Timestamp: -1, Name: "g1-7"},
		},
		{
			name: "stop",
			msg:  `{"event":"stop","sequenceNumber":"5","streamSid":"` + sid + `","stop":{"accountSid":"AC1","callSid":"CA1"}}`,
			want: Message{Kind: Stopped, StreamSID: sid, Sequence: 5, Chunk: -1, Timestamp: -1},
		},
		{
			name: "duplicate keys, the last counts",
			msg:  `{"event":"stop","event":"mark","streamSid":"` + sid + `","mark":{"name":"a","name":"b"}}`,
			want: Message{Kind: Mark, StreamSID: sid, Sequence: -1, Chunk: -1, Timestamp: -1, Name: "b"},
		},
		{
			name: "invalid UTF-8 in a name",
			msg:  `{"event":"mark","streamSid":"` + sid + `","mark":{"name":"` + "\xff" + `"}}`,
			want: Message{Kind: Mark, StreamSID: sid, Sequence: -1, Chunk: -1, Timestamp: -1, Name: "\ufffd"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var d Decoder
			var m Message
			d.FromPlatform([]byte(tt.msg), &m)
			require.Empty(t, cmp.Diff(tt.want, m))
			require.Equal(t, DecodeStats{UnknownFields: tt.fields}, d.Stats())
		})
	}
}

func TestFromPlatformUnusual(t *testing.T) {
	t.Parallel()
	media := func(timestamp, payload string) string {
		return `{"event":"media","streamSid":"` + sid + `","media":{"timestamp":` + timestamp + `,"payload":` + payload + `}}`
	}
	tests := []struct {
		name, msg string
		want      Kind
	}{
		{"unknown event", `{"event":"metrics","value":1}`, Unknown},
		{"event in capitals", `{"EVENT":"media"}`, Malformed},
		{"empty", ``, Malformed},
		{"null", `null`, Malformed},
		{"array", `[]`, Malformed},
		{"not JSON", `media`, Malformed},
		{"trailing data", `{"event":"connected"}{}`, Malformed},
		{"NUL", "\x00", Malformed},
		{"NUL in a string", `{"event":"mark","streamSid":"` + sid + `","mark":{"name":"` + "\x00" + `"}}`, Malformed},
		{"deep", strings.Repeat(`{"event":`, 30_000), Malformed},
		{"deep and closed", `{"event":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, Malformed},
		{"event is a number", `{"event":7}`, Malformed},
		{"negative timestamp", media(`"-1"`, `"AAAA"`), Malformed},
		{"negative number", media(`-1`, `"AAAA"`), Malformed},
		{"fraction", media(`1.5`, `"AAAA"`), Malformed},
		{"exponent", media(`1e3`, `"AAAA"`), Malformed},
		{"huge timestamp", media(`"99999999999999999999"`, `"AAAA"`), Malformed},
		{"empty number", media(`""`, `"AAAA"`), Malformed},
		{"bad base64", media(`1`, `"A*AA"`), Malformed},
		{"short base64", media(`1`, `"AAA"`), Malformed},
		{"URL base64", media(`1`, `"_-8A"`), Malformed},
		{"payload is a number", media(`1`, `1`), Malformed},
		{"payload missing", `{"event":"media","streamSid":"` + sid + `","media":{}}`, Malformed},
		{"media missing", `{"event":"media","streamSid":"` + sid + `"}`, Malformed},
		{"media is an array", `{"event":"media","streamSid":"` + sid + `","media":[]}`, Malformed},
		{"stream missing", `{"event":"media","media":{"payload":"AAAA"}}`, Malformed},
		{"start missing", `{"event":"start","streamSid":"` + sid + `"}`, Malformed},
		{"two streams", `{"event":"start","streamSid":"MZ1","start":{"streamSid":"MZ2","mediaFormat":{}}}`, Malformed},
		{"parameter is no string", `{"event":"start","streamSid":"MZ1","start":{"mediaFormat":{},` +
			`"customParameters":{"a":1}}}`, Malformed},
		{"too many parameters", `{"event":"start","streamSid":"MZ1","start":{"mediaFormat":{},"customParameters":{` +
			manyParameters(MaxParameters+1) + `}}}`, Malformed},
		{"parameters too long", `{"event":"start","streamSid":"MZ1","start":{"mediaFormat":{},"customParameters":{"a":"` +
			strings.Repeat("a", MaxParametersBytes) + `"}}}`, Malformed},
		{"most parameters", `{"event":"start","streamSid":"MZ1","start":{"mediaFormat":{},"customParameters":{` +
			manyParameters(MaxParameters) + `}}}`, Started},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var d Decoder
			var m Message
			d.FromPlatform([]byte(tt.msg), &m)
			require.Equal(t, tt.want, m.Kind, m.Problem)
			require.Equal(t, tt.want == Malformed, m.Problem != "")
			require.Equal(t, tt.want == Malformed, d.Stats().Malformed == 1)
			require.Equal(t, tt.want == Unknown, d.Stats().UnknownEvents == 1)
		})
	}
}

func manyParameters(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"p` + strings.Repeat("x", i) + `":""`)
	}
	return b.String()
}

// The platform insists on exact shapes; anything else is warning 31951 there.
func TestFromGateway(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, msg string
		want      Kind
	}{
		{"media", `{"event":"media","streamSid":"MZ1","media":{"payload":"AAAA"}}`, Media},
		{"media, escaped", `{"event":"media","streamSid":"MZ1","media":{"payload":"\u0041AAA"}}`, Media},
		{"mark", `{"event":"mark","streamSid":"MZ1","mark":{"name":"a"}}`, Mark},
		{"clear", `{"event":"clear","streamSid":"MZ1"}`, Clear},
		{"media with a track", `{"event":"media","streamSid":"MZ1","media":{"track":"inbound","payload":"AAAA"}}`, Malformed},
		{"media with a sequence number", `{"event":"media","sequenceNumber":"1","streamSid":"MZ1",` +
			`"media":{"payload":"AAAA"}}`, Malformed},
		{"empty payload", `{"event":"media","streamSid":"MZ1","media":{"payload":""}}`, Malformed},
		{"mark without a name", `{"event":"mark","streamSid":"MZ1","mark":{}}`, Malformed},
		{"mark with an empty name", `{"event":"mark","streamSid":"MZ1","mark":{"name":""}}`, Malformed},
		{"clear with more", `{"event":"clear","streamSid":"MZ1","x":null}`, Malformed},
		{"clear without a stream", `{"event":"clear"}`, Malformed},
		{"start", `{"event":"start","streamSid":"MZ1"}`, Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var d Decoder
			var m Message
			d.FromGateway([]byte(tt.msg), &m)
			require.Equal(t, tt.want, m.Kind, m.Problem)
		})
	}
}

// FuzzDecode compares the scanner with encoding/json: whatever the scanner
// accepts must decode to the same message without it.
func FuzzDecode(f *testing.F) {
	f.Add(AppendInbound(nil, sid, 4, 2, 57, []byte{1, 2, 3}))
	f.Add(AppendMedia(nil, sid, []byte{1, 2, 3}))
	f.Add(AppendStart(nil, 1, &Start{StreamSID: sid, Format: Mulaw, CustomParameters: map[string]string{"a": "<&>"}}))
	f.Add(AppendPlayed(nil, sid, 5, "g1-1"))
	f.Add([]byte(`{"event":"mark","streamSid":"a","mark":{"name":"a","name":"b"},"media":{"payload":"AAAA"}}`))
	f.Add([]byte(`{"event":"media","streamSid":"a","mark":{"name":""},"media":{"payload":"AAAA"}}`))
	f.Add(AppendDTMF(nil, sid, 5, "#"))
	f.Add(AppendClear(nil, sid))
	f.Add(Snake.AppendInbound(nil, sid, 4, 2, 57, []byte{1, 2, 3}))
	f.Add(Snake.AppendStart(nil, 1, &Start{StreamSID: sid, Format: Mulaw}))
	f.Add(Snake.AppendTransfer(nil, sid, Handover{Reason: "user_requested"}))
	f.Add([]byte(`{"event":"mark","stream_sid":"a","streamSid":"b","mark":{"name":"a"}}`))
	f.Add([]byte(`{ "event" : "media" , "streamSid" : "a", "media":{"chunk":1,"timestamp":"007","payload":"AAA="}}`))
	f.Add([]byte(`{"event":"media","event":"media","streamSid":"\u0061","media":{"payload":"AA\n=="}}`))
	f.Fuzz(func(t *testing.T, msg []byte) {
		compare := func(
			variants bool, decode func(*Decoder, []byte, *Message), event func(*wirejson.Fields, *Message) []byte,
		) {
			fast, slow := Decoder{Variants: variants}, Decoder{Variants: variants}
			var got, want Message
			decode(&fast, msg, &got)
			slow.slow(msg, &want, event)
			require.Empty(t, cmp.Diff(want, got, cmp.Comparer(func(a, b []byte) bool { return string(a) == string(b) })))
			require.Equal(t, slow.Stats(), fast.Stats())
		}
		for _, variants := range []bool{false, true} {
			compare(variants, (*Decoder).FromPlatform, platformEvent)
			compare(variants, (*Decoder).FromGateway, gatewayEvent)
		}
	})
}
