package server_test

import (
	"crypto/rand"
	"crypto/x509"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/admin"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/twilio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/twilio/platform"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/pgtest"
)

// The node that had the media must not tell a call over REST what another node
// was asked and answered: the live agent would ring twice.
func TestAnotherNodeIsAsked(t *testing.T) {
	t.Parallel()
	rest := &platform.REST{
		Account: "AC0123456789abcdef0123456789abcdef", Key: "SK0123456789abcdef0123456789abcdef",
		Secret: rand.Text() + rand.Text(),
	}
	twilioREST := httptest.NewTLSServer(rest)
	t.Cleanup(twilioREST.Close)
	roots := x509.NewCertPool()
	roots.AddCert(twilioREST.Certificate())

	var media, others url.URL
	balancer := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		node := &others
		if path := r.In.URL.Path; strings.HasSuffix(path, "/voice") || strings.Contains(path, "/media/") {
			node = &media
		}
		r.SetURL(node)
	}})
	t.Cleanup(balancer.Close)
	options := []gatewaytest.Option{
		gatewaytest.WithPostgres(pgtest.DSN(t)), gatewaytest.WithKeyFile(filepath.Join(t.TempDir(), "kek")),
		gatewaytest.WithPublicURL(balancer.URL), gatewaytest.WithOutbound("127.0.0.0/8", roots),
		gatewaytest.WithKinds(admin.Of[api.TwilioChannel](twilio.Kind{REST: twilioREST.URL})),
	}
	a := gatewaytest.Start(t, options...)
	b := gatewaytest.Start(t, options...)
	media, others = url.URL{Scheme: "http", Host: a.Address}, url.URL{Scheme: "http", Host: b.Address}

	assistant := api.Assistant{Name: "desk"}
	require.NoError(t, b.Client.Post(t.Context(), "/v1/assistants", assistant, &assistant, api.Write{}))
	c := &api.TwilioChannel{
		PhoneNumberToLiveAgent: "+14155550123", AuthenticationToken: rand.Text() + rand.Text(),
		AccountSID: rest.Account, APIKeySID: rest.Key, APIKeySecret: rest.Secret,
	}
	c.AssistantID, c.ProviderApplication = assistant.ID, "suite"
	token := c.AuthenticationToken
	require.NoError(t, a.Client.Post(t.Context(), "/v1/channels/twilio", c, c, api.Write{}))
	require.Eventually(t, func() bool { // the other node knows the channel
		var read api.Channel
		return b.Client.Get(t.Context(), "/v1/channels/"+c.ID, &read) == nil && read.Status == api.StatusActive
	}, 10*time.Second, 50*time.Millisecond)

	line, err := platform.Twilio{REST: rest}.Dial(t.Context(), channel.Placement{
		Body: c, Credentials: map[string]string{"authentication_token": token}, From: "+15105550100", To: "+18885550199",
	})
	require.NoError(t, err)
	<-line.Heard()
	var listening sync.WaitGroup
	listening.Go(func() {
		for range line.Heard() {
		}
	})
	require.NoError(t, line.Press('0'))
	end, err := line.Wait(t.Context())
	listening.Wait()
	require.NoError(t, err)
	require.Equal(t, "transfer", end.Next)
	a.Stop() // waits until this node is done with the call
	require.Empty(t, rest.Requests())
	require.NotContains(t, a.Log(), "action_missing")
}
