package realtime_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/realtime"
)

func TestAudioEventsENG04(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"response.output_audio.delta", "response.audio.delta"} {
		var d realtime.Decoder
		var e realtime.Event
		d.Decode([]byte(`{"type":"`+kind+`","event_id":"e","response_id":"r","item_id":"i","output_index":0,`+
			`"content_index":1,"delta":"AQID"}`), &e)
		require.Equal(t, realtime.Event{Kind: realtime.AudioDelta, Item: "i", ContentIndex: 1, Data: []byte{1, 2, 3}}, e)
	}
	require.JSONEq(t, `{"type":"input_audio_buffer.append","audio":"AQID"}`,
		string(realtime.AppendAudio(nil, []byte{1, 2, 3})))
}

func FuzzDecodeENG14(f *testing.F) {
	f.Add([]byte(`{"type":"response.output_audio.delta","item_id":"i","delta":"AAAA"}`))
	f.Add([]byte(`{"type":"error","error":{"code":"x"}}`))
	f.Add([]byte(`{"type":"response.output_item.done","item":{"type":"function_call","call_id":"c","name":"n"}}`))
	f.Fuzz(func(t *testing.T, msg []byte) {
		var d realtime.Decoder
		var e realtime.Event
		d.Decode(msg, &e)
		if len(e.Data) > len(msg) {
			t.Fatal("more audio than the message has bytes")
		}
	})
}

func BenchmarkDelta(b *testing.B) {
	audio := make([]byte, 1600)
	msg := append([]byte(`{"type":"response.output_audio.delta","item_id":"i","content_index":0,"delta":"`),
		realtime.AppendAudio(nil, audio)[len(`{"type":"input_audio_buffer.append","audio":"`):]...)
	var d realtime.Decoder
	var e realtime.Event
	b.ReportAllocs()
	for b.Loop() {
		d.Decode(msg, &e)
	}
}

func BenchmarkAppend(b *testing.B) {
	frame := make([]byte, 160)
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = realtime.AppendAudio(dst[:0], frame)
	}
}
