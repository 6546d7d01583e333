package switchboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

const ticketIndex = "media_ticket" // kind of the HMAC index

// heldTicket is the newest ticket of a call, for when the database cannot be
// asked.
type heldTicket struct {
	store.Ticket
	stored bool // the database has it, so that it decides as long as it answers
}

// Ticket implements channel.Gateway.
func (s *Switchboard) Ticket(ctx context.Context, callID string, ttl time.Duration) (secret.Value, error) {
	e, ok := s.entry(callID)
	if !ok {
		return secret.Value{}, channel.ErrNotFound
	}
	vars, err := json.Marshal(e.offer.Vars)
	if err != nil {
		return secret.Value{}, fmt.Errorf("encode variables of call %s: %w", callID, err)
	}
	ticket := secret.Generate("")
	held := heldTicket{Ticket: store.Ticket{
		Hash: s.Keyring.Index(ticketIndex, ticket.Reveal()), ChannelID: e.live.ID, CallID: callID,
		ExpiresAt: s.Now().UTC().Add(ttl), Vars: vars,
	}}
	bounded, cancel := lasting(ctx)
	defer cancel()
	err = s.Store.PutTicket(bounded, held.Ticket)
	held.stored = err == nil
	if err != nil {
		s.Logger.Debug("ticket held in memory", telemetry.KeyCall, callID, telemetry.KeyError, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID[callID] != e {
		return secret.Value{}, channel.ErrNotFound // over by now
	}
	delete(s.byTicket, string(e.ticket.Hash))
	e.ticket = held
	s.byTicket[string(held.Hash)] = e
	return ticket, nil
}

// Redeem implements channel.Gateway. The database decides who of several gets a
// ticket; without it, the node that minted the ticket does.
func (s *Switchboard) Redeem(ctx context.Context, channelID, ticket string) (channel.Offered, error) {
	hash := s.Keyring.Index(ticketIndex, ticket)
	bounded, cancel := lasting(ctx)
	defer cancel()
	t, err := s.Store.TakeTicket(bounded, channelID, hash, s.Now().UTC())
	here, ok := s.take(channelID, hash, err)
	switch {
	case ok:
		return here.offered(), nil
	case err == nil && s.keep.isBurnt(hash):
		return channel.Offered{}, channel.ErrNotFound
	case err == nil:
		return s.adoptTicket(ctx, t)
	case errors.Is(err, store.ErrNotFound):
		return channel.Offered{}, channel.ErrNotFound
	}
	return channel.Offered{}, fmt.Errorf("take ticket of channel %s: %w", channelID, err)
}

// take burns a ticket in memory and gives its call. err is what the database
// said of it.
func (s *Switchboard) take(channelID string, hash []byte, err error) (*entry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.byTicket[string(hash)]
	if !ok || e.ticket.ChannelID != channelID || !s.Now().Before(e.ticket.ExpiresAt) {
		return nil, false
	}
	if errors.Is(err, store.ErrNotFound) && e.ticket.stored {
		return nil, false // another node has it
	}
	delete(s.byTicket, string(hash))
	if outage(err) {
		s.keep.burn(channelID, hash)
	}
	return e, true
}

// adoptTicket takes over the call of a ticket that another node minted.
func (s *Switchboard) adoptTicket(ctx context.Context, t store.Ticket) (channel.Offered, error) {
	var vars map[string]string
	if err := json.Unmarshal(t.Vars, &vars); err != nil {
		return channel.Offered{}, fmt.Errorf("decode variables of call %s: %w", t.CallID, err)
	}
	bounded, cancel := lasting(ctx)
	defer cancel()
	row, err := s.Store.Call(bounded, t.CallID)
	if errors.Is(err, store.ErrNotFound) {
		return channel.Offered{}, channel.ErrNotFound
	}
	if err != nil {
		return channel.Offered{}, fmt.Errorf("read call %s: %w", t.CallID, err)
	}
	e, err := s.adopt(row, vars, adoptWait)
	if err != nil {
		return channel.Offered{}, err
	}
	return e.offered(), nil
}

// adopt takes a call that another node offered into this one's books. It is
// this node's only once Serve has it; until then the other one keeps its record.
func (s *Switchboard) adopt(row store.Call, vars map[string]string, wait time.Duration) (*entry, error) {
	if row.AnsweredAt != nil || row.EndedAt != nil {
		return nil, channel.ErrNotFound
	}
	live, ok := s.Directory.Channel(row.ChannelKind, row.ChannelID)
	if !ok {
		return nil, channel.ErrNotFound
	}
	e := &entry{id: row.ID, live: live, row: row, guest: true, offer: channel.Offer{
		ProviderCallID: row.ProviderCallID, Account: row.Account, From: row.From, To: row.To, Vars: vars, Wait: wait,
	}}
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.byID[e.id]; ok {
		if known.served {
			return nil, channel.ErrNotFound
		}
		return known, nil
	}
	if err := s.reserve(e); err != nil {
		return nil, err
	}
	s.enter(e)
	return e, nil
}

func (e *entry) offered() channel.Offered {
	return channel.Offered{CallID: e.id, ProviderCallID: e.offer.ProviderCallID, Account: e.offer.Account}
}
