package api

import (
	"fmt"
	"regexp"
)

// KindTwilio is the channel kind of TwilioChannel.
const KindTwilio = "twilio"

// TwilioChannel answers calls that a Twilio phone number sends to its voice
// webhook. See https://www.twilio.com/docs/voice/media-streams.
type TwilioChannel struct {
	Channel
	PhoneNumberToLiveAgent string `json:"phone_number_to_live_agent,omitempty" maxLength:"255" doc:"E.164 number or SIP URI dialled when the caller wants a live agent. Empty: the assistant says that nobody can be reached."`
	AuthenticationToken    string `json:"authentication_token,omitempty" writeOnly:"true" doc:"Auth token of the Twilio account, the key of every signature; 32 to 512 printable ASCII characters. On PUT absent means unchanged; another value is a rotation."`

	AccountSID   string `json:"account_sid,omitempty" pattern:"^AC[0-9a-fA-F]{32}$" doc:"The Twilio account: requests and streams of any other are refused. Needed for media_url and for the API key."`
	APIKeySID    string `json:"api_key_sid,omitempty" pattern:"^SK[0-9a-fA-F]{32}$" doc:"API key with which the gateway ends or transfers a call over Twilio's REST API when Twilio does not ask what comes next. Needs account_sid and api_key_secret; absent on PUT, the key and its secret are removed."`
	APIKeySecret string `json:"api_key_secret,omitempty" writeOnly:"true" doc:"Secret of the API key; 32 to 512 printable ASCII characters. On PUT absent means unchanged while api_key_sid is given; another value is a rotation."`
	Region       string `json:"region,omitempty" pattern:"^[a-z]{2}[0-9]{1,2}$" doc:"Region of Twilio's REST API, for example ie1, together with edge. Default: the host api.twilio.com."`
	Edge         string `json:"edge,omitempty" pattern:"^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$" doc:"Edge of Twilio's REST API, for example dublin, together with region."`

	URL               string `json:"url,omitempty" readOnly:"true" doc:"Voice webhook of the phone number, method POST."`
	VoiceFallbackURL  string `json:"voice_fallback_url,omitempty" readOnly:"true" doc:"Fallback webhook of the phone number, method POST."`
	StatusCallbackURL string `json:"status_callback_url,omitempty" readOnly:"true" doc:"Status callback of the phone number, method POST."`
	MediaURL          string `json:"media_url,omitempty" readOnly:"true" doc:"Media stream URL for TwiML of your own; absent unless account_sid is set. Its signature is the same every time, so keep the URL to yourself."`
}

// Forms of Twilio's identifiers and of the host api.{edge}.{region}.twilio.com
// (https://www.twilio.com/docs/global-infrastructure/using-the-twilio-rest-api-in-a-non-us-region).
var (
	twilioAccount = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)
	twilioKey     = regexp.MustCompile(`^SK[0-9a-fA-F]{32}$`)
	twilioRegion  = regexp.MustCompile(`^[a-z]{2}[0-9]{1,2}$`)
	twilioEdge    = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$`)
)

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
	return append(errs, c.validateREST()...)
}

// validateREST checks what the REST API needs. That a key has a secret can only
// be told where the stored one is known.
func (c *TwilioChannel) validateREST() []FieldError {
	var errs []FieldError
	for _, f := range []struct {
		name, value string
		form        *regexp.Regexp
		rule        string
	}{
		{"account_sid", c.AccountSID, twilioAccount, "AC and 32 hexadecimal digits"},
		{"api_key_sid", c.APIKeySID, twilioKey, "SK and 32 hexadecimal digits"},
		{"region", c.Region, twilioRegion, "two letters and a number, for example ie1"},
		{"edge", c.Edge, twilioEdge, "lower-case letters, digits and hyphens, for example dublin"},
	} {
		if f.value != "" && !f.form.MatchString(f.value) {
			errs = append(errs, FieldError{f.name, fmt.Sprintf("%.100q is not of the form: %s", f.value, f.rule)})
		}
	}
	if c.APIKeySecret != "" {
		errs = append(errs, checkSecret("api_key_secret", c.APIKeySecret)...)
		if c.APIKeySID == "" {
			errs = append(errs, FieldError{"api_key_sid", "is required with api_key_secret"})
		}
	}
	if c.APIKeySID != "" && c.AccountSID == "" {
		errs = append(errs, FieldError{"account_sid", "is required with api_key_sid"})
	}
	switch {
	case c.Region != "" && c.Edge == "":
		errs = append(errs, FieldError{"edge", "is required with region"})
	case c.Region == "" && c.Edge != "":
		errs = append(errs, FieldError{"region", "is required with edge"})
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
