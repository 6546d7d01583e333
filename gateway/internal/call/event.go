package call

import (
	"errors"
	"time"
)

// event handles one event of the conversation; ok is false if the stream was
// closed without an end.
func (o *owner) event(now time.Time, e Event, ok bool) {
	if o.away != nil {
		o.meanwhile(e, ok)
		return
	}
	if !ok {
		o.fail(now, "closed", errors.New("the engine closed its events without an end"), true)
		return
	}
	// Any event is a sign of life.
	o.deadline.open, o.deadline.answer = time.Time{}, time.Time{}
	switch e.Kind {
	case EventSpeechStarted:
		o.speechStarted(now)
	case EventSpeechStopped:
		o.hearing, o.turnEnd, o.idleSince = false, now, now
		o.deadline.answer = now.Add(answerWithin)
	case EventAudio:
		o.audio(now, e)
	case EventAudioDone:
		if id := o.book.find(e.Item); id != noTurn {
			o.audioDone(now, id)
		}
	case EventMark:
		if o.play.mark(now, e.Name) != nil {
			o.flooded(now)
		}
	case EventClear:
		if _, ok := o.play.speaking(now); ok {
			o.interrupt(now)
		}
	case EventTranscript:
		o.transcript(now, e)
	case EventToolCall:
		o.tool(now, e)
	case EventEnd:
		o.engineEnded(now, e)
	}
	if e.Kind != EventEnd {
		o.failedAt = time.Time{}
	}
}

// audio queues a piece of an utterance for the caller.
func (o *owner) audio(now time.Time, e Event) {
	if len(e.Data) == 0 {
		return
	}
	id := o.book.find(e.Item)
	t := o.book.turn(id)
	switch {
	case t != nil && t.dropped && e.Item != "":
		return // the caller interrupted it
	case t == nil, t.done, t.dropped:
		id = o.book.add(turn{item: e.Item, TurnRecord: TurnRecord{Role: RoleAssistant, At: now.Sub(o.answered)}})
		t = o.book.turn(id)
	}
	if !t.audio {
		t.audio, t.answers, o.turnEnd = true, o.turnEnd, time.Time{}
		if o.greeting == noTurn && !o.config.CallerFirst {
			o.greeting = id
		}
	}
	o.talking, o.deadline.recover = id, time.Time{}
	for data := e.Data; len(data) > 0; {
		n := min(len(data), maxPiece)
		o.scratch = o.voice.Append(o.scratch[:0], data[:n])
		if o.play.push(now, id, o.scratch) != nil {
			o.flooded(now)
			return
		}
		data = data[n:]
	}
}

// audioDone completes an utterance.
func (o *owner) audioDone(now time.Time, id int) {
	t := o.book.turn(id)
	if id == o.talking && !t.dropped && o.flush(now) != nil {
		o.flooded(now)
		return
	}
	t.done = true
}

// flush queues what the resampler held back and completes what the engine was
// saying.
func (o *owner) flush(now time.Time) error {
	o.scratch = o.voice.Flush(o.scratch[:0])
	err := o.play.push(now, o.talking, o.scratch)
	o.play.done(now, o.talking)
	o.talking = noTurn
	return err
}

// flooded: the engine is too far ahead of the caller.
func (o *owner) flooded(now time.Time) {
	o.observe.EngineError("flood")
	o.cause = errQueueFull
	o.fallback(now, ReasonQueueFull)
}

// transcript enters what was said into the record.
func (o *owner) transcript(now time.Time, e Event) {
	if !e.Final || e.Text == "" {
		return
	}
	t := turn{item: e.Item, TurnRecord: TurnRecord{Role: e.Role, Text: e.Text, At: now.Sub(o.answered)}}
	switch e.Role {
	case RoleCaller:
		if !o.speechAt.IsZero() {
			t.At, o.speechAt = o.speechAt.Sub(o.answered), time.Time{}
		}
		o.book.add(t)
	case RoleAssistant:
		said := o.book.turn(o.book.find(e.Item))
		if said == nil || (e.Item == "" && said.Text != "") {
			o.book.add(t)
			return
		}
		said.Text = clip(e.Text)
	}
}

// engineEnded handles the last event of a conversation.
func (o *owner) engineEnded(now time.Time, e Event) {
	switch {
	case e.Err == nil && !e.Retry:
		o.drain(now, Ending{Reason: ReasonEngineEnd, Outcome: OutcomeResolved})
	case e.Err == nil:
		o.fail(now, code(e.Reason), errors.New("the engine asked to be opened again"), true)
	default:
		o.fail(now, code(e.Reason), e.Err, e.Retry)
	}
}

func code(reason string) string {
	if reason == "" {
		return "ended"
	}
	return reason
}
