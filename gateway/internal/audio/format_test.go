package audio_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		format  audio.Format
		name    string
		frame   int
		silence byte
	}{
		{audio.Mulaw8k, "PCMU/8000", 160, 0xFF},
		{audio.Alaw8k, "PCMA/8000", 160, 0xD5},
		{audio.Linear16k, "L16/16000", 640, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, tt.format.Validate())
			require.Equal(t, tt.name, tt.format.String())
			require.Equal(t, tt.frame, tt.format.FrameBytes())
			require.Equal(t, tt.frame, tt.format.Bytes(audio.FrameDuration))
			require.Equal(t, audio.FrameDuration, tt.format.Duration(tt.frame))
			almost := audio.FrameDuration - time.Nanosecond
			require.Equal(t, tt.frame-tt.format.BytesPerSample(), tt.format.Bytes(almost), "whole samples")
			b := make([]byte, 3)
			tt.format.Silence(b)
			require.Equal(t, []byte{tt.silence, tt.silence, tt.silence}, b)
		})
	}
	require.Equal(t, "?/8000", audio.Format{Codec: 7, Rate: 8000}.String())
}
