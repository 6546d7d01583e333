package bench_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

const (
	frameBytes = 160 // 20 ms of µ-law
	// straggling is how long the last echoes may take.
	straggling = 2 * time.Second
)

// caller is one call: it says numbered frames in real time and looks for them
// in what it hears.
type caller struct {
	stream *twiliomedia.Platform
	number uint32
	begun  time.Time

	sentAt []atomic.Int64 // nanoseconds since begun, by frame
	next   int            // of the goroutine that reads: the first frame that may come
	counts counts         // of the goroutine that reads

	mu    sync.Mutex
	marks []pendingMark // guarded by mu; in the order they become due
	until time.Time     // guarded by mu; when everything heard was played
}

type pendingMark struct {
	name string
	due  time.Time
}

// counts is what became of the frames of a call.
type counts struct {
	Sent, Heard, Strange int
	delays               []time.Duration
}

// newCaller opens a stream: at the minimal bridge at once, at the gateway
// through its webhook, as Twilio does.
func newCaller(ctx context.Context, p place, number uint32) (*caller, error) {
	start := twiliomedia.Start{
		StreamSID: "MZ" + rand.Text(), CallSID: "CA" + rand.Text(), AccountSID: "AC1", Format: twiliomedia.Mulaw,
	}
	target, header := p.Stream, http.Header{}
	if p.Voice != "" {
		var err error
		if target, err = ask(ctx, p.Voice, start.CallSID, start.AccountSID); err != nil {
			return nil, err
		}
		header.Set("X-Twilio-Signature", sign(target, nil))
	}
	ws, res, err := websocket.DefaultDialer.DialContext(ctx, target, header)
	if err != nil {
		return nil, fmt.Errorf("open the stream: %w", err)
	}
	_ = res.Body.Close()
	c := &caller{stream: twiliomedia.NewPlatform(ws), number: number}
	if err := errors.Join(c.stream.Connected(), c.stream.Start(start)); err != nil {
		c.stream.Close()
		return nil, err
	}
	return c, nil
}

// ask calls the voice webhook and gives the stream it answers with.
func ask(ctx context.Context, voice, callSID, accountSID string) (stream string, err error) {
	form := url.Values{
		"CallSid": {callSID}, "AccountSid": {accountSID}, "From": {"+14155550147"}, "To": {"+14155550189"},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, voice, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Twilio-Signature", sign(voice, form))
	res, err := gatewaytest.HTTP.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	var answer struct {
		Stream struct {
			URL string `xml:"url,attr"`
		} `xml:"Connect>Stream"`
	}
	if err := xml.Unmarshal(body, &answer); err != nil || answer.Stream.URL == "" {
		return "", fmt.Errorf("webhook answered %d %q", res.StatusCode, body)
	}
	return answer.Stream.URL, nil
}

// sign is the vendor's algorithm, see
// https://www.twilio.com/docs/usage/security.
func sign(target string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(secretToken))
	mac.Write([]byte(target))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		mac.Write([]byte(name + form.Get(name)))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// talk says d of numbered frames, each at its own moment, so that a late one
// does not shift the others. It waits for the last echoes and hangs up.
func (c *caller) talk(ctx context.Context, d time.Duration) (counts, error) {
	frames := int(d / audio.FrameDuration)
	c.sentAt = make([]atomic.Int64, frames)
	c.counts.delays = make([]time.Duration, 0, frames)
	c.begun = time.Now()
	all := make(chan struct{})
	failed := make(chan error, 1)
	var listening sync.WaitGroup
	listening.Go(func() { failed <- c.listen(frames, all) })
	sent, err := c.say(ctx, frames)
	if err == nil {
		select {
		case <-all:
		case <-time.After(straggling):
		case <-ctx.Done():
		case err = <-failed:
			failed <- err
		}
		err = errors.Join(err, c.stream.Stop())
	}
	c.stream.Close()
	listening.Wait()
	c.counts.Sent = sent
	return c.counts, err
}

func (c *caller) say(ctx context.Context, frames int) (sent int, err error) {
	frame := bytes.Repeat([]byte{0x2a}, frameBytes)
	binary.BigEndian.PutUint32(frame, c.number)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := range frames {
		at := time.Duration(n) * audio.FrameDuration
		timer.Reset(time.Until(c.begun.Add(at)))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return n, nil
		}
		for _, name := range c.played(time.Now()) {
			if err := c.stream.Played(name); err != nil {
				return n, err
			}
		}
		binary.BigEndian.PutUint32(frame[4:], uint32(n))
		c.sentAt[n].Store(int64(time.Since(c.begun)))
		if err := c.stream.Media(at.Milliseconds(), frame); err != nil {
			return n, err
		}
	}
	return frames, nil
}

// listen reads until the stream ends and closes all once every frame came
// back.
func (c *caller) listen(frames int, all chan struct{}) error {
	var m twiliomedia.Message
	var rest []byte
	told := false
	for {
		if err := c.stream.Read(&m); err != nil {
			return err
		}
		now := time.Now()
		switch m.Kind {
		case twiliomedia.Mark:
			c.mark(now, m.Name)
		case twiliomedia.Media:
			c.queue(now, len(m.Payload))
			rest = append(rest, m.Payload...)
			for ; len(rest) >= frameBytes; rest = rest[frameBytes:] {
				c.hear(now, rest[:frameBytes])
			}
			if !told && c.counts.Heard == frames {
				told = true
				close(all)
			}
		}
	}
}

// hear takes one frame. Between the echoes there may be silence; each comes
// once and in order.
func (c *caller) hear(now time.Time, frame []byte) {
	n := binary.BigEndian.Uint32(frame[4:])
	switch {
	case frame[0] == 0xff && frame[frameBytes-1] == 0xff:
	case binary.BigEndian.Uint32(frame) != c.number || int(n) < c.next || int(n) >= len(c.sentAt):
		c.counts.Strange++
	default:
		c.next = int(n) + 1
		c.counts.Heard++
		c.counts.delays = append(c.counts.delays, now.Sub(c.begun)-time.Duration(c.sentAt[n].Load()))
	}
}

// queue adds audio to what is played one after the other.
func (c *caller) queue(now time.Time, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.until.Before(now) {
		c.until = now
	}
	c.until = c.until.Add(audio.Mulaw8k.Duration(bytes))
}

func (c *caller) mark(now time.Time, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	due := c.until
	if due.Before(now) {
		due = now
	}
	c.marks = append(c.marks, pendingMark{name, due})
}

// played gives the marks whose audio was played by now.
func (c *caller) played(now time.Time) (names []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.marks) > 0 && !c.marks[0].due.After(now) {
		names = append(names, c.marks[0].name)
		c.marks = c.marks[1:]
	}
	return names
}
