package call

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

const (
	commitTimeout = 5 * time.Second
	// endTimeout bounds the platform's way of ending a leg.
	endTimeout = 10 * time.Second
	// maxWork is more than the other goroutines can ever have waiting, so that none
	// of them waits for an owner that has gone: two ends, every opening, a transfer.
	maxWork = 4 + maxReopen
)

// Run runs the call until it ends and answers its record. The error says what
// broke, if anything did; it is already logged. When the context ends, so does
// the call, at once.
func (s *Session) Run(ctx context.Context) (Result, error) {
	s.once.Do(s.init)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o := newOwner(s)
	o.start(ctx)
	o.loop(ctx)
	ended := time.Now()
	o.drop(&target{})
	o.play.clear(ended, false)
	o.absorb(ended)
	if !o.committed {
		e := o.ending
		o.commit(ctx, &e)
	}
	// Audio, silence at least, flows until here. The leg is ended only after
	// the last write, and read until it is ended, because the platform may
	// still have something to say about that.
	o.play.close()
	o.writer.Wait()
	bounded, done := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	if err := s.Leg.End(bounded, o.ending); err != nil {
		o.log.LogAttrs(ctx, slog.LevelWarn, "leg not ended cleanly", slog.Any("error", err))
	}
	done()
	cancel()
	o.readers.Wait()
	o.lateWork(ended)

	attrs := []slog.Attr{slog.String("reason", string(o.ending.Reason))}
	if o.cause != nil {
		attrs = append(attrs, slog.Any("error", o.cause))
	}
	o.log.LogAttrs(ctx, slog.LevelInfo, "call ended", attrs...)
	return o.result(ended), o.cause
}

// newOwner prepares a call that begins now. Formats nobody can transcode make
// the engine unusable; the caller still hears the fallback.
func newOwner(s *Session) *owner {
	o := &owner{
		s: s, log: s.Log, observe: s.Observe,
		answered: time.Now(),
		inputs:   make(chan input, heldFrames),
		work:     make(chan func(time.Time), maxWork),
		idle:     true,
		greeting: noTurn,
		talking:  noTurn,
	}
	o.idleSince = o.answered
	o.ring()
	if o.log == nil {
		o.log = slog.New(slog.DiscardHandler)
	}
	o.log = o.log.With(slog.String("call_id", s.ID))
	if o.observe == nil {
		o.observe = unobserved{}
	}
	o.config = s.Config
	leg := s.Leg.Format()
	o.config.In, o.config.Out = s.Engine.Formats(leg)
	o.play = newPlayout(s.Leg, o.answered)
	ears, err := audio.NewTranscoder(leg, o.config.In)
	if err == nil {
		o.voice, err = audio.NewTranscoder(o.config.Out, leg)
	}
	if err != nil {
		o.unusable, ears = fmt.Errorf("engine format: %w", err), nil
	}
	o.up = newUpstream(s.Leg, ears, o.config.In, o.inputs, o.observe)
	return o
}
