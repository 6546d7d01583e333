package api

// Values of MediaStreamEngine.OnEngineClose.
const (
	OnEngineCloseEnd      = "end"
	OnEngineCloseTransfer = "transfer"
	OnEngineCloseFallback = "fallback"
)

// MediaStreamEngine configures a bot written for Twilio Media Streams, to which
// the gateway takes Twilio's part
// (https://www.twilio.com/docs/voice/media-streams/websocket-messages).
type MediaStreamEngine struct {
	UserBot
	OnEngineClose string `json:"on_engine_close,omitempty" enum:"end,transfer,fallback" doc:"What happens when the bot closes the stream: end the call, transfer it to the channel's live agent, or run the fallback. Default end."`
}

func (e *MediaStreamEngine) validate() []FieldError {
	return e.UserBot.validate("engine.media_stream.")
}
