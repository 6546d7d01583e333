package openairealtime

import (
	"errors"
	"fmt"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/realtime"
)

// Codes of the backend's error event that mean something here; see
// https://platform.openai.com/docs/guides/realtime-conversations.
const (
	codeExpired = "session_expired"
	codeActive  = "conversation_already_has_active_response"
)

// event handles one server event. over says that end is the conversation's end.
func (c *conversation) event(e *realtime.Event) (end call.Event, over bool, err error) {
	switch e.Kind {
	case realtime.AudioDelta:
		if len(e.Data)%c.config.Out.BytesPerSample() != 0 {
			return broken(errors.New("the backend sent half a sample"))
		}
		c.audio(e)
	case realtime.AudioDone:
		c.audioDone()
	case realtime.SpeechStarted:
		c.speechStarted(time.Now(), e.AudioStartMS)
	case realtime.SpeechStopped:
		c.hearAt = time.Time{} // too short to interrupt anybody
		c.Send(call.Event{Kind: call.EventSpeechStopped})
	case realtime.CallerTranscript:
		c.Send(call.Event{Kind: call.EventTranscript, Role: call.RoleCaller, Item: e.Item, Text: e.Text, Final: true})
	case realtime.AssistantTranscript:
		c.Send(call.Event{Kind: call.EventTranscript, Role: call.RoleAssistant, Item: e.Item, Text: e.Text, Final: true})
	case realtime.FunctionCall:
		c.toolCall(e)
	case realtime.ResponseCreated:
		c.active = true
	case realtime.ResponseDone:
		c.audioDone()
		if e.Status == "failed" {
			return call.Event{
				Reason: "response_failed", Err: fmt.Errorf("the backend failed to respond: code %.80q", e.Code), Retry: true,
			}, true, nil
		}
		return end, false, c.proceed()
	case realtime.ErrorEvent:
		return c.refused(e)
	case realtime.Malformed, realtime.Unknown:
		if c.faults++; c.faults > maxFaults {
			return broken(fmt.Errorf("more than %d events that nobody can read", maxFaults))
		}
	}
	return end, false, nil
}

// broken is the end of a conversation with a backend that does not keep to the
// protocol.
func broken(err error) (call.Event, bool, error) {
	return call.Event{Reason: "protocol", Err: err}, true, nil
}

// audio passes a piece of an utterance on. What the session may still read
// stays untouched: as many pieces are kept as events can wait.
func (c *conversation) audio(e *realtime.Event) {
	at := len(c.items) - 1
	if at < 0 || c.items[at].id != e.Item {
		c.audioDone()
		if len(c.items) == maxItems {
			c.items = c.items[:copy(c.items, c.items[1:])]
		}
		c.items = append(c.items, item{id: e.Item, content: e.ContentIndex})
		at = len(c.items) - 1
	}
	c.open = e.Item
	c.items[at].bytes += len(e.Data)
	for data := e.Data; len(data) > 0; {
		n := min(len(data), piece)
		c.pieces[c.next] = append(c.pieces[c.next][:0], data[:n]...)
		c.Send(call.Event{Kind: call.EventAudio, Item: e.Item, Data: c.pieces[c.next]})
		c.next = (c.next + 1) % len(c.pieces)
		data = data[n:]
	}
}

// audioDone completes the utterance that is coming, if there is one.
func (c *conversation) audioDone() {
	if c.open != "" {
		c.Send(call.Event{Kind: call.EventAudioDone, Item: c.open})
		c.open = ""
	}
}

// speechStarted waits until the caller has spoken for as long as it takes to
// interrupt. The backend says where in the audio the speech began, so what it
// needed to notice counts.
func (c *conversation) speechStarted(now time.Time, startMS int64) {
	began := time.Duration(startMS)*time.Millisecond + c.padding
	spoken := max(c.config.In.Duration(int(c.sent))-began, 0)
	if rest := c.config.Turn.MinInterrupt - spoken; rest > 0 {
		c.hearAt = now.Add(rest)
		c.schedule()
		return
	}
	c.Send(call.Event{Kind: call.EventSpeechStarted})
}

// toolCall passes a call on once; two events tell of each.
func (c *conversation) toolCall(e *realtime.Event) {
	if c.calls[e.CallID] {
		return
	}
	if len(c.calls) == maxCalls {
		clear(c.calls)
	}
	c.calls[e.CallID] = true
	c.Send(call.Event{Kind: call.EventToolCall, ID: e.CallID, Name: e.Name, Args: e.Args})
}

// refused handles an error event. Most are about one client event, such as the
// cancellation of a response that has just ended, and change nothing.
func (c *conversation) refused(e *realtime.Event) (end call.Event, over bool, err error) {
	ours := e.EventID != "" && e.EventID == c.creating.EventID
	switch {
	case e.Code == codeExpired:
		return call.Event{Reason: "expired", Err: backendError("the session is over", *e), Retry: true}, true, nil
	case e.Code == codeActive && ours:
		// The backend was faster: what was asked for waits for its end.
		c.pending = append([]realtime.ResponseCreate{c.creating}, c.pending...)
		c.creating = realtime.ResponseCreate{}
	case e.Code == codeActive:
		c.owed = true // a turn of the caller has no answer yet
	case ours:
		return call.Event{Reason: "refused", Err: backendError("the backend refused to respond", *e), Retry: true}, true, nil
	case e.ErrorType == "server_error":
		return call.Event{Reason: "backend", Err: backendError("the backend failed", *e), Retry: true}, true, nil
	}
	return end, false, nil
}
