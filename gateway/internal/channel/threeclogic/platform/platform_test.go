package platform

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A mark is answered after the audio before it was heard, or dropped.
func TestPlayout(t *testing.T) {
	t.Parallel()
	f := audio.Mulaw8k
	var p playout
	p.queue = bytes.Repeat([]byte{1}, f.FrameBytes()+80)
	p.marks = []mark{{"first", int64(f.FrameBytes())}, {"second", int64(len(p.queue))}}
	frame := make([]byte, f.FrameBytes())
	p.frame(f, frame)
	require.Empty(t, p.heard(), "it is being played")
	p.frame(f, frame)
	require.Equal(t, []string{"first"}, p.heard())
	require.Equal(t, append(bytes.Repeat([]byte{1}, 80), bytes.Repeat([]byte{0xFF}, 80)...), frame)
	p.frame(f, frame)
	require.Equal(t, []string{"second"}, p.heard())

	p.queue = make([]byte, 10)
	p.marks = []mark{{"third", p.taken + 10}}
	dropped, names := p.clear()
	require.Equal(t, 10, dropped)
	require.Equal(t, []string{"third"}, names)
}

func TestCallsNobodyCanPlace(t *testing.T) {
	t.Parallel()
	_, err := Platform{}.Dial(t.Context(), channel.Placement{Body: &api.TwilioChannel{}})
	require.ErrorContains(t, err, "is not called by 3CLogic")
	body := &api.ThreeCLogicChannel{}
	body.Defaults()
	_, err = Platform{}.Dial(t.Context(), channel.Placement{Body: body})
	require.ErrorContains(t, err, "client_secret is unknown")
	_, err = Platform{Auth: "none"}.Dial(t.Context(), channel.Placement{
		Body: body, Credentials: map[string]string{"client_secret": "s"},
	})
	require.ErrorContains(t, err, `auth method "none" is unknown`)
}
