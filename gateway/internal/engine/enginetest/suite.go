package enginetest

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// Subject is an engine under test and what the suite must know of it.
type Subject struct {
	Engine call.Engine
	// Config is that of a call, without formats. The engine speaks first with
	// it, unless CallerFirst is set.
	Config call.Config
	// Speech is what a caller says, in a format; the engine answers it with
	// audio once a second of silence has followed.
	Speech func(t testing.TB, f audio.Format) []byte
	// DetectsTurns: the engine sends call.EventSpeechStarted and -Stopped.
	DetectsTurns bool
	// Transcribes: the engine sends transcripts of what it says.
	Transcribes bool
	// TransferKey and EndKey are keys that make it call the two tools; 0 if
	// no key does.
	TransferKey, EndKey byte
}

// Factory makes a fresh Subject; it is called once for each test.
type Factory func(t *testing.T) Subject

// Run checks that an engine keeps the contract of package call.
func Run(t *testing.T, factory Factory) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(*testing.T, Subject)
	}{
		{"opens with ready", opens},
		{"greets", greets},
		{"lets the caller begin", callerFirst},
		{"answers speech", answersSpeech},
		{"speaks every leg's format", everyFormat},
		{"says a text", says},
		{"is interrupted", isInterrupted},
		{"survives any key", anyKey},
		{"transfers", transfers},
		{"ends", ends},
		{"closes with its events unread", closesUnread},
		{"closes twice", closesTwice},
		{"refuses after the end", refusesAfterEnd},
		{"never blocks a writer", neverBlocks},
		{"opens within its context", opensWithinContext},
		{"keeps conversations apart", keepsApart},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, factory(t))
		})
	}
}

func opens(t *testing.T, s Subject) {
	require.Equal(t, call.EventReady, open(t, s).Next().Kind)
}

func greets(t *testing.T, s Subject) {
	talk := open(t, s)
	item, data := talk.utterance()
	require.NotEmpty(t, item)
	require.NotEmpty(t, data)
	require.Zero(t, len(data)%talk.out.BytesPerSample(), "samples are whole")
}

func callerFirst(t *testing.T, s Subject) {
	s.Config.CallerFirst = true
	talk := open(t, s)
	talk.Wait(call.EventReady)
	select {
	case e := <-talk.Conv.Events():
		t.Fatalf("unasked for: %+v", e)
	case <-time.After(200 * time.Millisecond):
	}
}

func answersSpeech(t *testing.T, s Subject) {
	s.Config.CallerFirst = true
	talk := open(t, s)
	talk.speak(s.Speech(t, talk.in))
	if s.DetectsTurns {
		talk.Wait(call.EventSpeechStarted)
		talk.Wait(call.EventSpeechStopped)
	}
	require.NotEmpty(t, talk.Wait(call.EventAudio).Data)
}

func everyFormat(t *testing.T, s Subject) {
	for _, leg := range []audio.Format{audio.Mulaw8k, audio.Alaw8k, audio.Linear8k, audio.Linear16k} {
		in, out := s.Engine.Formats(leg)
		for _, f := range []audio.Format{in, out} {
			_, err := audio.NewTranscoder(leg, f)
			require.NoErrorf(t, err, "%v to %v", leg, f)
		}
		talk := openOn(t, s, leg)
		_, data := talk.utterance()
		require.NotEmpty(t, data)
	}
}

func says(t *testing.T, s Subject) {
	s.Config.CallerFirst = true
	talk := open(t, s)
	const text = "Are you still there?"
	talk.Do(call.Say{Text: text})
	_, data := talk.utterance()
	require.NotEmpty(t, data)
	for s.Transcribes && !slices.Contains(talk.said, text) {
		talk.Next()
	}
}

func isInterrupted(t *testing.T, s Subject) {
	talk := open(t, s)
	first := talk.Wait(call.EventAudio)
	talk.speak(s.Speech(t, talk.in))
	if s.DetectsTurns {
		talk.Wait(call.EventSpeechStarted)
	}
	talk.Do(call.Interrupt{Item: first.Item, PlayedMS: 100})
	e := talk.until(func(e call.Event) bool { return e.Kind == call.EventAudio && e.Item != first.Item })
	require.NotEmpty(t, e.Data, "a new utterance answers")
}

func anyKey(t *testing.T, s Subject) {
	talk := open(t, s)
	for _, key := range []byte("123456789*ABCD") {
		if key != s.TransferKey && key != s.EndKey {
			talk.Do(call.DTMF{Digit: key})
		}
	}
	talk.alive()
}

func transfers(t *testing.T, s Subject) {
	if s.TransferKey == 0 {
		t.Skip("no key transfers")
	}
	s.Config.HasLiveAgent = true
	talk := open(t, s)
	talk.Do(call.DTMF{Digit: s.TransferKey})
	e := talk.Wait(call.EventToolCall)
	require.Equal(t, call.ToolTransfer, e.Name)
	require.NotEmpty(t, e.ID)
	var args struct{ Destination *string }
	require.NoError(t, json.Unmarshal([]byte(e.Args), &args))
	require.NotNil(t, args.Destination)
	talk.Do(call.ToolResult{ID: e.ID, Err: "no_live_agent"})
	talk.alive()
}

func ends(t *testing.T, s Subject) {
	if s.EndKey == 0 {
		t.Skip("no key ends")
	}
	talk := open(t, s)
	talk.Do(call.DTMF{Digit: s.EndKey})
	e := talk.Wait(call.EventToolCall)
	require.Equal(t, call.ToolEnd, e.Name)
	require.NotEmpty(t, e.ID)
}

func closesUnread(t *testing.T, s Subject) {
	talk := open(t, s)
	for range 100 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		_ = talk.Conv.Do(ctx, call.Say{Text: "Are you still there?"}) // may find no room
		cancel()
	}
	talk.Conv.Close()
	talk.ended()
}

func closesTwice(t *testing.T, s Subject) {
	talk := open(t, s)
	talk.Conv.Close()
	talk.Conv.Close()
	talk.ended()
}

func refusesAfterEnd(t *testing.T, s Subject) {
	talk := open(t, s)
	talk.Conv.Close()
	require.Error(t, talk.Conv.Write(make([]byte, talk.in.FrameBytes())))
	require.Error(t, talk.Conv.Do(t.Context(), call.DTMF{Digit: '1'}))
	talk.ended()
}

// neverBlocks writes 20 s of audio while nobody reads an event.
func neverBlocks(t *testing.T, s Subject) {
	talk := open(t, s)
	frame := make([]byte, talk.in.FrameBytes())
	talk.in.Silence(frame)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 1000 {
			_ = talk.Conv.Write(frame) // drops are expected
		}
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("Write blocks")
	}
}

func opensWithinContext(t *testing.T, s Subject) {
	in, out := s.Engine.Formats(audio.Mulaw8k)
	s.Config.In, s.Config.Out = in, out
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Engine.Open(ctx, s.Config)
	require.ErrorIs(t, err, context.Canceled)

	ctx, cancel = context.WithCancel(t.Context())
	conv, err := s.Engine.Open(ctx, s.Config)
	require.NoError(t, err)
	t.Cleanup(conv.Close)
	cancel()
	(&Talk{T: t, Conv: conv, Patience: patience, in: in, out: out}).alive()
}

func keepsApart(t *testing.T, s Subject) {
	s.Config.CallerFirst = true
	a, b := open(t, s), open(t, s)
	a.Conv.Close()
	b.alive()
}
