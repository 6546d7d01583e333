package testcall

import (
	"errors"
	"fmt"
)

// Expectation is what a call must come to.
type Expectation string

// Expectations.
const (
	ExpectSpeech   Expectation = "speech"   // the assistant was heard
	ExpectTransfer Expectation = "transfer" // and the caller sent to a live agent
	ExpectEnd      Expectation = "end"      // and the call ended by the assistant
)

// Check compares a call with the expectation; lines come from Verify, whose
// own error says what of them was not heard. Speech is part of each.
func (e Expectation) Check(r Report, lines []Line) error {
	heard := false
	for _, l := range lines {
		heard = heard || l.Score != nil && *l.Score >= MinScore ||
			// An engine that does not tell its words is known by its sound.
			l.Role == "assistant" && l.Text == "" && r.FirstAudioMS != nil
	}
	if !heard {
		return errors.New("expected speech: no sentence of the assistant was heard")
	}
	want := map[Expectation]string{ExpectTransfer: "transfer", ExpectEnd: "hangup"}[e]
	if want != "" && r.End.Next != want {
		return fmt.Errorf("expected %s: the call ended with %s", e, r.ending())
	}
	return nil
}

// ending says in words how a call ended.
func (r Report) ending() string {
	switch {
	case !r.End.ByGateway:
		return "the caller's hangup"
	case r.End.Next == "transfer":
		return "a transfer to " + r.End.Target
	case r.End.Next == "hangup":
		return "the assistant's hangup"
	}
	return "the end of its media, and nothing after it"
}
