package api

import "net/url"

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
	URL           string `json:"url" minLength:"1" maxLength:"2000" doc:"WebSocket address of the bot, wss://host/path, without a query, which Twilio does not send either. The handshake is signed over exactly this text."`
	AllowInsecure bool   `json:"allow_insecure,omitempty" doc:"Permit an unencrypted ws:// address, which must also lie in VA_OUTBOUND_ALLOW_CIDRS."`
	APIKey        string `json:"api_key,omitempty" writeOnly:"true" doc:"Key of the signature X-Twilio-Signature, the auth token that the bot checks it with; never answered. Absent means unchanged while api_key_version is the stored one."`
	APIKeyVersion int64  `json:"api_key_version,omitempty" minimum:"0" doc:"Number of the key, to be raised with every new one. Absent: nothing is signed and a stored key is deleted."`
	AccountSID    string `json:"account_sid,omitempty" maxLength:"34" doc:"Account that the bot is told, AC and 32 hexadecimal digits, for bots that compare it. Default: one made from the address."`
	OnEngineClose string `json:"on_engine_close,omitempty" enum:"end,transfer,fallback" doc:"What happens when the bot closes the stream: end the call, transfer it to the channel's live agent, or run the fallback. Default end."`
}

func (e *MediaStreamEngine) validate() []FieldError {
	return checkUserBot("engine.media_stream.", e.URL, e.AllowInsecure, e.AccountSID)
}

// checkUserBot checks what the engines have in common that take a platform's
// part towards a bot of the user.
func checkUserBot(at, address string, insecure bool, account string) []FieldError {
	errs := checkBackendURL(at+"url", address, insecure, "wss", "ws")
	if u, err := url.Parse(address); err == nil && (u.RawQuery != "" || u.ForceQuery) {
		errs = append(errs, FieldError{
			at + "url", "has a query, which the platform does not send; put it into the path or into variables",
		})
	}
	if account != "" && !twilioAccount.MatchString(account) {
		errs = append(errs, FieldError{at + "account_sid", "is not AC and 32 hexadecimal digits"})
	}
	return errs
}
