package twilio

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/twilio/platform"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

func (b *bundle) mediaURL() string {
	return "ws" + strings.TrimPrefix(b.url, "http") + "/c/twilio/" + testChannel + "/media"
}

// own opens a stream of media_url up to "start".
func (b *bundle) own(t *testing.T, s twiliomedia.Start) *twiliomedia.Platform {
	t.Helper()
	ws, status := b.dial(t, b.mediaURL())
	require.Equal(t, http.StatusSwitchingProtocols, status)
	p := twiliomedia.NewPlatform(ws)
	t.Cleanup(p.Close)
	require.NoError(t, p.Connected())
	require.NoError(t, p.Start(s))
	return p
}

func testMediaURL(t *testing.T) {
	t.Run("answered", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.withKey("")
		s := goodStart()
		s.CustomParameters = map[string]string{"order": "7", "Not A Name": "x"}
		p := b.own(t, s)
		require.NoError(t, p.Media(0, frame))
		var m twiliomedia.Message
		require.NoError(t, p.Read(&m), "the engine hears and speaks")
		require.NoError(t, p.Stop())
		closeCode(p)
		b.calls.Wait()
		require.Equal(t, []channel.Offer{{
			ProviderCallID: testSID, Account: testAccount, Vars: map[string]string{"order": "7"}, Wait: startWait, First: true,
		}}, b.offers)
		require.Empty(t, b.refusals)
	})
	t.Run("without account_sid", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		_, status := b.dial(t, b.mediaURL())
		require.Equal(t, http.StatusForbidden, status)
		require.Equal(t, reasonNoAccount, b.lastRefusal(t).Reason)
	})
	t.Run("bad signature", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.withKey("")
		b.token = strings.Repeat("x", 32)
		_, status := b.dial(t, b.mediaURL())
		require.Equal(t, http.StatusForbidden, status)
		require.Equal(t, reasonMismatch, b.lastRefusal(t).Reason)
		require.Contains(t, b.lastRefusal(t).Detail, "/c/twilio/"+testChannel+"/media with")
	})
	taken := func(channel.Offer) (string, error) { return "", channel.ErrNotFound }
	busy := func(channel.Offer) (string, error) { return "", channel.ErrBusy }
	other := goodStart()
	other.AccountSID = "AC1"
	noCall := goodStart()
	noCall.CallSID = ""
	for _, tt := range []struct {
		name      string
		start     twiliomedia.Start
		offer     func(channel.Offer) (string, error)
		keySecret string
		reason    string
	}{
		{"another account", other, nil, "", reasonAccountMismatch},
		{"no call", noCall, nil, "", reasonCallMalformed},
		{"second stream of a call", goodStart(), taken, "", reasonCallTaken},
		{"call limit", goodStart(), busy, "", "gateway_call_limit"},
		{"a call Twilio does not know", goodStart(), nil, testKeySecret, reasonCallUnknown},
		{"a wrong key", goodStart(), nil, "another", reasonRESTFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			k, outside := restServer(t, &platform.REST{Account: testAccount, Key: testKey, Secret: testKeySecret})
			b := setupWith(t, k, outside)
			b.withKey(tt.keySecret)
			b.offer = tt.offer
			require.Equal(t, websocket.ClosePolicyViolation, closeCode(b.own(t, tt.start)))
			require.Equal(t, tt.reason, b.lastRefusal(t).Reason)
			require.Equal(t, stepMediaURL, b.lastRefusal(t).Step)
			require.Zero(t, b.served, "the engine is not opened")
			if tt.offer == nil {
				require.Empty(t, b.offers)
			}
		})
	}
}
