package api

import "fmt"

// KindTwilio is the channel kind of TwilioChannel.
const KindTwilio = "twilio"

// TwilioChannel answers calls that a Twilio phone number sends to its voice
// webhook. See https://www.twilio.com/docs/voice/media-streams.
type TwilioChannel struct {
	Channel
	PhoneNumberToLiveAgent string `json:"phone_number_to_live_agent,omitempty" maxLength:"255" doc:"E.164 number or SIP URI dialled when the caller wants a live agent. Empty: the assistant says that nobody can be reached."`
	AuthenticationToken    string `json:"authentication_token,omitempty" writeOnly:"true" doc:"Auth token of the Twilio account, the key of every signature; 32 to 512 printable ASCII characters. On PUT absent means unchanged; another value is a rotation."`

	URL               string `json:"url,omitempty" readOnly:"true" doc:"Voice webhook of the phone number, method POST."`
	VoiceFallbackURL  string `json:"voice_fallback_url,omitempty" readOnly:"true" doc:"Fallback webhook of the phone number, method POST."`
	StatusCallbackURL string `json:"status_callback_url,omitempty" readOnly:"true" doc:"Status callback of the phone number, method POST."`
}

// Validate implements ChannelBody.
func (c *TwilioChannel) Validate() []FieldError {
	errs := c.Channel.Validate()
	if c.PhoneNumberToLiveAgent != "" {
		if err := CheckDialTarget(c.PhoneNumberToLiveAgent); err != nil {
			errs = append(errs, FieldError{"phone_number_to_live_agent", err.Error()})
		}
	}
	if t := c.AuthenticationToken; t != "" {
		errs = append(errs, checkSecret("authentication_token", t)...)
	}
	return errs
}

// checkSecret never repeats the value.
func checkSecret(field, value string) []FieldError {
	if n := len(value); n < MinSecret || n > MaxSecret {
		return []FieldError{{field, fmt.Sprintf("%d characters; the rule is %d to %d", n, MinSecret, MaxSecret)}}
	}
	for _, c := range []byte(value) {
		if c <= ' ' || c > '~' {
			return []FieldError{{field, "only printable ASCII characters without spaces are allowed"}}
		}
	}
	return nil
}
