package call_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sent is one write to a leg.
type sent struct {
	at   time.Time
	data []byte
}

// fakeLeg is a leg in memory that is paced exactly.
type fakeLeg struct {
	format audio.Format
	inputs chan call.Input
	fault  chan error
	ended  chan struct{}
	write  func([]byte) error
	end    func(call.Ending)

	mu     sync.Mutex
	writes []sent
}

func newLeg() *fakeLeg {
	return &fakeLeg{
		format: audio.Mulaw8k,
		inputs: make(chan call.Input, 100),
		fault:  make(chan error, 1),
		ended:  make(chan struct{}),
	}
}

func (l *fakeLeg) Format() audio.Format { return l.format }

func (l *fakeLeg) Next() (call.Input, error) {
	select {
	case in := <-l.inputs:
		return in, nil
	case err := <-l.fault:
		return call.Input{}, err
	case <-l.ended:
		return call.Input{}, errors.New("the leg was ended")
	}
}

func (l *fakeLeg) Write(b []byte) error {
	if l.write != nil {
		if err := l.write(b); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes = append(l.writes, sent{time.Now(), append([]byte(nil), b...)})
	return nil
}

func (l *fakeLeg) End(_ context.Context, e call.Ending) error {
	if l.end != nil {
		l.end(e)
	}
	close(l.ended)
	return nil
}

// log is everything written so far.
func (l *fakeLeg) log() []sent {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]sent(nil), l.writes...)
}

// player is a leg whose platform has a playout queue: it plays what was
// written on an absolute clock and answers marks when it reaches them.
type player struct {
	*fakeLeg
	ahead time.Duration
	delay time.Duration // of everything on its way to the platform and of echoes back
	mute  bool          // never answers a mark

	mu      sync.Mutex
	until   time.Time // when everything queued will have been played
	heard   []sent    // at is when it begins to play
	pending []*pendingMark
	marks   []string
	clears  []time.Time
}

type pendingMark struct {
	name  string
	timer *time.Timer
}

func newPlayer(ahead time.Duration) *player {
	return &player{fakeLeg: newLeg(), ahead: ahead}
}

func (p *player) Playout() call.Playout { return call.Playout{Ahead: p.ahead} }

func (p *player) Write(b []byte) error {
	if err := p.fakeLeg.Write(b); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if arrival := time.Now().Add(p.delay); p.until.Before(arrival) {
		p.until = arrival
	}
	p.heard = append(p.heard, sent{p.until, append([]byte(nil), b...)})
	p.until = p.until.Add(p.format.Duration(len(b)))
	return nil
}

func (p *player) WriteMark(b []byte, name string) error {
	if len(b) > 0 {
		if err := p.Write(b); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.marks = append(p.marks, name)
	if p.mute {
		return nil
	}
	m := &pendingMark{name: name}
	m.timer = time.AfterFunc(max(0, time.Until(p.until))+p.delay, func() { p.echo(m) })
	p.pending = append(p.pending, m)
	return nil
}

// echo answers a mark once.
func (p *player) echo(m *pendingMark) {
	p.mu.Lock()
	for i := range p.pending {
		if p.pending[i] == m {
			p.pending = append(p.pending[:i], p.pending[i+1:]...)
			break
		}
	}
	p.mu.Unlock()
	p.send(call.Input{Kind: call.InputMark, Mark: m.name})
}

func (p *player) send(in call.Input) {
	select {
	case p.inputs <- in:
	case <-p.ended:
	}
}

// Clear cuts what is heard and answers every pending mark.
func (p *player) Clear() error {
	p.mu.Lock()
	now := time.Now()
	p.clears = append(p.clears, now)
	for i := range p.heard {
		s := &p.heard[i]
		keep := p.format.Bytes(max(0, now.Sub(s.at)))
		s.data = s.data[:min(keep, len(s.data))]
	}
	p.until = now
	pending := p.pending
	p.pending = nil
	p.mu.Unlock()
	for _, m := range pending {
		if m.timer.Stop() {
			p.send(call.Input{Kind: call.InputMark, Mark: m.name})
		}
	}
	return nil
}

// played counts the bytes equal to value that were heard up to now.
func (p *player) played(value byte) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, now := 0, time.Now()
	for _, s := range p.heard {
		for i, b := range s.data {
			if b == value && s.at.Add(p.format.Duration(i)).Before(now) {
				n++
			}
		}
	}
	return n
}

func (p *player) markNames() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.marks...)
}

func (p *player) clearTimes() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]time.Time(nil), p.clears...)
}

// fakeConv is a conversation driven by a test.
type fakeConv struct {
	config call.Config
	events chan call.Event
	write  func([]byte) error
	do     func(context.Context, call.Command) error
	mute   bool // Events never yields anything
	closed chan struct{}
	once   sync.Once

	mu       sync.Mutex
	commands []call.Command
	frames   [][]byte
}

func (c *fakeConv) Write(frame []byte) error {
	if c.write != nil {
		return c.write(frame)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frames = append(c.frames, append([]byte(nil), frame...))
	return nil
}

// heard is every frame so far.
func (c *fakeConv) heard() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.frames)
}

func (c *fakeConv) Do(ctx context.Context, cmd call.Command) error {
	c.mu.Lock()
	c.commands = append(c.commands, cmd)
	c.mu.Unlock()
	if c.do != nil {
		return c.do(ctx, cmd)
	}
	return nil
}

func (c *fakeConv) Events() <-chan call.Event {
	if c.mute {
		return nil
	}
	return c.events
}

func (c *fakeConv) Close() { c.once.Do(func() { close(c.closed) }) }

// emit sends events in order, unless the conversation was closed.
func (c *fakeConv) emit(events ...call.Event) {
	for _, e := range events {
		select {
		case c.events <- e:
		case <-c.closed:
			return
		}
	}
}

// say sends a whole utterance of one byte value.
func (c *fakeConv) say(item string, value byte, d time.Duration) {
	c.emit(
		call.Event{Kind: call.EventAudio, Item: item, Data: fill(value, d)},
		call.Event{Kind: call.EventAudioDone, Item: item},
	)
}

func (c *fakeConv) did() []call.Command {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]call.Command(nil), c.commands...)
}

// fakeEngine opens conversations for a test.
type fakeEngine struct {
	in, out audio.Format // zero: those of the leg
	open    func(ctx context.Context, n int) error
	setup   func(*fakeConv)

	mu    sync.Mutex
	opens int
	convs []*fakeConv
}

func (e *fakeEngine) Formats(leg audio.Format) (in, out audio.Format) {
	in, out = e.in, e.out
	if in == (audio.Format{}) {
		in = leg
	}
	if out == (audio.Format{}) {
		out = leg
	}
	return in, out
}

func (e *fakeEngine) Open(ctx context.Context, c call.Config) (call.Conversation, error) {
	e.mu.Lock()
	e.opens++
	n := e.opens
	e.mu.Unlock()
	if e.open != nil {
		if err := e.open(ctx, n); err != nil {
			return nil, err
		}
	}
	conv := &fakeConv{config: c, events: make(chan call.Event, 100), closed: make(chan struct{})}
	if e.setup != nil {
		e.setup(conv)
	}
	conv.events <- call.Event{Kind: call.EventReady}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.convs = append(e.convs, conv)
	return conv, nil
}

// conv is the newest conversation.
func (e *fakeEngine) conv() *fakeConv {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.convs[len(e.convs)-1]
}

func (e *fakeEngine) opened() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.opens
}

// measured records what the session observes.
type measured struct {
	mu      sync.Mutex
	turns   []time.Duration
	clears  []time.Duration
	delays  []time.Duration
	dropped int
	errors  []string
}

func (m *measured) TurnLatency(d time.Duration)  { m.add(func() { m.turns = append(m.turns, d) }) }
func (m *measured) ClearLatency(d time.Duration) { m.add(func() { m.clears = append(m.clears, d) }) }

func (m *measured) FrameDelay(d time.Duration) { m.add(func() { m.delays = append(m.delays, d) }) }
func (m *measured) FramesDropped(n int)        { m.add(func() { m.dropped += n }) }
func (m *measured) EngineError(code string)    { m.add(func() { m.errors = append(m.errors, code) }) }

func (m *measured) add(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

// fill is audio of one µ-law byte value.
func fill(value byte, d time.Duration) []byte {
	b := make([]byte, audio.Mulaw8k.Bytes(d))
	for i := range b {
		b[i] = value
	}
	return b
}

// running is a call in progress.
type running struct {
	*testing.T
	engine  *fakeEngine
	session *call.Session
	seen    *measured
	mu      sync.Mutex
	stored  []*call.Ending
	done    chan struct{}
	result  call.Result
	err     error
	start   time.Time
}

// run starts a call in the bubble of t and lets it settle.
func run(t *testing.T, leg call.Leg, engine *fakeEngine, change func(*call.Session)) *running {
	t.Helper()
	r := &running{T: t, engine: engine, seen: &measured{}, done: make(chan struct{}), start: time.Now()}
	r.session = &call.Session{
		ID: "call_1", Leg: leg, Engine: engine,
		Limits: call.Limits{
			GreetingInterruptible: true, DTMFInterrupts: true,
			InactivityPrompt: "Are you still there?",
		},
		Notices: call.Notices{Failed: notice(300), NoLiveAgent: notice(600)},
		Commit: func(_ context.Context, e *call.Ending) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.stored = append(r.stored, e)
			return nil
		},
		Observe: r.seen,
	}
	if change != nil {
		change(r.session)
	}
	go func() {
		defer close(r.done)
		r.result, r.err = r.session.Run(t.Context())
	}()
	synctest.Wait()
	return r
}

// commits is everything that was committed so far.
func (r *running) commits() []*call.Ending {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.stored)
}

// pass lets time go by.
func (r *running) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// say makes the engine speak and waits until it was taken in.
func (r *running) say(item string, value byte, d time.Duration) {
	r.engine.conv().say(item, value, d)
	synctest.Wait()
}

func (r *running) emit(events ...call.Event) {
	r.engine.conv().emit(events...)
	synctest.Wait()
}

// wait waits for the end of the call.
func (r *running) wait() call.Result {
	r.Helper()
	select {
	case <-r.done:
	case <-time.After(time.Hour):
		r.Fatal("the call does not end")
	}
	synctest.Wait()
	return r.result
}

// notice is a recorded sentence of one second, a constant level.
func notice(level int16) []int16 {
	s := make([]int16, 8000)
	for i := range s {
		s[i] = level
	}
	return s
}
