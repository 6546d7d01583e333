package call

import (
	"cmp"
	"slices"
	"time"
	"unicode/utf8"
)

const (
	// maxTurns and maxText bound the record of one call. Beyond them the
	// oldest turns and the ends of texts are left out.
	maxTurns = 2000
	maxText  = 4000
	// recentTurns is how far back an event may name an utterance.
	recentTurns = 32
	// maxHistory is how many messages a re-opened engine is told.
	maxHistory = 100
)

// noTurn is the id of audio that is no turn, such as notices.
const noTurn = -1

// keyPress stands for the digit in every record.
const keyPress = "[key]"

// turn is one utterance while the call runs.
type turn struct {
	TurnRecord
	item    string    // the engine's name for it
	epoch   int       // conversation it belongs to; items of others are strangers
	audio   bool      // audio of it came
	sent    bool      // audio of it was sent
	played  bool      // what came so far was played
	done    bool      // it is complete
	dropped bool      // it was interrupted; what still comes is ignored
	answers time.Time // end of the caller's turn it answers; zero if none
}

// book is the record of the utterances of a call. The owner's alone.
type book struct {
	turns []turn
	base  int // id of turns[0]
	epoch int
}

// add enters a turn and answers its id.
func (b *book) add(t turn) int {
	if len(b.turns) == maxTurns {
		b.base += maxTurns / 2
		b.turns = slices.Delete(b.turns, 0, maxTurns/2)
	}
	t.epoch = b.epoch
	t.Text = clip(t.Text)
	b.turns = append(b.turns, t)
	return b.base + len(b.turns) - 1
}

// turn finds a turn by id; nil if it was left out or is none.
func (b *book) turn(id int) *turn {
	if i := id - b.base; i >= 0 && i < len(b.turns) {
		return &b.turns[i]
	}
	return nil
}

// find gives the newest assistant turn of an item in this conversation, noTurn
// if there is none.
func (b *book) find(item string) int {
	for i := len(b.turns) - 1; i >= max(0, len(b.turns)-recentTurns); i-- {
		if t := &b.turns[i]; t.Role == RoleAssistant && t.epoch == b.epoch && t.item == item {
			return b.base + i
		}
	}
	return noTurn
}

// history is what was said so far, for an engine that is opened again.
func (b *book) history() []Message {
	var h []Message
	for i := range b.turns {
		if t := &b.turns[i]; t.Text != "" {
			h = append(h, Message{Role: t.Role, Text: t.Text})
		}
	}
	return h[max(0, len(h)-maxHistory):]
}

// records gives the turns that were heard or have a text, in order of time.
func (b *book) records() []TurnRecord {
	var r []TurnRecord
	for i := range b.turns {
		if t := &b.turns[i]; t.Text != "" || t.audio {
			r = append(r, t.TurnRecord)
		}
	}
	slices.SortStableFunc(r, func(x, y TurnRecord) int { return cmp.Compare(x.At, y.At) })
	return r
}

// clip cuts a text to maxText bytes, at a whole character.
func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	n := maxText
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// dropUnplayed makes every assistant turn that was not played to its end one
// whose further audio is ignored.
func (b *book) dropUnplayed() {
	for i := len(b.turns) - 1; i >= max(0, len(b.turns)-recentTurns); i-- {
		if t := &b.turns[i]; t.audio && !(t.done && t.played) {
			t.dropped = true
		}
	}
}
