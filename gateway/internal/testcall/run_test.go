package testcall_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/testcall"
)

const greeting = "Hello. How can I help you today?"

// frames is the tolerance of times that are counted in frames.
const frames = 45

// lead is the silence before everything the voice says.
const lead = 100

func TestKeysAreTransferred(t *testing.T) {
	t.Parallel()
	line := &fakeLine{greeting: greeting, key: func(l *fakeLine, key byte) {
		if key == '0' {
			l.say(200*time.Millisecond, "I am connecting you.")
			l.ends("transfer")
		}
	}}
	r, err := testcall.Run(t.Context(), testcall.Plan{Dialer: line, Steps: []testcall.Step{{Keys: "10"}}})
	require.NoError(t, err)
	require.Equal(t, "CA1", r.ProviderCallID)
	require.Equal(t, "transfer", r.End.Next)
	require.InDelta(t, lead, *r.FirstAudioMS, frames)
	require.Len(t, r.Turns, 1)
	require.Equal(t, "[10]", r.Turns[0].Said)
	// The caller lets the assistant finish and presses the keys apart.
	require.InDelta(t, lead+spoken(greeting).Milliseconds()+700, r.Turns[0].AtMS, 2*frames)
	require.InDelta(t, 200+lead, *r.Turns[0].LatencyMS, frames)
	require.Nil(t, r.Turns[0].ClearMS)
	require.Equal(t, 8000, r.Heard.Rate)

	prompt, err := voice(t.Context(), greeting)
	require.NoError(t, err)
	_, score, err := audio.Align(prompt, r.Heard)
	require.NoError(t, err)
	require.Greater(t, score, 0.95)
}

func TestSpeechIsAnsweredAndTheCallerHangsUp(t *testing.T) {
	t.Parallel()
	var said []byte
	line := &fakeLine{greeting: greeting, frame: func(_ *fakeLine, frame []byte) { said = append(said, frame...) }}
	sound, err := voice(t.Context(), "what are your hours")
	require.NoError(t, err)
	steps := []testcall.Step{
		{Sound: sound}, {Wait: 300 * time.Millisecond}, {Say: "and tomorrow"}, {Listen: true}, {Hangup: true},
	}
	r, err := testcall.Run(t.Context(), testcall.Plan{Dialer: line, Steps: steps, Speak: voice})
	require.NoError(t, err)
	require.Equal(t, channel.LineEnd{}, r.End)
	require.Equal(t, "[sound]", r.Turns[0].Said)
	require.Equal(t, "and tomorrow", r.Turns[1].Said)
	require.Nil(t, r.Turns[1].LatencyMS, "nobody answered")
	whole, err := sound.Encode(audio.Mulaw8k)
	require.NoError(t, err)
	require.Equal(t, string(whole), string(said[:len(whole)]))
}

func TestInterruptingIsTimed(t *testing.T) {
	t.Parallel()
	sent := 0
	line := &fakeLine{greeting: greeting, frame: func(l *fakeLine, _ []byte) {
		if sent++; sent == 20 { // 400 ms, 300 ms after the speech in it began
			l.clear()
			l.say(1200*time.Millisecond, "Yes?")
		}
	}}
	const said = "connect me to an agent"
	steps := []testcall.Step{{Say: said, Over: 500 * time.Millisecond}}
	r, err := testcall.Run(t.Context(), testcall.Plan{Dialer: line, Steps: steps, Speak: voice})
	require.NoError(t, err)
	turn := r.Turns[0]
	require.InDelta(t, lead+500+lead, turn.AtMS, frames)
	require.InDelta(t, 300, *turn.ClearMS, frames)
	require.InDelta(t, 300+1200+lead-spoken(said).Milliseconds(), *turn.LatencyMS, frames)
}

func TestACallerFirstCallBeginsAtOnce(t *testing.T) {
	t.Parallel()
	line := &fakeLine{key: func(l *fakeLine, _ byte) {
		l.say(0, "Goodbye.")
		l.ends("hangup")
	}}
	r, err := testcall.Run(t.Context(), testcall.Plan{
		Dialer: line, Steps: []testcall.Step{{Keys: "#"}}, CallerFirst: true,
	})
	require.NoError(t, err)
	require.Zero(t, r.Turns[0].AtMS)
	require.Equal(t, "hangup", r.End.Next)
}

func TestASilentCallIsGivenUp(t *testing.T) {
	t.Parallel()
	r, err := testcall.Run(t.Context(), testcall.Plan{Dialer: &fakeLine{}})
	require.NoError(t, err)
	require.Nil(t, r.FirstAudioMS)
	require.InDelta(t, 8, r.Heard.Duration().Seconds(), 0.1)
}

func TestACallMayTakeTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		line := &fakeLine{idle: func(ctx context.Context, n int) {
			if n == 10 {
				<-ctx.Done()
			}
		}}
		began := time.Now()
		_, err := testcall.Run(t.Context(), testcall.Plan{Dialer: line, Timeout: 30 * time.Second})
		require.ErrorIs(t, err, testcall.ErrTimeout)
		require.Equal(t, 30*time.Second, time.Since(began))
	})
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	mute := func(context.Context, string) (audio.Sound, error) { return audio.Sound{}, errors.New("no voice") }
	refused := &channel.RefusedError{Step: "voice", Status: 403, Detail: "403 Forbidden"}
	cases := []struct {
		name string
		plan testcall.Plan
		want string
	}{
		{"no kind of step", testcall.Plan{Steps: []testcall.Step{{}}}, "step 1: a step does exactly one thing"},
		{"two kinds", testcall.Plan{Steps: []testcall.Step{{Say: "a", Keys: "1"}}}, "exactly one thing"},
		{"keys", testcall.Plan{Steps: []testcall.Step{{Keys: "1x"}}}, `keys "1x"`},
		{"interrupting with nothing", testcall.Plan{Steps: []testcall.Step{{Listen: true, Over: 1}}}, "interrupt"},
		{"no voice", testcall.Plan{Steps: []testcall.Step{{Say: "a"}}}, "there is no voice"},
		{"broken voice", testcall.Plan{Steps: []testcall.Step{{Say: "a"}}, Speak: mute}, "no voice"},
		{"steps", testcall.Plan{Steps: make([]testcall.Step, 101)}, "101 steps"},
		{"timeout", testcall.Plan{Timeout: time.Hour}, "timeout 1h0m0s"},
		{"refused", testcall.Plan{}, "place the call: voice was refused: 403 Forbidden"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.plan.Dialer = &fakeLine{dialled: func(channel.Placement) error { return refused }}
			_, err := testcall.Run(t.Context(), c.plan)
			require.ErrorContains(t, err, c.want)
		})
	}
}
