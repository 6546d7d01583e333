package twiliomedia

import "time"

const (
	// maxGap is the longest pause in the platform's timestamps that counts as
	// missing audio. One shorter than jitter does not, since timestamps need not
	// be exact and made-up silence in the middle of a word is worse; small ones
	// add up.
	maxGap = 10 * time.Second
	jitter = 100 * time.Millisecond
)

// Timeline follows the timestamps of a stream's media. The zero value is ready;
// the stream need not begin at 0.
type Timeline struct {
	begun bool
	due   int64 // timestamp expected next, in milliseconds
}

// Missing takes the timestamp in milliseconds, or Absent, and the length of a
// media message, and gives how much audio is missing before it.
func (t *Timeline) Missing(timestamp int64, length time.Duration) time.Duration {
	if timestamp == Absent {
		timestamp = t.due
	}
	gap := timestamp - t.due
	late := gap >= jitter.Milliseconds()
	missing := time.Duration(0)
	if t.begun && late {
		missing = time.Duration(min(gap, maxGap.Milliseconds())) * time.Millisecond
	}
	if !t.begun || late || gap <= -jitter.Milliseconds() {
		t.begun, t.due = true, timestamp
	}
	t.due += length.Milliseconds()
	return missing
}
