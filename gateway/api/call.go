package api

import "time"

// States of a call.
const (
	CallOffered  = "offered"  // the platform asked, media has not started
	CallRunning  = "running"  // media flows
	CallEnded    = "ended"    // over
	CallDialling = "dialling" // handed over, the platform rings the live agent
)

// Call is the record of one call.
type Call struct {
	ID                  string     `json:"id"`
	ChannelID           string     `json:"channel_id"`
	ChannelKind         string     `json:"channel_kind"`
	AssistantID         string     `json:"assistant_id"`
	AssistantRevision   int64      `json:"assistant_revision"`
	ProviderApplication string     `json:"provider_application"`
	ProviderCallID      string     `json:"provider_call_id" doc:"The platform's own id, for example Twilio's CallSid."`
	From                string     `json:"from,omitempty"`
	To                  string     `json:"to,omitempty"`
	State               string     `json:"state" enum:"offered,running,dialling,ended"`
	Outcome             string     `json:"outcome,omitempty" doc:"resolved, transferred, caller_hangup, fallback, failed or no_media."`
	EndReason           string     `json:"end_reason,omitempty" doc:"Why it ended, one stable word."`
	Transfer            *CallMove  `json:"transfer,omitempty"`
	StartedAt           time.Time  `json:"started_at"`
	AnsweredAt          *time.Time `json:"answered_at,omitempty"`
	EndedAt             *time.Time `json:"ended_at,omitempty"`
	Turns               []Turned   `json:"turns,omitempty"`
	Stats               CallStats  `json:"stats"`
}

// CallMove is the transfer of a call to a live agent.
type CallMove struct {
	Destination string `json:"destination" doc:"Where the call was sent."`
	Summary     string `json:"summary,omitempty" doc:"What the engine told for whoever takes the call, in one line."`
	Method      string `json:"method" doc:"How, for example dial."`
	Result      string `json:"result,omitempty" doc:"What the platform reported, for example completed or busy."`
}

// Turned is one utterance. Key presses appear as [key], never as the digit.
type Turned struct {
	Role        string `json:"role" enum:"caller,assistant"`
	Text        string `json:"text"`
	AtMS        int64  `json:"at_ms" doc:"Milliseconds since the call was answered."`
	LatencyMS   *int64 `json:"latency_ms,omitempty" doc:"Assistant turns: end of the caller's turn to first audio sent."`
	HeardMS     *int64 `json:"heard_ms,omitempty" doc:"Assistant turns: audio the caller heard."`
	Interrupted bool   `json:"interrupted,omitempty" doc:"Assistant turns: the caller talked over it."`
}

// CallStats counts media of one call.
type CallStats struct {
	FramesIn        int64 `json:"frames_in"`
	FramesOut       int64 `json:"frames_out"`
	DroppedIn       int64 `json:"dropped_in" doc:"Caller frames dropped because the engine did not take them."`
	Interruptions   int64 `json:"interruptions"`
	FirstAudioMS    int64 `json:"first_audio_ms" doc:"From answer to first assistant audio sent."`
	LatencyP50MS    int64 `json:"latency_p50_ms" doc:"Median turn latency."`
	LatencyP95MS    int64 `json:"latency_p95_ms"`
	SilenceFilledMS int64 `json:"silence_filled_ms" doc:"Caller audio the platform did not send, replaced with silence."`
}

// Page is one page of a list in the order of ids. Next is empty on the last
// page; otherwise pass it as the query parameter after.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}
