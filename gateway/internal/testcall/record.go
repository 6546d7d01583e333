package testcall

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// Target is a channel that can be called.
type Target struct {
	Dialer    channel.Dialer
	Placement channel.Placement // without From and To
	Assistant api.Assistant
}

// Find reads a channel, its secrets and its assistant from the admin API. An
// empty id means the only channel there is. kinds are those that can be
// dialled.
func Find(ctx context.Context, c *api.Client, kinds []channel.Kind, id string) (Target, error) {
	var shared api.Channel
	if id == "" {
		all, err := api.List[api.Channel](ctx, c, "/v1/channels")
		if err != nil {
			return Target{}, fmt.Errorf("list channels: %w", err)
		}
		if len(all) != 1 {
			return Target{}, fmt.Errorf("%d channels exist; say which one to call", len(all))
		}
		shared = all[0]
	} else {
		if !api.ValidID(api.PrefixChannel, id) {
			return Target{}, fmt.Errorf("%q is not the id of a channel (chn_…)", id)
		}
		if err := c.Get(ctx, "/v1/channels/"+id, &shared); err != nil {
			return Target{}, fmt.Errorf("read channel %s: %w", id, err)
		}
	}
	var t Target
	for _, k := range kinds {
		if d, ok := k.(channel.Dialer); ok && k.Name() == shared.Kind {
			t.Dialer, t.Placement.Body = d, k.New()
		}
	}
	if t.Dialer == nil {
		return Target{}, fmt.Errorf("channels of kind %q cannot be called from here", shared.Kind)
	}
	var credentials api.Credentials
	for _, read := range []struct {
		path string
		into any
	}{
		{"/v1/channels/" + shared.ID + "/" + shared.Kind, t.Placement.Body},
		{"/v1/channels/" + shared.ID + "/credentials", &credentials},
		{"/v1/assistants/" + shared.AssistantID, &t.Assistant},
	} {
		if err := c.Get(ctx, read.path, read.into); err != nil {
			return Target{}, fmt.Errorf("read %s: %w", read.path, err)
		}
	}
	t.Placement.Credentials = credentials.Values
	return t, nil
}

// Bounds of waiting for a call record: the platform's last callbacks may be
// on their way.
const (
	recordWait  = 5 * time.Second
	recordEvery = 50 * time.Millisecond
)

// ErrNoRecord says that the gateway has no complete record of a call.
var ErrNoRecord = errors.New("the gateway has no record of a finished call")

// FetchRecord reads the record of a call once the call has ended.
func FetchRecord(ctx context.Context, c *api.Client, channelID, providerCallID string) (api.Call, error) {
	query := url.Values{"channel_id": {channelID}, "provider_call_id": {providerCallID}}.Encode()
	limit := time.NewTimer(recordWait)
	defer limit.Stop()
	tick := time.NewTicker(recordEvery)
	defer tick.Stop()
	for {
		var page api.Page[api.Call]
		if err := c.Get(ctx, "/v1/calls?"+query, &page); err != nil {
			return api.Call{}, fmt.Errorf("read the record of call %s: %w", providerCallID, err)
		}
		if len(page.Items) > 0 && page.Items[0].State == api.CallEnded {
			return page.Items[0], nil
		}
		select {
		case <-tick.C:
		case <-limit.C:
			return api.Call{}, fmt.Errorf("%w: %s", ErrNoRecord, providerCallID)
		case <-ctx.Done():
			return api.Call{}, context.Cause(ctx)
		}
	}
}
