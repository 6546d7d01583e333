package directory

import (
	"maps"
	"slices"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// Client finds the channel that a client id of the token endpoint stands for,
// and the kind that made it a client.
func (d *Directory) Client(clientID string) (*channel.Live, channel.OAuthClient, bool) {
	s := d.current.Load()
	if s == nil {
		return nil, nil, false
	}
	l, ok := s.clients[clientID]
	if !ok {
		return nil, nil, false
	}
	kind, ok := d.Kinds[l.Kind].(channel.OAuthClient)
	return l, kind, ok
}

// clients maps client ids to channels. Ids are unique; should two channels
// claim one, every gateway takes the older channel.
func (d *Directory) clients(channels map[string]*channel.Live) map[string]*channel.Live {
	clients := map[string]*channel.Live{}
	for _, id := range slices.Sorted(maps.Keys(channels)) {
		l := channels[id]
		kind, ok := d.Kinds[l.Kind].(channel.OAuthClient)
		if !ok {
			continue
		}
		clientID := kind.ClientID(l.Body)
		if _, taken := clients[clientID]; !taken && clientID != "" {
			clients[clientID] = l
		}
	}
	return clients
}
