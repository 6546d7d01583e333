package enginetest_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/enginetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEchoKeepsTheContract(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(*testing.T) enginetest.Subject {
		return enginetest.Subject{
			Engine:      enginetest.Echo{Greeting: time.Second},
			Speech:      func(_ testing.TB, f audio.Format) []byte { return enginetest.Tone(f, time.Second) },
			Transcribes: true,
			TransferKey: enginetest.TransferKey,
			EndKey:      enginetest.EndKey,
		}
	})
}

func TestEchoSaysWhatItHearsBitByBit(t *testing.T) {
	t.Parallel()
	f := audio.Alaw8k
	conv, err := enginetest.Echo{}.Open(t.Context(), call.Config{In: f, Out: f})
	require.NoError(t, err)
	defer conv.Close()
	var said, heard bytes.Buffer
	for i := range 40 {
		frame := bytes.Repeat([]byte{byte(i)}, f.FrameBytes())
		frame[i]++
		require.NoError(t, conv.Write(frame))
		said.Write(frame)
	}
	for e := range conv.Events() {
		heard.Write(e.Data)
		if heard.Len() == said.Len() {
			break
		}
	}
	require.Equal(t, said.Bytes(), heard.Bytes())
}
