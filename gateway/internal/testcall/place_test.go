package testcall_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/testcall"
)

// fakeTarget makes a line's own dialer a target.
type fakeTarget struct {
	dialKind
	*fakeLine
}

func (f fakeTarget) Dial(ctx context.Context, p channel.Placement) (channel.Line, error) {
	return f.fakeLine.Dial(ctx, p)
}

func TestPlaceVerifiesTheRecord(t *testing.T) {
	t.Parallel()
	record := func(text string) map[string]any {
		return map[string]any{
			"/v1/calls?channel_id=" + channelID + "&provider_call_id=CA1": api.Page[api.Call]{Items: []api.Call{{
				State: api.CallEnded, Turns: []api.Turned{{Role: "assistant", Text: text, HeardMS: new(int64(9000))}},
			}}},
		}
	}
	body := &api.TwilioChannel{Channel: api.Channel{ID: channelID}}
	place := func(line *fakeLine, answers map[string]any) (testcall.Result, error) {
		target := testcall.Target{Dialer: fakeTarget{fakeLine: line}, Placement: channel.Placement{Body: body}}
		return testcall.Place(t.Context(), admin(t, answers), target, testcall.Plan{}, only(voice))
	}

	r, err := place(&fakeLine{greeting: greeting}, record(greeting))
	require.NoError(t, err)
	require.Greater(t, *r.Lines[0].Score, testcall.MinScore)

	r, err = place(&fakeLine{greeting: greeting}, record("Something else."))
	require.ErrorContains(t, err, `"Something else." was not heard`)
	require.Len(t, r.Lines, 1)

	refused := errors.New("refused")
	_, err = place(&fakeLine{dialled: func(channel.Placement) error { return refused }}, nil)
	require.ErrorIs(t, err, refused)
}

// TestVoices needs no synthesiser: what it compares is spoken by the same.
func TestVoices(t *testing.T) {
	t.Parallel()
	speaker := speech.New(speech.Options{})
	said, err := testcall.CallerVoice(speaker)(t.Context(), "agent")
	require.NoError(t, err)
	require.Positive(t, said.Duration())

	normal := api.Assistant{Language: "en-US", Voice: &api.Voice{Speed: 1}}
	sounds, err := testcall.AssistantVoice(speaker, normal)(t.Context(), "Are you still there?")
	require.NoError(t, err)
	require.Len(t, sounds, 1)
	require.Greater(t, sounds[0].Duration(), 500*time.Millisecond)

	recorded := normal
	recorded.Engine = &api.Engine{Scripted: &api.ScriptedEngine{TTS: api.TTSEmbedded}}
	embedded := testcall.AssistantVoice(speaker, recorded)
	sounds, err = embedded(t.Context(), "Are you still there?")
	require.NoError(t, err)
	require.Len(t, sounds, 1, "a text with its own recording")
	sounds, err = embedded(t.Context(), "What a wonderful day it is.")
	require.NoError(t, err)
	require.Greater(t, len(sounds), 5, "a text without one may be replaced by any")
	_, err = embedded(t.Context(), "")
	require.Error(t, err)
}
