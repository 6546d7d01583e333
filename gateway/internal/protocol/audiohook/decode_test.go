package audiohook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
)

const session = "30b0e395-84d3-4570-ac13-9a62d8f514c0"

// serverDecoder is what the gateway reads with; it has sent a number of
// messages.
func serverDecoder(sent int64) *decoder {
	return &decoder{id: session, peer: peerServer, kinds: fromClient, sent: func() int64 { return sent }}
}

func clientDecoder(sent int64) *decoder {
	return &decoder{id: session, peer: peerClient, kinds: fromServer, sent: func() int64 { return sent }}
}

// message is a message of the client as JavaScript writes it.
func message(kind string, seq int, parameters string) string {
	return fmt.Sprintf(`{"version":"2","id":%q,"type":%q,"seq":%d,"serverseq":0,"position":"PT0S","parameters":%s}`,
		session, kind, seq, parameters)
}

const goodOpen = `{"organizationId":"d7934305-0972-4844-938e-9060eef73d05",` +
	`"conversationId":"090eaa2f-72fa-480a-83e0-8667ff89c0ec",` +
	`"participant":{"id":"883efee8-3d6c-4537-b500-6d7ca4b92fa0",` +
	`"ani":"tel:+15105550100","aniName":"Jane","dnis":"+18885550199"},` +
	`"media":[{"type":"audio","format":"PCMU","channels":["external"],"rate":8000}],"language":"en-US"}`

func TestClientMessages(t *testing.T) {
	t.Parallel()
	opened := &OpenParameters{
		OrganizationID: "d7934305-0972-4844-938e-9060eef73d05", ConversationID: "090eaa2f-72fa-480a-83e0-8667ff89c0ec",
		Participant: Participant{
			ID: "883efee8-3d6c-4537-b500-6d7ca4b92fa0", ANI: "tel:+15105550100", ANIName: "Jane", DNIS: "+18885550199",
		},
		Media: []Media{Offer(FormatPCMU, ChannelExternal)}, Language: "en-US", Input: map[string]string{},
	}
	for _, tt := range []struct {
		name, kind, parameters string
		want                   Message
		stats                  Stats
	}{
		{name: "open", kind: "open", parameters: goodOpen, want: Message{Kind: Open, Open: opened}},
		{name: "ping", kind: "ping", parameters: `{"rtt":"PT0.0123S"}`, want: Message{Kind: Ping}},
		{name: "close", kind: "close", parameters: `{"reason":"end"}`, want: Message{Kind: Close, Reason: ReasonEnd}},
		{name: "close without a reason", kind: "close", parameters: `{}`, want: Message{Kind: Close}},
		{
			name: "discarded", kind: "discarded", parameters: `{"start":"PT1.5S","discarded":"PT2S"}`,
			want: Message{Kind: Discarded, Start: 1500 * time.Millisecond, Discarded: 2 * time.Second},
		},
		{
			name: "discarded, garbage", kind: "discarded", parameters: `{"start":"1.5","discarded":7}`,
			want: Message{Kind: Discarded}, stats: Stats{Malformed: 2},
		},
		{name: "paused", kind: "paused", parameters: `{}`, want: Message{Kind: Paused}},
		{
			name: "resumed", kind: "resumed", parameters: `{"start":"PT.5S","discarded":"PT0S"}`,
			want: Message{Kind: Resumed, Start: 500 * time.Millisecond},
		},
		{name: "update", kind: "update", parameters: `{"language":"de-DE"}`, want: Message{Kind: Update, Language: "de-DE"}},
		{
			name: "error", kind: "error", parameters: `{"code":429,"message":"slow down","retryAfter":"PT3S"}`,
			want: Message{Kind: Error, Code: 429, Text: "slow down", RetryAfter: 3 * time.Second},
		},
		{
			name: "error without retryAfter", kind: "error", parameters: `{"code":"500","message":null}`,
			want: Message{Kind: Error}, stats: Stats{Malformed: 1},
		},
		{name: "dtmf", kind: "dtmf", parameters: `{"digit":"#"}`, want: Message{Kind: DTMF, Digit: "#"}},
		{name: "dtmf, a number", kind: "dtmf", parameters: `{"digit":5}`, want: Message{Kind: DTMF}},
		{name: "playback_started", kind: "playback_started", parameters: `{}`, want: Message{Kind: PlaybackStarted}},
		{name: "playback_completed", kind: "playback_completed", parameters: `{}`, want: Message{Kind: PlaybackCompleted}},
		{name: "unknown", kind: "video_started", parameters: `{"a":[]}`, stats: Stats{UnknownTypes: 1}},
		{
			name: "unknown member", kind: "ping", parameters: `{"jitter":1}`,
			want: Message{Kind: Ping}, stats: Stats{UnknownFields: 1},
		},
		{name: "parameters of another type", kind: "ping", parameters: `[1]`, want: Message{Kind: Ping}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := serverDecoder(0)
			var got Message
			d.decode([]byte(message(tt.kind, 1, tt.parameters)), &got)
			tt.want.Seq = 1
			require.Empty(t, cmp.Diff(tt.want, got, cmpopts.IgnoreUnexported(Media{})))
			require.Equal(t, tt.stats, d.stats)
		})
	}
}

func TestEnvelope(t *testing.T) {
	t.Parallel()
	good := func(change ...string) string {
		return strings.NewReplacer(change...).Replace(message("ping", 1, `{}`))
	}
	for _, tt := range []struct{ name, text, problem string }{
		{"good", good(), ""},
		{"GA-12 seq 0", good(`"seq":1`, `"seq":0`), "seq is not the next number"},
		{"GA-12 seq 2", good(`"seq":1`, `"seq":2`), "seq is not the next number"},
		{"GA-12 seq 2^53", good(`"seq":1`, `"seq":9007199254740992`), "seq is not a whole number"},
		{"GA-12 seq 2^53-1", good(`"seq":1`, `"seq":9007199254740991`), "seq is not the next number"},
		{"GA-12 seq a string", good(`"seq":1`, `"seq":"1"`), "seq is not a whole number"},
		{"GA-12 seq negative", good(`"seq":1`, `"seq":-1`), "seq is not a whole number"},
		{"GA-12 seq a fraction", good(`"seq":1`, `"seq":1.5`), "seq is not a whole number"},
		{"GA-12 seq absent", good(`"seq":1,`, ``), "seq is not a whole number"},
		{"GA-12 serverseq ahead", good(`"serverseq":0`, `"serverseq":1`), "serverseq is ahead of what was sent"},
		{"GA-12 serverseq a string", good(`"serverseq":0`, `"serverseq":"0"`), "serverseq is not a whole number"},
		{"GA-12 version 1", good(`"version":"2"`, `"version":"1"`), `version is not "2"`},
		{"GA-12 version a number", good(`"version":"2"`, `"version":2`), `version is not "2"`},
		{"GA-12 another id", good(session, "00000000-0000-0000-0000-000000000000"), "id is not that of the session"},
		{"no type", good(`"type":"ping",`, ``), "type is missing"},
		{"GA-13 no parameters", good(`,"parameters":{}`, ``), ""},
		{"GA-13 null parameters", good(`"parameters":{}`, `"parameters":null`), ""},
		{"GA-13 unknown member", good(`"seq"`, `"trace":{"a":[1]},"seq"`), ""},
		{"GA-13 garbage position", good(`"PT0S"`, `"three"`), ""},
		{"GA-13 position a number", good(`"PT0S"`, `3`), ""},
		{"GA-13 no position", good(`"position":"PT0S",`, ``), ""},
		{"names are exact", good(`"seq"`, `"SEQ"`), "seq is not a whole number"},
		{"GA-25 duplicate member", good(`"seq":1`, `"seq":7,"seq":1`), problemDuplicate},
		{"GA-25 duplicate member inside", good(`{}`, `{"a":{"b":1,"b":2}}`), problemDuplicate},
		{"GA-25 same name in two objects", good(`{}`, `{"a":{"b":1},"c":[{"b":1},{"b":2}],"b":3}`), ""},
		{"GA-25 10,000 levels", good(`{}`, strings.Repeat(`{"a":`, 10_000)+"1"+strings.Repeat("}", 10_000)), problemDepth},
		{"GA-25 64 KiB of brackets", strings.Repeat("[", MaxText), problemObject},
		{"GA-25 brackets inside", `{"a":` + strings.Repeat("[", MaxText-8), problemDepth},
		{"32 levels", good(`{}`, strings.Repeat(`{"a":`, 30)+"{}"+strings.Repeat("}", 30)), ""},
		{"33 levels", good(`{}`, strings.Repeat(`{"a":`, 31)+"{}"+strings.Repeat("}", 31)), problemDepth},
		{"GA-25 invalid UTF-8", good(`ping`, "pi\xffng"), problemUTF8},
		{"GA-25 NUL", good(`ping`, "pi\x00ng"), problemObject},
		{"an array", `[]`, problemObject},
		{"two objects", `{}{}`, problemObject},
		{"cut off", `{"version":"2"`, problemObject},
		{"nothing", ``, problemObject},
		{"a number", `7`, problemObject},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var m Message
			d := serverDecoder(0)
			d.decode([]byte(tt.text), &m)
			require.Equal(t, tt.problem, m.Problem)
			require.Equal(t, tt.problem != "", m.Kind == Violation)
			require.Equal(t, tt.problem == problemUTF8, m.Invalid)
		})
	}
}

func TestSequence(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		seqs []int
	}{
		{"GA-12 gap", []int{1, 2, 4}},
		{"GA-12 repeat", []int{1, 2, 2}},
		{"GA-12 decrease", []int{1, 2, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := serverDecoder(0)
			var m Message
			for _, seq := range tt.seqs[:2] {
				d.decode([]byte(message("ping", seq, `{}`)), &m)
				require.Equal(t, Ping, m.Kind)
			}
			d.decode([]byte(message("ping", tt.seqs[2], `{}`)), &m)
			require.Equal(t, Violation, m.Kind)
			// After that only a polite end matters.
			d.decode([]byte(message("close", 99, `{}`)), &m)
			require.Equal(t, Close, m.Kind)
		})
	}
}

func TestOpenParameters(t *testing.T) {
	t.Parallel()
	change := func(changes ...string) string { return strings.NewReplacer(changes...).Replace(goodOpen) }
	end := `"language":"en-US"}`
	big := `,"inputVariables":{"a":"` + strings.Repeat("x", 40_000) + `","b":"c"}}`
	var many []string
	for i := range 70 {
		many = append(many, fmt.Sprintf(`"v%02d":"x"`, i))
	}
	for _, tt := range []struct {
		name, parameters string
		problem          string
		input            map[string]string
		dropped          int
	}{
		{"good", goodOpen, "", map[string]string{}, 0},
		{"no organisation", change("organizationId", "organisation"), "organizationId is not a string", nil, 0},
		{
			"conversation a number", change(`"090eaa2f-72fa-480a-83e0-8667ff89c0ec"`, `7`),
			"conversationId is not a string", nil, 0,
		},
		{"no participant", change("participant", "person"), "participant: id is not a string", nil, 0},
		{"no media", change(`"media"`, `"video"`), "media is not a list of media", nil, 0},
		{"media of numbers", change(`"media":[`, `"media":[1,`), "media is not a list of media", nil, 0},
		{"GA-11 no numbers", change(`"ani":"tel:+15105550100",`, ``, `"+18885550199"`, `null`), "", map[string]string{}, 0},
		{
			name:       "GA-11 values that are no strings",
			parameters: change(end, `"inputVariables":{"n":1.5,"t":true,"z":null,"o":{"a":[1]},"s":"ü\u0000"}}`),
			input:      map[string]string{"n": "1.5", "t": "true", "z": "null", "o": `{"a":[1]}`, "s": "ü\x00"},
		},
		{"GA-11 reserved", change(end, `"inputVariables":{"_x":"1","y":"2"}}`), "", map[string]string{"y": "2"}, 1},
		{"GA-11 too long", change(`,"language":"en-US"}`, big), "", map[string]string{"b": "c"}, 1},
		{"GA-11 too many", change(end, `"inputVariables":{`+strings.Join(many, ",")+`}}`), "", nil, 6},
		{"GA-11 a list", change(end, `"inputVariables":[1]}`), "", map[string]string{}, 0},
		{"GA-11 customConfig as text", change(end, `"customConfig":"{\"a\":1}"}`), "", map[string]string{}, 0},
		{"GA-11 customConfig as object", change(end, `"customConfig":{"a":1}}`), "", map[string]string{}, 0},
		{
			"continuedSessions", change(end, `"continuedSessions":[{"id":"x"}],"supportedLanguages":true}`),
			"",
			map[string]string{},
			0,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var m Message
			d := serverDecoder(0)
			d.decode([]byte(message("open", 1, tt.parameters)), &m)
			require.Equal(t, tt.problem, m.Problem)
			if tt.problem != "" {
				return
			}
			require.Equal(t, Stats{}, d.stats)
			require.Equal(t, tt.dropped, m.Open.InputDropped)
			if tt.input != nil {
				require.Equal(t, tt.input, m.Open.Input)
			} else {
				require.Len(t, m.Open.Input, MaxInputNames)
			}
		})
	}
}

func TestServerMessages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, kind, parameters, problem string
		want                            Message
	}{
		{name: "pong", kind: "pong", parameters: `{}`, want: Message{Kind: Pong}},
		{name: "closed", kind: "closed", parameters: `{}`, want: Message{Kind: Closed}},
		{name: "updated", kind: "updated", parameters: `{}`, want: Message{Kind: Updated}},
		{
			name: "opened", kind: "opened", parameters: `{"media":[],"startPaused":false}`,
			want: Message{Kind: Opened, Media: []Media{}},
		},
		{name: "opened without media", kind: "opened", parameters: `{}`, problem: "media is not a list of media"},
		{
			name: "barge-in", kind: "event", parameters: `{"entities":[{"type":"barge_in","data":{}}]}`,
			want: Message{Kind: Event, BargeIn: true},
		},
		{name: "another event", kind: "event", parameters: `{"entities":[{"type":"x"}]}`, want: Message{Kind: Event}},
		{name: "no event", kind: "event", parameters: `{"entities":7}`, problem: "entities is not a list"},
		{
			name: "disconnect", kind: "disconnect", parameters: `{"reason":"completed","outputVariables":{"a":"b"}}`,
			want: Message{Kind: Disconnect, Reason: ReasonCompleted, Output: map[string]string{"a": "b"}},
		},
		{
			name: "GA-19 a value that is no string", kind: "disconnect",
			parameters: `{"reason":"completed","outputVariables":{"a":1}}`, problem: "outputVariables are not all strings",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got Message
			text := fmt.Sprintf(`{"version":"2","id":%q,"type":%q,"seq":1,"clientseq":0,"parameters":%s}`,
				session, tt.kind, tt.parameters)
			clientDecoder(0).decode([]byte(text), &got)
			require.Equal(t, tt.problem, got.Problem)
			if tt.problem == "" {
				tt.want.Seq = 1
				require.Empty(t, cmp.Diff(tt.want, got, cmpopts.IgnoreUnexported(Media{})))
			}
		})
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want time.Duration
		ok   bool
	}{
		{"PT0S", 0, true},
		{"PT1.25S", 1250 * time.Millisecond, true},
		{"PT.5S", 500 * time.Millisecond, true},
		{"PT0.0123S", 12_300 * time.Microsecond, true},
		{"PT86400S", 24 * time.Hour, true},
		{"PT86401S", 0, false},
		{"PT1.S", 0, false},
		{"PTS", 0, false},
		{"PT.S", 0, false},
		{"PT1.2.3S", 0, false},
		{"PT-1S", 0, false},
		{"PT1e3S", 0, false},
		{"PT1M", 0, false},
		{"P1D", 0, false},
		{"1", 0, false},
		{"", 0, false},
		{"PT" + strings.Repeat("9", 1000) + "S", 0, false},
	} {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			got, ok := parseDuration(tt.text)
			require.Equal(t, tt.ok, ok)
			require.Equal(t, tt.want, got)
			if ok {
				again, ok := parseDuration(string(appendDuration(nil, got)))
				require.True(t, ok)
				require.Equal(t, got, again)
			}
		})
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	external, internal := Offer(FormatPCMU, ChannelExternal), Offer(FormatPCMU, ChannelInternal)
	stereo := Offer(FormatPCMU, ChannelExternal, ChannelInternal)
	reversed := Offer(FormatPCMU, ChannelInternal, ChannelExternal)
	wide := external
	wide.Rate = 16_000
	video := external
	video.Type = "video"
	for _, tt := range []struct {
		name   string
		offers []Media
		want   Media
		ok     bool
	}{
		{"GA-08 the caller alone, though it comes last", []Media{stereo, internal, external}, external, true},
		{"GA-08 stereo", []Media{internal, stereo}, stereo, true},
		{"GA-08 stereo, the other way round", []Media{reversed, internal}, reversed, true},
		{"GA-08 internal only", []Media{Offer(FormatL16, ChannelExternal), internal}, internal, true},
		{"GA-08 L16 only", []Media{Offer(FormatL16, ChannelExternal)}, Media{}, false},
		{"GA-08 none", nil, Media{}, false},
		{
			"GA-08 unknown",
			[]Media{Offer("OPUS", ChannelExternal), Offer(FormatPCMU, "moderator"), wide, video},
			Media{},
			false,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := Select(tt.offers)
			require.Equal(t, tt.ok, ok)
			require.Equal(t, tt.want, got)
		})
	}
}

// What is chosen goes back unmodified, with members nobody here knows.
func TestMediaIsUnmodified(t *testing.T) {
	t.Parallel()
	const text = `{"rate":8000,  "format":"PCMU","type":"audio","channels":["external"],"future":1}`
	var m Media
	require.NoError(t, json.Unmarshal([]byte(text), &m))
	require.Empty(t, cmp.Diff(text, string(m.append(nil))))
}

func TestChannels(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		channels []string
		in, take string
		out      string // of "ab"
	}{
		{"mono", []string{ChannelExternal}, "abc", "abc", "ab"},
		{"caller first", []string{ChannelExternal, ChannelInternal}, "AxByz", "AB", "aabb"},
		{"caller second", []string{ChannelInternal, ChannelExternal}, "xAyB", "AB", "aabb"},
		{"nothing", []string{ChannelExternal, ChannelInternal}, "", "", "aabb"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := Offer(FormatPCMU, tt.channels...)
			require.Equal(t, tt.take, string(m.Take([]byte(tt.in))))
			require.Equal(t, tt.out, string(m.Append(nil, []byte("ab"))))
		})
	}
}

// Strangers' text never panics, and what passes is what encoding/json reads.
func FuzzClientMessages(f *testing.F) {
	for _, kind := range slices.Sorted(maps.Keys(fromClient)) {
		f.Add([]byte(message(kind, 1, goodOpen)))
	}
	f.Add([]byte(message("ping", 1, `{"a":{"b":1,"b":2}}`)))
	f.Add(bytes.Repeat([]byte("["), 1000))
	f.Fuzz(func(t *testing.T, text []byte) {
		var m Message
		d := serverDecoder(0)
		d.decode(text, &m)
		if m.Kind == Violation {
			require.NotEmpty(t, m.Problem)
			require.Nil(t, m.Open)
			return
		}
		require.True(t, json.Valid(text))
		require.EqualValues(t, 1, m.Seq)
		require.Zero(t, m.Peer)
		if m.Kind == Open {
			require.LessOrEqual(t, len(m.Open.Input), MaxInputNames)
			Select(m.Open.Media)
		}
		require.GreaterOrEqual(t, m.RetryAfter, time.Duration(0))
	})
}

func FuzzServerMessages(f *testing.F) {
	for kind, parameters := range map[string]string{"opened": `{"media":[]}`, "disconnect": `{"reason":"error"}`} {
		f.Add([]byte(`{"version":"2","id":"` + session + `","type":"` + kind + `","seq":1,"clientseq":1,"parameters":` +
			parameters + `}`))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var m Message
		clientDecoder(1).decode(text, &m)
		require.Equal(t, m.Kind == Violation, m.Problem != "")
	})
}
