package api

import "net/url"

// UserBot is a bot of the user, to which an engine takes the part of the platform
// that the bot was written for. Those engines embed it.
type UserBot struct {
	URL           string `json:"url" minLength:"1" maxLength:"2000" doc:"WebSocket address of the bot, wss://host/path, without a query, which the platform does not send either. The handshake is signed over exactly this text."`
	AllowInsecure bool   `json:"allow_insecure,omitempty" doc:"Permit an unencrypted ws:// address, which must also lie in VA_OUTBOUND_ALLOW_CIDRS."`
	APIKey        string `json:"api_key,omitempty" writeOnly:"true" doc:"Key of the signature X-Twilio-Signature, the auth token that the bot checks it with; never answered. Absent means unchanged while api_key_version is the stored one."`
	APIKeyVersion int64  `json:"api_key_version,omitempty" minimum:"0" doc:"Number of the key, to be raised with every new one. Absent: nothing is signed and a stored key is deleted."`
	AccountSID    string `json:"account_sid,omitempty" maxLength:"34" doc:"Account that the bot is told, AC and 32 hexadecimal digits, for bots that compare it. Default: one made from the address."`
}

// validate checks a bot; at is its place in the request, with a dot behind it.
func (b *UserBot) validate(at string) []FieldError {
	errs := checkBackendURL(at+"url", b.URL, b.AllowInsecure, "wss", "ws")
	if u, err := url.Parse(b.URL); err == nil && (u.RawQuery != "" || u.ForceQuery) {
		errs = append(errs, FieldError{
			at + "url", "has a query, which the platform does not send; put it into the path or into variables",
		})
	}
	if b.AccountSID != "" && !twilioAccount.MatchString(b.AccountSID) {
		errs = append(errs, FieldError{at + "account_sid", "is not AC and 32 hexadecimal digits"})
	}
	return errs
}
