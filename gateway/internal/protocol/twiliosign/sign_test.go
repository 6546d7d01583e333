package twiliosign_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliosign"
)

// TestSign uses the examples that Twilio publishes
// (https://www.twilio.com/docs/usage/security, twilio/twilio-go client tests)
// and one upgrade.
func TestSign(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, target, form, want string }{
		{
			"form", "https://mycompany.com/myapp.php?foo=1&bar=2",
			"Digits=1234&CallSid=CA1234567890ABCDE&To=%2B18005551212&Caller=%2B14158675309&From=%2B14158675309" +
				"&ReasonConferenceEnded=test&Reason=Participant", "vOEb5UThFn24KEfnOFLQY2AE5FY=",
		},
		{
			"two parameters", "https://mycompany.com/myapp.php?foo=1&bar=2",
			"property=value&boolean=true", "NBdBDr/T/lgjI+tlgpXjKZQZs/k=",
		},
		{"upgrade", "wss://gw.example.com/v1/twilio/3f0c/media", "", "uBGi2fxpxTKoHXKNKlCkcMi0N/8="},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			form, err := url.ParseQuery(c.form)
			require.NoError(t, err)
			require.Equal(t, c.want, twiliosign.Sign("12345", c.target, form))
		})
	}
}
