package audiocodes

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wirejson"
)

func TestFromPlatform(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, msg string
		want      Message
	}{
		{
			"initiate", `{"type":"session.initiate","conversationId":"c1","caller":"+49301","expectAudioMessages":true,` +
				`"supportedMediaFormats":["raw/lpcm8","raw/lpcm16"],"botName":"b","participant":"caller","new":{"deep":[]}}`,
			Message{Kind: Initiate, ConversationID: "c1", Participant: "caller", Initiate: &Session{
				Caller: "+49301", BotName: "b", Formats: []string{"raw/lpcm8", "raw/lpcm16"},
			}},
		},
		{"resume", `{"type":"session.resume","conversationId":"c1"}`, Message{Kind: Resume, ConversationID: "c1"}},
		{
			"end", `{"type":"session.end","conversationId":"c1","reasonCode":7,"reason":"Client Disconnected"}`,
			Message{Kind: End, ReasonCode: "7", Reason: "Client Disconnected"},
		},
		{"user start", `{"type":"userStream.start","participant":"caller"}`, Message{Kind: UserStart, Participant: "caller"}},
		{"user stop", `{"type":"userStream.stop"}`, Message{Kind: UserStop}},
		{
			"chunk", `{"type":"userStream.chunk","participant":"caller","audioChunk":"f/8A"}`,
			Message{Kind: UserChunk, Participant: "caller", Audio: []byte{0x7f, 0xff, 0}},
		},
		{
			"chunk with an escape and a new field", `{"type":"userStream.chunk","x":1,"audioChunk":"f\/8A"}`,
			Message{Kind: UserChunk, Audio: []byte{0x7f, 0xff, 0}},
		},
		{
			"activities", `{"type":"activities","activities":[
				{"type":"event","name":"start","id":"1","timestamp":"t","parameters":{"callee":"+49302","n":5,"o":{}}},
				{"type":"event","name":"DTMF","value":5},{"type":"message","text":"hello"}]}`,
			Message{Kind: Activities, Activities: []Activity{
				{Type: "event", Name: "start", Parameters: map[string]string{"callee": "+49302", "n": "5"}},
				{Type: "event", Name: "DTMF", Value: "5"},
				{Type: "message", Text: "hello"},
			}},
		},
		{"validate", `{"type":"connection.validate"}`, Message{Kind: Validate}},
		{"unknown", `{"type":"userStream.speech.new"}`, Message{}},
		{"of the other end", `{"type":"session.accepted","mediaFormat":"raw/lpcm16"}`, Message{}},
		{"no type", `{"event":"start"}`, Message{Kind: Malformed, Problem: "type is missing"}},
		{"no conversation", `{"type":"session.initiate"}`, Message{Kind: Malformed, Problem: "conversationId is missing"}},
		{
			"not base64", `{"type":"userStream.chunk","audioChunk":"A*"}`,
			Message{Kind: Malformed, Problem: "audioChunk is not base64"},
		},
		{"no audio", `{"type":"userStream.chunk"}`, Message{Kind: Malformed, Problem: "audioChunk is missing"}},
		{"deep", strings.Repeat(`{"type":`, 30_000), Message{Kind: Malformed, Problem: "not a JSON object"}},
		{
			"duplicate keys, the last counts", `{"type":"a","type":"session.resume","conversationId":"1","conversationId":"2"}`,
			Message{Kind: Resume, ConversationID: "2"},
		},
		{
			"too many activities", `{"type":"activities","activities":[` + strings.Repeat(`{},`, MaxActivities) + `{}]}`,
			Message{Kind: Malformed, Problem: "activities are not at most 32 objects"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var d Decoder
			var m Message
			d.FromPlatform([]byte(tt.msg), &m)
			require.Empty(t, cmp.Diff(tt.want, m, cmpopts.EquateEmpty()))
			require.Equal(t, tt.want.Kind == Malformed, d.Stats().Malformed == 1)
			require.Equal(t, tt.want.Kind == Unknown, d.Stats().UnknownTypes == 1)
		})
	}
}

// Exact bytes of every message, and what the other end makes of it.
func TestEncode(t *testing.T) {
	t.Parallel()
	transfer := Activity{Type: ActivityEvent, Name: EventTransfer, Params: map[string]string{
		ParamTarget: "+49301", ParamReason: "user_requested",
	}}
	for _, tt := range []struct {
		want   string
		got    []byte
		decode func(*Decoder, []byte, *Message)
		means  Message
	}{
		{
			`{"type":"session.accepted","mediaFormat":"raw/lpcm16"}`, AppendAccepted(nil, Linear16),
			(*Decoder).FromGateway,
			Message{Kind: Accepted, Format: Linear16},
		},
		{
			`{"type":"session.error","reason":"no \"format\""}`, AppendRefused(nil, `no "format"`),
			(*Decoder).FromGateway,
			Message{Kind: Refused, Reason: `no "format"`},
		},
		{
			`{"type":"connection.validated","success":true}`, AppendValidated(nil),
			(*Decoder).FromGateway,
			Message{Kind: Validated},
		},
		{
			`{"type":"userStream.started","participant":"caller"}`, AppendUser(nil, UserStarted, "caller"),
			(*Decoder).FromGateway,
			Message{Kind: UserStarted, Participant: "caller"},
		},
		{
			`{"type":"userStream.stopped"}`, AppendUser(nil, UserStopped, ""),
			(*Decoder).FromGateway,
			Message{Kind: UserStopped},
		},
		{
			`{"type":"playStream.start","streamId":"1","mediaFormat":"raw/lpcm16_24"}`, AppendPlayStart(nil, "1", Linear24),
			(*Decoder).FromGateway,
			Message{Kind: PlayStart, StreamID: "1", Format: Linear24},
		},
		{
			`{"type":"playStream.chunk","streamId":"1","audioChunk":"f/8A"}`, AppendPlayChunk(nil, "1", []byte{0x7f, 0xff, 0}),
			(*Decoder).FromGateway,
			Message{Kind: PlayChunk, StreamID: "1", Audio: []byte{0x7f, 0xff, 0}},
		},
		{
			`{"type":"playStream.stop","streamId":"1"}`, AppendPlayStop(nil, "1"),
			(*Decoder).FromGateway,
			Message{Kind: PlayStop, StreamID: "1"},
		},
		{
			`{"type":"activities","activities":[{"type":"event","name":"transfer",` +
				`"activityParams":{"handoverReason":"user_requested","transferTarget":"+49301"}}]}`, AppendEvent(nil, transfer),
			(*Decoder).FromGateway,
			Message{Kind: Activities, Activities: []Activity{transfer}},
		},
		{
			`{"type":"session.initiate","conversationId":"c1","caller":"+49301","expectAudioMessages":true,` +
				`"supportedMediaFormats":["raw/lpcm16","raw/lpcm16_24"]}`,
			AppendInitiate(nil, "c1", Session{Caller: "+49301", Formats: []string{Linear16, Linear24}}),
			(*Decoder).FromPlatform,
			Message{Kind: Initiate, ConversationID: "c1", Initiate: &Session{
				Caller: "+49301", Formats: []string{Linear16, Linear24},
			}},
		},
		{
			`{"type":"session.resume","conversationId":"c1"}`, AppendResume(nil, "c1"),
			(*Decoder).FromPlatform,
			Message{Kind: Resume, ConversationID: "c1"},
		},
		{
			`{"type":"session.end","reasonCode":"1","reason":"gone"}`, AppendEnd(nil, "1", "gone"),
			(*Decoder).FromPlatform,
			Message{Kind: End, ReasonCode: "1", Reason: "gone"},
		},
		{
			`{"type":"userStream.chunk","participant":"p","audioChunk":"AAA="}`, AppendUserChunk(nil, "p", []byte{0, 0}),
			(*Decoder).FromPlatform,
			Message{Kind: UserChunk, Participant: "p", Audio: []byte{0, 0}},
		},
		{`{"type":"connection.validate"}`, AppendValidate(nil), (*Decoder).FromPlatform, Message{Kind: Validate}},
		{
			`{"type":"activities","activities":[{"type":"event","name":"dtmf","value":"#"}]}`,
			AppendEvent(nil, Activity{Name: EventDTMF, Value: "#"}), (*Decoder).FromPlatform,
			Message{Kind: Activities, Activities: []Activity{{Type: ActivityEvent, Name: EventDTMF, Value: "#"}}},
		},
	} {
		t.Run(tt.means.Kind.String(), func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, string(tt.got))
			var d Decoder
			var m Message
			tt.decode(&d, tt.got, &m)
			require.Empty(t, cmp.Diff(tt.means, m, cmpopts.EquateEmpty()))
		})
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	name, f, ok := Choose([]string{"raw/lpcm8", Linear24, Linear16})
	require.True(t, ok)
	require.Equal(t, Linear24, name)
	require.Equal(t, audio.Format{Codec: audio.L16, Rate: 24000}, f)
	_, _, ok = Choose([]string{"wav/mulaw"})
	require.False(t, ok)
}

func TestAudioDoesNotAllocate(t *testing.T) {
	var d Decoder
	var m Message
	sound := make([]byte, 640)
	in, out := AppendUserChunk(nil, "caller", sound), AppendPlayChunk(nil, "1", sound)
	d.FromPlatform(in, &m) // grows the buffer
	require.Zero(t, testing.AllocsPerRun(100, func() {
		d.FromPlatform(in, &m)
		out = AppendPlayChunk(out[:0], "1", m.Audio)
	}))
}

// FuzzDecode: whatever the scanner accepts decodes to the same message without
// it.
func FuzzDecode(f *testing.F) {
	f.Add(AppendUserChunk(nil, "caller", []byte{1, 2}))
	f.Add(AppendPlayChunk(nil, "1", []byte{1, 2}))
	f.Add(AppendInitiate(nil, "c1", Session{Caller: "+1", Formats: []string{Linear16}}))
	f.Add(AppendEvent(nil, Activity{Name: EventDTMF, Value: "#"}))
	f.Add([]byte(`{"type":"playStream.chunk","streamId":"","audioChunk":""}`))
	f.Add([]byte(`{"type":"userStream.chunk","audioChunk":"","audioChunk":"AA=="}`))
	f.Fuzz(func(t *testing.T, msg []byte) {
		for _, side := range []struct {
			decode func(*Decoder, []byte, *Message)
			read   func(*wirejson.Fields, *Message) string
		}{{(*Decoder).FromPlatform, platformMessage}, {(*Decoder).FromGateway, gatewayMessage}} {
			var fast, slow Decoder
			var got, want Message
			side.decode(&fast, msg, &got)
			slow.slow(msg, &want, side.read)
			require.Empty(t, cmp.Diff(want, got, cmpopts.EquateEmpty()))
			require.Equal(t, slow.Stats(), fast.Stats())
		}
	})
}

func BenchmarkDecodeChunk(b *testing.B) {
	var d Decoder
	var m Message
	msg := AppendUserChunk(nil, "caller", make([]byte, 640))
	b.ReportAllocs()
	for b.Loop() {
		d.FromPlatform(msg, &m)
	}
}
