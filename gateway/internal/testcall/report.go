package testcall

import (
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// Report is what a call was like for the caller. All times are measured from
// audio, in milliseconds since the call was answered; nil means never.
type Report struct {
	ProviderCallID string          `json:"provider_call_id"`
	FirstAudioMS   *int64          `json:"first_audio_ms"`
	Turns          []*Turn         `json:"turns"`
	End            channel.LineEnd `json:"end"`
	Heard          audio.Sound     `json:"-"` // the whole call, in the line's rate
}

// Turn is one thing the caller said or pressed.
type Turn struct {
	Said string `json:"said"`
	AtMS int64  `json:"at_ms"` // start of the speech
	// LatencyMS is from the end of the speech to the next speech of the
	// assistant.
	LatencyMS *int64 `json:"latency_ms,omitempty"`
	// ClearMS is from the start of speech over the assistant to the moment
	// the platform dropped the assistant's audio.
	ClearMS *int64 `json:"clear_ms,omitempty"`

	start, end time.Duration
	over       bool // it began while the assistant spoke
}

func millis(d time.Duration) *int64 { return new(d.Milliseconds()) }
