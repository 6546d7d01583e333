package speech

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

const (
	defaultCache = 64 << 20 // 35 minutes of speech
	// restAfterFailure is how long espeak-ng is left alone after it failed, so
	// that not every sentence of every call waits for a program that hangs.
	restAfterFailure = time.Minute
)

// Options of a Speaker.
type Options struct {
	Log *slog.Logger // nil drops everything
	// Espeak is the program; empty looks espeak-ng up on PATH.
	Espeak string
	// CacheBytes bounds the sounds kept in memory; 0 is 64 MiB.
	CacheBytes int
	// Concurrent bounds the programs that run at a time; 0 is one per
	// processor.
	Concurrent int
}

// Speaker turns text into sound. Its methods may be called from any goroutine;
// mu guards the time of rest.
type Speaker struct {
	log    *slog.Logger
	espeak *espeak // nil if absent
	cache  *cache
	logged sync.Once

	mu        sync.Mutex
	restUntil time.Time
}

// New makes a Speaker. It looks for espeak-ng once.
func New(o Options) *Speaker {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Espeak == "" {
		o.Espeak = "espeak-ng"
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = defaultCache
	}
	if o.Concurrent == 0 {
		o.Concurrent = runtime.NumCPU()
	}
	s := &Speaker{log: o.Log, cache: newCache(o.CacheBytes)}
	var err error
	if s.espeak, err = findEspeak(context.Background(), o.Espeak, o.Concurrent); err != nil {
		s.failed(err)
	}
	return s
}

// Name is the synthesiser found: "espeak-ng", or "embedded" for recorded
// prompts only.
func (s *Speaker) Name() string {
	if s.espeak == nil {
		return ModeEmbedded
	}
	return ModeEspeak
}

// Render gives the sound of an utterance at 16 kHz. Equal utterances give
// equal samples, which must not be changed. Without a working synthesiser, or
// when the deadline of the context passes, it gives recorded prompts: those
// whose texts make up the text, else the one of the same purpose. It fails for
// a text that is empty or too long and when the context is cancelled.
func (s *Speaker) Render(ctx context.Context, u Utterance) (audio.Sound, error) {
	if err := u.check(); err != nil {
		return audio.Sound{}, err
	}
	if s.espeak == nil || u.Mode == ModeEmbedded {
		return prompts().compose(u.Text, u.Purpose), nil
	}
	sound, err := s.cache.get(ctx, u.key(), func(ctx context.Context) (audio.Sound, error) {
		return s.synthesise(ctx, u)
	})
	switch {
	case err == nil:
		return sound, nil
	case errors.Is(err, context.Canceled):
		return audio.Sound{}, err
	}
	return prompts().compose(u.Text, u.Purpose), nil
}

var errResting = errors.New("the synthesiser failed a moment ago")

// synthesise runs espeak-ng. That it has no place free is no failure of it.
func (s *Speaker) synthesise(ctx context.Context, u Utterance) (audio.Sound, error) {
	if s.resting() {
		return audio.Sound{}, errResting
	}
	sound, err := s.espeak.render(ctx, u)
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, errNoPlace) {
		s.failed(err)
	}
	return sound, err
}

// failed notes a failure; only the first is logged.
func (s *Speaker) failed(err error) {
	s.logged.Do(func() {
		s.log.Warn("speech synthesis does not work: recorded prompts are used", "error", err)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.restUntil = time.Now().Add(restAfterFailure)
}

func (s *Speaker) resting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.restUntil)
}
