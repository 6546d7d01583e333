package testcall_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/testcall"
)

const (
	channelID   = "chn_01JD8Z6V5B3W3T1H6R4M0X7Q2N"
	assistantID = "asst_01JD8Z6V5B3W3T1H6R4M0X7Q2N"
)

// admin serves prepared answers of the admin API by path and query.
func admin(t *testing.T, answers map[string]any) *api.Client {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[r.URL.RequestURI()]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if next, ok := answer.(func() any); ok {
			answer = next()
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(srv.Close)
	c, err := api.NewClient(api.ClientConfig{Endpoint: srv.URL, Token: "admin-token"})
	require.NoError(t, err)
	t.Cleanup(c.CloseIdle)
	return c
}

// dialKind is a kind that can be dialled; only its name and bodies are used.
type dialKind struct {
	channel.Kind
	name string
}

func (k dialKind) Name() string       { return k.name }
func (dialKind) New() api.ChannelBody { return &api.TwilioChannel{} }
func (dialKind) Dial(context.Context, channel.Placement) (channel.Line, error) {
	return &fakeLine{}, nil
}

func TestFind(t *testing.T) {
	t.Parallel()
	shared := api.Channel{ID: channelID, Kind: "twilio", AssistantID: assistantID}
	answers := map[string]any{
		"/v1/channels?limit=500":                     api.Page[api.Channel]{Items: []api.Channel{shared}},
		"/v1/channels/" + channelID:                  shared,
		"/v1/channels/" + channelID + "/twilio":      api.TwilioChannel{Channel: shared, URL: "https://gw.example.com/voice"},
		"/v1/channels/" + channelID + "/credentials": api.Credentials{Values: map[string]string{"authentication_token": "t"}},
		"/v1/assistants/" + assistantID:              api.Assistant{ID: assistantID, Name: "support"},
	}
	kinds := []channel.Kind{dialKind{name: "sip"}, dialKind{name: "twilio"}}
	for _, id := range []string{channelID, ""} {
		got, err := testcall.Find(t.Context(), admin(t, answers), kinds, id)
		require.NoError(t, err)
		require.Equal(t, kinds[1], got.Dialer)
		require.Equal(t, "https://gw.example.com/voice", got.Placement.Body.(*api.TwilioChannel).URL)
		require.Equal(t, map[string]string{"authentication_token": "t"}, got.Placement.Credentials)
		require.Equal(t, "support", got.Assistant.Name)
	}
	_, err := testcall.Find(t.Context(), admin(t, answers), kinds[:1], channelID)
	require.EqualError(t, err, `channels of kind "twilio" cannot be called from here`)
	_, err = testcall.Find(t.Context(), admin(t, answers), kinds, "../tokens")
	require.ErrorContains(t, err, "is not the id of a channel")
	_, err = testcall.Find(t.Context(), admin(t, nil), kinds, channelID)
	require.ErrorContains(t, err, "read channel "+channelID)

	answers["/v1/channels?limit=500"] = api.Page[api.Channel]{}
	_, err = testcall.Find(t.Context(), admin(t, answers), kinds, "")
	require.EqualError(t, err, "0 channels exist; say which one to call")
}

func TestFetchRecordWaitsForTheEnd(t *testing.T) {
	t.Parallel()
	asked := 0
	c := admin(t, map[string]any{
		"/v1/calls?channel_id=" + channelID + "&provider_call_id=CA1": func() any {
			asked++
			switch asked {
			case 1:
				return api.Page[api.Call]{}
			case 2:
				return api.Page[api.Call]{Items: []api.Call{{State: api.CallDialling}}}
			}
			return api.Page[api.Call]{Items: []api.Call{{State: api.CallEnded, ID: "call_1"}}}
		},
	})
	record, err := testcall.FetchRecord(t.Context(), c, channelID, "CA1")
	require.NoError(t, err)
	require.Equal(t, "call_1", record.ID)

	_, err = testcall.FetchRecord(t.Context(), c, channelID, "CA2")
	require.ErrorContains(t, err, "read the record of call CA2")

	running := admin(t, map[string]any{
		"/v1/calls?channel_id=" + channelID + "&provider_call_id=CA1": api.Page[api.Call]{},
	})
	_, err = testcall.FetchRecord(t.Context(), running, channelID, "CA1")
	require.ErrorIs(t, err, testcall.ErrNoRecord)
}
