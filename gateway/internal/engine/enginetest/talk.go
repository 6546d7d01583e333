package enginetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// patience bounds every wait, far above what a slow machine needs.
const patience = 30 * time.Second

// talk is an open conversation under test.
type talk struct {
	t       *testing.T
	conv    call.Conversation
	in, out audio.Format
	said    []string // transcripts of the assistant so far
}

func open(t *testing.T, s Subject) *talk { return openOn(t, s, audio.Mulaw8k) }

func openOn(t *testing.T, s Subject, leg audio.Format) *talk {
	t.Helper()
	s.Config.In, s.Config.Out = s.Engine.Formats(leg)
	conv, err := s.Engine.Open(t.Context(), s.Config)
	require.NoError(t, err)
	t.Cleanup(conv.Close)
	return &talk{t: t, conv: conv, in: s.Config.In, out: s.Config.Out}
}

// next is the next event.
func (k *talk) next() call.Event {
	k.t.Helper()
	select {
	case e, ok := <-k.conv.Events():
		require.True(k.t, ok, "the events ended")
		if e.Kind == call.EventTranscript && e.Role == call.RoleAssistant && e.Final {
			k.said = append(k.said, e.Text)
		}
		return e
	case <-time.After(patience):
		require.FailNow(k.t, "the engine is silent")
		return call.Event{}
	}
}

// until reads on to the event that is asked for.
func (k *talk) until(is func(call.Event) bool) call.Event {
	k.t.Helper()
	for {
		e := k.next()
		require.NotEqual(k.t, call.EventEnd, e.Kind, "ended: %s %v", e.Reason, e.Err)
		if is(e) {
			return e
		}
	}
}

func (k *talk) wait(kind call.EventKind) call.Event {
	k.t.Helper()
	return k.until(func(e call.Event) bool { return e.Kind == kind })
}

// utterance reads one utterance until it is complete or lasts a second.
func (k *talk) utterance() (item string, data []byte) {
	k.t.Helper()
	for {
		e := k.until(func(e call.Event) bool { return e.Kind == call.EventAudio || e.Kind == call.EventAudioDone })
		item = e.Item
		data = append(data, e.Data...)
		if e.Kind == call.EventAudioDone || k.out.Duration(len(data)) > time.Second {
			return item, data
		}
	}
}

func (k *talk) do(c call.Command) {
	k.t.Helper()
	require.NoError(k.t, k.conv.Do(k.t.Context(), c))
}

// speak writes audio and a second of silence, faster than a caller but slowly
// enough for an engine that keeps up, until the test is over.
func (k *talk) speak(data []byte) {
	silence := make([]byte, k.in.Bytes(time.Second))
	k.in.Silence(silence)
	data = append(data[:len(data):len(data)], silence...)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(audio.FrameDuration / 4)
		defer tick.Stop()
		for n := k.in.FrameBytes(); len(data) >= n; data = data[n:] {
			if k.conv.Write(data[:n]) != nil {
				return
			}
			select {
			case <-tick.C:
			case <-k.t.Context().Done():
				return
			}
		}
	}()
	k.t.Cleanup(func() { <-done })
}

// alive checks that the conversation still speaks when it is told to.
func (k *talk) alive() {
	k.t.Helper()
	k.do(call.Say{Text: "Are you still there?"})
	require.NotEmpty(k.t, k.wait(call.EventAudio).Data)
}

// ended checks that the events end with an EventEnd, and only one.
func (k *talk) ended() {
	k.t.Helper()
	var last call.Event
	timeout := time.After(patience)
	for {
		select {
		case e, ok := <-k.conv.Events():
			if !ok {
				require.Equal(k.t, call.EventEnd, last.Kind, "the last event")
				return
			}
			require.NotEqual(k.t, call.EventEnd, last.Kind, "nothing follows the end")
			last = e
		case <-timeout:
			require.FailNow(k.t, "the events do not end")
		}
	}
}
