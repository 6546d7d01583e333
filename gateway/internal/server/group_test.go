package server_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/pgtest"
)

func TestCredentialGroups(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		test func(r *connectorRig)
	}{
		{"who shares what", testGroupShares},
		{"GA-03 a rotation through one channel is one of all", testGroupRotation},
		{"GA-03 the replaced pair is accepted until the overlap is over", testGroupOverlap},
		{"all channels of a group ask for a rotation at once", testGroupRotationRace},
		{"all channels of a group are created at once", testGroupCreateRace},
		{"another group", testGroupMove},
		{"the last channel takes the credentials along", testGroupEnd},
		{"a repeated create gives its first answer", testGroupIdempotency},
		{"a dry run leaves no group behind", testGroupDryRun},
		{"rotating needs its scope, reading too", testGroupScopes},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			t.Run("sqlite", func(t *testing.T) {
				t.Parallel()
				tc.test(newConnectorRig(t))
			})
			t.Run("postgres", func(t *testing.T) {
				t.Parallel()
				tc.test(newConnectorRig(t, gatewaytest.WithPostgres(pgtest.DSN(t))))
			})
		})
	}
}

// Genesys connects the moment an integration that uses the answer is enabled, so
// a create is answered when its key and connector are served, never before.
func testGroupShares(r *connectorRig) {
	t := r.t
	var known []audioConnector
	for _, group := range []string{firstGroup, firstGroup, secondGroup, "", ""} {
		c := r.newChannel(group, api.Write{})
		require.True(t, r.serves(c, c.Credentials), "at once")
		require.Equal(t, group, c.CredentialGroup)
		require.EqualValues(t, 1, c.CredentialsVersion)
		require.Nil(t, c.PreviousCredentialsExpireAt)
		require.Equal(t, c.Credentials, r.credentials(c.ID).Values)
		for _, other := range known {
			same := group != "" && group == other.CredentialGroup
			require.Equal(t, same, c.BaseConnectionURI == other.BaseConnectionURI)
			require.Equal(t, same, c.Credentials[apiKey] == other.Credentials[apiKey])
			require.Equal(t, same, c.Credentials[keyOfKey] == other.Credentials[keyOfKey])
			require.Equal(t, same, r.serves(c, other.Credentials))
			require.NotEqual(t, c.ConnectorID, other.ConnectorID)
			require.Len(t, c.BaseConnectionURI, len(other.BaseConnectionURI))
		}
		require.NotContains(t, c.BaseConnectionURI, "production")
		known = append(known, c)
	}
	c := known[0]
	_, ok := r.inside.Presented(connector, apiKey, c.Credentials[apiKey]+"x")
	require.False(t, ok)
	_, ok = r.inside.Presented(connector, keyOfKey, c.Credentials[keyOfKey])
	require.False(t, ok, "a secret that is not presented finds nothing")
	_, ok = r.inside.Presented("twilio", apiKey, c.Credentials[apiKey])
	require.False(t, ok)
	require.Empty(t, r.inside.Members(connector, "grp_01JD8Z6V5B3W3T1H6R4M0X7Q2N"))

	for _, c := range known {
		require.NotContains(t, r.Log(), c.Credentials[apiKey])
		require.NotContains(t, r.Log(), c.Credentials[keyOfKey])
		require.NotContains(t, r.Log(), c.ConnectorID)
	}
	require.Equal(t, 2, r.audits("credential_group.create"))
}

func testGroupRotation(r *connectorRig) {
	t := r.t
	a, b := r.newChannel(firstGroup, api.Write{}), r.newChannel(firstGroup, api.Write{})
	alone := r.newChannel("", api.Write{})
	before := r.get(b.ID)

	rotated := r.put(a.ID, func(c *audioConnector) { c.RotateIfVersion = 1 })
	require.EqualValues(t, 2, rotated.CredentialsVersion)
	require.NotEqual(t, a.Credentials[apiKey], rotated.Credentials[apiKey])
	require.NotEqual(t, a.Credentials[keyOfKey], rotated.Credentials[keyOfKey])
	require.Equal(t, a.BaseConnectionURI, rotated.BaseConnectionURI)
	require.Equal(t, a.ConnectorID, rotated.ConnectorID)

	after := r.get(b.ID)
	require.EqualValues(t, 2, after.CredentialsVersion)
	require.Equal(t, rotated.PreviousCredentialsExpireAt, after.PreviousCredentialsExpireAt)
	require.Equal(t, before.Revision, after.Revision, "a change of it that was planned before is not refused")
	require.Equal(t, rotated.Credentials, r.credentials(b.ID).Values)
	require.EqualValues(t, 1, r.get(alone.ID).CredentialsVersion)

	// The other channel asks for the rotation that has happened.
	asked := r.put(b.ID, func(c *audioConnector) { c.RotateIfVersion, c.Name = 1, "second" })
	require.EqualValues(t, 2, asked.CredentialsVersion)
	require.Equal(t, rotated.Credentials, asked.Credentials)
	require.Equal(t, rotated.PreviousCredentialsExpireAt, asked.PreviousCredentialsExpireAt)
	again := r.put(b.ID, func(c *audioConnector) { c.RotateIfVersion, c.Name = 1, "second" })
	require.Equal(t, rotated.Credentials, again.Credentials, "and once more, with nothing to change")
	require.Nil(t, r.put(b.ID, func(*audioConnector) {}).Credentials, "who asks for none gets none")

	for _, pair := range []map[string]string{a.Credentials, rotated.Credentials} {
		require.True(t, r.serves(a, pair))
		require.True(t, r.serves(b, pair))
	}
	mixed := map[string]string{apiKey: a.Credentials[apiKey], keyOfKey: rotated.Credentials[keyOfKey]}
	require.False(t, r.serves(a, mixed), "a key goes with the secret of its own generation")
	require.Equal(t, 1, r.audits("credential_group.rotate"))
	require.Equal(t, 1, r.audits("channel.rotate"))
}

func testGroupOverlap(r *connectorRig) {
	t := r.t
	a, b := r.newChannel(firstGroup, api.Write{}), r.newChannel(firstGroup, api.Write{})
	rotated := r.put(b.ID, func(c *audioConnector) {
		c.RotateIfVersion, c.RotationOverlap = 1, new(api.Duration(time.Hour))
	})
	end := *rotated.PreviousCredentialsExpireAt
	require.WithinDuration(t, time.Now().Add(time.Hour), end, time.Minute)
	p, ok := r.inside.Presented(connector, apiKey, a.Credentials[apiKey])
	require.True(t, ok)
	live := r.inside.Members(connector, p.OwnerID)[a.ConnectorID]
	_, ok = live.Generation(1, end.Add(-time.Millisecond))
	require.True(t, ok, "to the end")
	_, ok = live.Generation(1, end)
	require.False(t, ok, "and not beyond")
	_, ok = live.Generation(2, end)
	require.True(t, ok)

	third := r.put(a.ID, func(c *audioConnector) {
		c.RotateIfVersion, c.RotationOverlap = 2, new(api.Duration(0))
	})
	require.True(t, r.serves(b, third.Credentials))
	require.False(t, r.serves(b, rotated.Credentials), "without overlap")
	require.False(t, r.serves(b, a.Credentials), "what it had replaced ends with it")
}

// eachAtOnce runs fn for each item at the same time.
func eachAtOnce[T any](items []T, fn func(n int, item T)) {
	start := make(chan struct{})
	var wg sync.WaitGroup
	for n, item := range items {
		wg.Go(func() {
			<-start
			fn(n, item)
		})
	}
	close(start)
	wg.Wait()
}

func testGroupRotationRace(r *connectorRig) {
	t := r.t
	list := make([]audioConnector, 5)
	for n := range list {
		list[n] = r.newChannel(firstGroup, api.Write{})
	}
	answers := make([]audioConnector, len(list))
	errs := make([]error, len(list))
	eachAtOnce(list, func(n int, c audioConnector) {
		in := r.body(firstGroup)
		in.RotateIfVersion = 1
		errs[n] = r.Client.Put(t.Context(), "/v1/channels/"+c.ID+"/"+connector, in, &answers[n],
			api.Write{IfMatch: api.ETag(c.Revision)})
	})
	for n, c := range list {
		require.NoError(t, errs[n])
		require.EqualValues(t, 2, answers[n].CredentialsVersion)
		require.Equal(t, answers[0].Credentials, answers[n].Credentials)
		require.True(t, r.serves(c, answers[0].Credentials))
		require.True(t, r.serves(c, c.Credentials))
	}
	require.Equal(t, 1, r.audits("credential_group.rotate"))
}

func testGroupCreateRace(r *connectorRig) {
	t := r.t
	r.remove(r.newChannel("", api.Write{}).ID) // makes the assistant
	list := make([]audioConnector, 5)
	errs := make([]error, len(list))
	eachAtOnce(list, func(n int, _ audioConnector) {
		errs[n] = r.Client.Post(t.Context(), connectors, r.body(firstGroup), &list[n], api.Write{})
	})
	for n, c := range list {
		require.NoError(t, errs[n])
		require.Equal(t, list[0].Credentials, c.Credentials)
		require.Equal(t, list[0].BaseConnectionURI, c.BaseConnectionURI)
		require.True(t, r.serves(c, list[0].Credentials))
	}
	require.Equal(t, 1, r.audits("credential_group.create"))
}

func testGroupMove(r *connectorRig) {
	t := r.t
	a, b, us := r.newChannel(firstGroup, api.Write{}), r.newChannel(firstGroup, api.Write{}),
		r.newChannel(secondGroup, api.Write{})
	to := func(id, group string) audioConnector {
		t.Helper()
		return r.put(id, func(c *audioConnector) { c.CredentialGroup = group })
	}

	moved := to(a.ID, secondGroup)
	require.Equal(t, us.Credentials, moved.Credentials, "the answer has them")
	require.Equal(t, us.BaseConnectionURI, moved.BaseConnectionURI)
	require.Equal(t, a.ConnectorID, moved.ConnectorID)
	require.True(t, r.serves(a, us.Credentials))
	require.False(t, r.serves(a, b.Credentials), "it left the first group")
	require.True(t, r.serves(b, b.Credentials))

	own := to(a.ID, "")
	require.EqualValues(t, 2, own.CredentialsVersion, "new ones are another version")
	require.Nil(t, own.PreviousCredentialsExpireAt)
	require.True(t, strings.HasSuffix(own.BaseConnectionURI, "/"+a.ID))
	require.True(t, r.serves(a, own.Credentials))
	require.False(t, r.serves(a, us.Credentials))
	require.True(t, r.serves(us, us.Credentials))

	third := to(a.ID, "third")
	require.EqualValues(t, 3, third.CredentialsVersion)
	require.NotEqual(t, own.Credentials, third.Credentials)
	require.False(t, r.serves(a, own.Credentials), "its own are gone")
	require.Equal(t, third.Credentials, r.credentials(a.ID).Values)

	joined := to(b.ID, "third")
	require.EqualValues(t, 3, joined.CredentialsVersion)
	require.False(t, r.serves(b, b.Credentials))
	require.Equal(t, 1, r.audits("credential_group.delete"), "nobody is left in the first")
	_, ok := r.inside.Presented(connector, apiKey, b.Credentials[apiKey])
	require.False(t, ok)

	// A move is new credentials already: what asks to rotate too rotates nobody.
	back := r.put(b.ID, func(c *audioConnector) { c.CredentialGroup, c.RotateIfVersion = secondGroup, 3 })
	require.Equal(t, us.Credentials, back.Credentials)
	require.EqualValues(t, 1, back.CredentialsVersion)
	require.Zero(t, r.audits("channel.rotate"))
}

func testGroupEnd(r *connectorRig) {
	t := r.t
	a, b := r.newChannel(firstGroup, api.Write{}), r.newChannel(firstGroup, api.Write{})
	r.remove(a.ID)
	require.False(t, r.serves(a, a.Credentials))
	require.True(t, r.serves(b, a.Credentials))
	require.Zero(t, r.audits("credential_group.delete"))

	r.remove(b.ID)
	_, ok := r.inside.Presented(connector, apiKey, a.Credentials[apiKey])
	require.False(t, ok)
	require.Equal(t, 1, r.audits("credential_group.delete"))

	reborn := r.newChannel(firstGroup, api.Write{})
	require.NotEqual(t, a.Credentials, reborn.Credentials)
	require.NotEqual(t, a.BaseConnectionURI, reborn.BaseConnectionURI)
	require.EqualValues(t, 1, reborn.CredentialsVersion)
}

func testGroupIdempotency(r *connectorRig) {
	t := r.t
	a := r.newChannel(firstGroup, api.Write{})
	key := ulid.Make().String()
	first := r.newChannel(firstGroup, api.Write{Key: key})
	again := r.newChannel(firstGroup, api.Write{Key: key})
	require.Equal(t, first.ID, again.ID)
	require.Equal(t, first.Credentials, again.Credentials)
	require.Equal(t, a.BaseConnectionURI, again.BaseConnectionURI)

	r.put(a.ID, func(c *audioConnector) { c.RotateIfVersion = 1 })
	late := r.newChannel(firstGroup, api.Write{Key: key})
	require.Equal(t, first.ID, late.ID)
	require.Nil(t, late.Credentials, "those of that answer are not current any more")
}

func testGroupDryRun(r *connectorRig) {
	t := r.t
	a := r.newChannel("", api.Write{})
	require.NoError(t, r.Client.Post(t.Context(), connectors, r.body(firstGroup), nil, api.Write{DryRun: true}))
	var planned audioConnector
	require.NoError(t, r.Client.Put(t.Context(), "/v1/channels/"+a.ID+"/"+connector, r.body(firstGroup), &planned,
		api.Write{DryRun: true}))
	require.Empty(t, planned.Credentials)
	require.Zero(t, r.audits("credential_group.create"))
	require.True(t, r.serves(a, a.Credentials))
	require.Equal(t, a.BaseConnectionURI, r.get(a.ID).BaseConnectionURI)
}

func testGroupScopes(r *connectorRig) {
	t := r.t
	a, b := r.newChannel(firstGroup, api.Write{}), r.newChannel(firstGroup, api.Write{})
	client := func(scopes ...string) *api.Client {
		t.Helper()
		var made api.Token
		require.NoError(t, r.Client.Post(t.Context(), "/v1/tokens", api.Token{Name: "t", Scopes: scopes}, &made, api.Write{}))
		c, err := api.NewClient(api.ClientConfig{Endpoint: r.AdminURL, Token: made.Secret})
		require.NoError(t, err)
		t.Cleanup(c.CloseIdle)
		return c
	}
	in := r.body(firstGroup)
	in.RotateIfVersion = 1
	path := "/v1/channels/" + a.ID + "/" + connector
	err := client(api.ScopeChannelsRW, api.ScopeCredentialsRead).Put(t.Context(), path, in, nil, api.Write{})
	require.Equal(t, http.StatusForbidden, api.Status(err))
	require.True(t, r.serves(b, b.Credentials))
	require.EqualValues(t, 1, r.get(b.ID).CredentialsVersion)

	reads := r.audits("credentials.read")
	blind := client(api.ScopeChannelsRW, api.ScopeSecretsRotate)
	var out audioConnector
	require.NoError(t, blind.Put(t.Context(), path, in, &out, api.Write{}))
	require.EqualValues(t, 2, out.CredentialsVersion)
	require.Nil(t, out.Credentials)
	require.NoError(t, blind.Post(t.Context(), connectors, r.body(firstGroup), &out, api.Write{}))
	require.Nil(t, out.Credentials, "joining a group shows its secrets to those who may read them")
	require.Equal(t, reads, r.audits("credentials.read"))
}
