package server_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/admin"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/genesysaudioconnector"
)

const (
	connector   = api.KindGenesysAudioConnector
	connectors  = "/v1/channels/" + connector
	apiKey      = "api_key"
	keyOfKey    = "client_secret"
	firstGroup  = "EU production"
	secondGroup = "US production"
)

// connectorKind is the Audio Connector with a door to what the gateway serves.
type connectorKind struct {
	genesysaudioconnector.Kind
	gateway *channel.Gateway
}

var _ channel.HTTPAcceptor = connectorKind{}

// Handler implements channel.HTTPAcceptor.
func (k connectorKind) Handler(g channel.Gateway) http.Handler {
	*k.gateway = g
	return http.NotFoundHandler()
}

// connectorRig is a gateway with channels of that kind.
type connectorRig struct {
	*gatewaytest.Gateway
	t         *testing.T
	inside    channel.Gateway
	assistant string
}

type audioConnector = api.GenesysAudioConnectorChannel

func newConnectorRig(t *testing.T, options ...gatewaytest.Option) *connectorRig {
	t.Helper()
	r := &connectorRig{t: t}
	r.Gateway = gatewaytest.Start(t, append(options,
		gatewaytest.WithKinds(admin.Of[audioConnector](connectorKind{gateway: &r.inside})))...)
	return r
}

// newChannel makes a channel, in a group unless that is empty.
func (r *connectorRig) newChannel(group string, w api.Write) audioConnector {
	r.t.Helper()
	if r.assistant == "" {
		var a api.Assistant
		require.NoError(r.t, r.Client.Post(r.t.Context(), "/v1/assistants", api.Assistant{Name: "a"}, &a, api.Write{}))
		r.assistant = a.ID
	}
	var out audioConnector
	require.NoError(r.t, r.Client.Post(r.t.Context(), connectors, r.body(group), &out, w))
	return out
}

func (r *connectorRig) body(group string) audioConnector {
	c := audioConnector{CredentialGroup: group}
	c.AssistantID, c.ProviderApplication = r.assistant, "shop"
	return c
}

// put replaces a channel; change makes the request of what it is now.
func (r *connectorRig) put(id string, change func(c *audioConnector)) audioConnector {
	r.t.Helper()
	now := r.get(id)
	in := r.body(now.CredentialGroup)
	change(&in)
	var out audioConnector
	require.NoError(r.t, r.Client.Put(r.t.Context(), "/v1/channels/"+id+"/"+connector, in, &out,
		api.Write{IfMatch: api.ETag(now.Revision)}))
	return out
}

func (r *connectorRig) get(id string) (c audioConnector) {
	r.t.Helper()
	require.NoError(r.t, r.Client.Get(r.t.Context(), "/v1/channels/"+id+"/"+connector, &c))
	return c
}

func (r *connectorRig) credentials(id string) (c api.Credentials) {
	r.t.Helper()
	require.NoError(r.t, r.Client.Get(r.t.Context(), "/v1/channels/"+id+"/credentials", &c))
	return c
}

func (r *connectorRig) remove(id string) {
	r.t.Helper()
	require.NoError(r.t, r.Client.Delete(r.t.Context(), "/v1/channels/"+id, api.Write{IfMatch: "*"}))
}

// serves reports whether a call of the channel with a pair of credentials would
// be let in: the key is known and goes with the secret, and its owner has the
// connector.
func (r *connectorRig) serves(c audioConnector, pair map[string]string) bool {
	r.t.Helper()
	p, ok := r.inside.Presented(connector, apiKey, pair[apiKey])
	if !ok || !p.Secret(keyOfKey).Equal(pair[keyOfKey]) {
		return false
	}
	l, ok := r.inside.Members(connector, p.OwnerID)[c.ConnectorID]
	return ok && l.ID == c.ID && l.Active
}

// audits counts the audit entries of an action.
func (r *connectorRig) audits(action string) (n int) {
	r.t.Helper()
	list, err := api.List[api.AuditEntry](r.t.Context(), r.Client, "/v1/audit")
	require.NoError(r.t, err)
	for _, e := range list {
		if e.Action == action {
			n++
		}
	}
	return n
}
