package enginetest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// patience bounds every wait, far above what a slow machine needs.
const patience = 30 * time.Second

// Talk is an open conversation under test.
type Talk struct {
	T    *testing.T
	Conv call.Conversation
	// Patience bounds every wait.
	Patience time.Duration

	in, out audio.Format
	said    []string // transcripts of the assistant so far
}

// Begin opens a conversation, whose formats the configuration has, and closes it
// with the test.
func Begin(t *testing.T, e call.Engine, c call.Config) *Talk {
	t.Helper()
	conv, err := e.Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(conv.Close)
	return &Talk{T: t, Conv: conv, Patience: patience, in: c.In, out: c.Out}
}

func open(t *testing.T, s Subject) *Talk { return openOn(t, s, audio.Mulaw8k) }

func openOn(t *testing.T, s Subject, leg audio.Format) *Talk {
	t.Helper()
	s.Config.In, s.Config.Out = s.Engine.Formats(leg)
	return Begin(t, s.Engine, s.Config)
}

// Next is the next event.
func (k *Talk) Next() call.Event {
	k.T.Helper()
	select {
	case e, ok := <-k.Conv.Events():
		require.True(k.T, ok, "the events ended")
		if e.Kind == call.EventTranscript && e.Role == call.RoleAssistant && e.Final {
			k.said = append(k.said, e.Text)
		}
		return e
	case <-time.After(k.Patience):
		require.FailNow(k.T, "the engine is silent")
		return call.Event{}
	}
}

// until reads on to the event that is asked for.
func (k *Talk) until(is func(call.Event) bool) call.Event {
	k.T.Helper()
	for {
		e := k.Next()
		if is(e) {
			return e
		}
		require.NotEqual(k.T, call.EventEnd, e.Kind, "ended: %s %v", e.Reason, e.Err)
	}
}

// Wait reads on to the next event of a kind.
func (k *Talk) Wait(kind call.EventKind) call.Event {
	k.T.Helper()
	return k.until(func(e call.Event) bool { return e.Kind == kind })
}

// utterance reads one utterance until it is complete or lasts a second.
func (k *Talk) utterance() (item string, data []byte) {
	k.T.Helper()
	for {
		e := k.until(func(e call.Event) bool { return e.Kind == call.EventAudio || e.Kind == call.EventAudioDone })
		item = e.Item
		data = append(data, e.Data...)
		if e.Kind == call.EventAudioDone || k.out.Duration(len(data)) > time.Second {
			return item, data
		}
	}
}

// Do hands a command over.
func (k *Talk) Do(c call.Command) {
	k.T.Helper()
	require.NoError(k.T, k.Conv.Do(k.T.Context(), c))
}

// speak writes audio and a second of silence, faster than a caller but slowly
// enough for an engine that keeps up, until the test is over.
func (k *Talk) speak(data []byte) {
	silence := make([]byte, k.in.Bytes(time.Second))
	k.in.Silence(silence)
	data = append(data[:len(data):len(data)], silence...)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(audio.FrameDuration / 4)
		defer tick.Stop()
		for n := k.in.FrameBytes(); len(data) >= n; data = data[n:] {
			if k.Conv.Write(data[:n]) != nil {
				return
			}
			select {
			case <-tick.C:
			case <-k.T.Context().Done():
				return
			}
		}
	}()
	k.T.Cleanup(func() { <-done })
}

// alive checks that the conversation still speaks when it is told to.
func (k *Talk) alive() {
	k.T.Helper()
	k.Do(call.Say{Text: "Are you still there?"})
	require.NotEmpty(k.T, k.Wait(call.EventAudio).Data)
}

// ended checks that the events end with an EventEnd, and only one.
func (k *Talk) ended() {
	k.T.Helper()
	var last call.Event
	timeout := time.After(k.Patience)
	for {
		select {
		case e, ok := <-k.Conv.Events():
			if !ok {
				require.Equal(k.T, call.EventEnd, last.Kind, "the last event")
				return
			}
			require.NotEqual(k.T, call.EventEnd, last.Kind, "nothing follows the end")
			last = e
		case <-timeout:
			require.FailNow(k.T, "the events do not end")
		}
	}
}

// Spoken is an utterance that is committed with package speech, by its name. The
// test is one of a package beside this one.
func Spoken(t testing.TB, name string, f audio.Format) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "speech", "testdata", name+".ulaw"))
	require.NoError(t, err)
	b, err := audio.DecodeSound(audio.Mulaw8k, data).Encode(f)
	require.NoError(t, err)
	return b
}
