package threeclogic

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

const (
	// ticketLife is how long a ticket may be used.
	ticketLife = time.Minute
	// ticketScope separates tickets from what else is used once.
	ticketScope = "3clogic-ticket"
	ticketNonce = 16 // bytes
	ticketClaim = 8 + ticketNonce
)

const stepTicket = "stream-tickets"

// tickets mints a ticket for a client that cannot set headers when it opens the
// stream.
func (h *handler) tickets(w http.ResponseWriter, r *http.Request) {
	live, _, ok := h.authenticate(w, r, stepTicket, channel.ScopeStreamConnect)
	if !ok {
		return
	}
	secrets := live.Secrets(channel.ClientSecret, h.g.Now())
	if !slices.Contains(body(live).AuthMethods, api.ThreeCLogicTicket) || len(secrets) == 0 {
		h.refuse(w, r, live, http.StatusForbidden, channel.Refusal{
			Step: stepTicket, Reason: "method_not_enabled", Detail: "auth_methods does not contain ticket",
		})
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(struct { // a lost client asks again
		Ticket    string `json:"ticket"`
		ExpiresIn int    `json:"expires_in"` // seconds
	}{mint(secrets[0].Reveal(), live.ID, h.g.Now().Add(ticketLife)), int(ticketLife.Seconds())})
}

// mint makes a ticket: expiry and a nonce, signed with the client secret, which
// every node knows.
func mint(secret, channelID string, expires time.Time) string {
	claim := binary.BigEndian.AppendUint64(nil, uint64(expires.Unix()))
	claim = append(claim, make([]byte, ticketNonce)...)
	_, _ = rand.Read(claim[8:]) // never fails, see package crypto/rand
	return base64.RawURLEncoding.EncodeToString(append(claim, sign(secret, channelID, claim)...))
}

func sign(secret, channelID string, claim []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(ticketScope + "\x00" + channelID + "\x00")) // a hash never fails
	_, _ = mac.Write(claim)
	return mac.Sum(nil)
}

// redeem burns a ticket. The signature comes first: a made-up ticket costs no
// look into the store.
func (h *handler) redeem(ctx context.Context, live *channel.Live, ticket string) (channel.Client, error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(ticket)
	if err != nil || len(data) != ticketClaim+sha256.Size {
		data = make([]byte, ticketClaim+sha256.Size) // the same work as for a good one
	}
	claim, mac := data[:ticketClaim], data[ticketClaim:]
	good := false
	if live == nil {
		_ = hmac.Equal(sign("", "", claim), mac)
		return channel.Client{}, channel.ErrCredentials
	}
	now := h.g.Now()
	for _, secret := range live.Secrets(channel.ClientSecret, now) {
		good = hmac.Equal(sign(secret.Reveal(), live.ID, claim), mac) || good
	}
	expires := time.Unix(int64(binary.BigEndian.Uint64(claim)), 0)
	if !good || !now.Before(expires) {
		return channel.Client{}, channel.ErrCredentials
	}
	first, err := h.g.Once(ctx, ticketScope, string(claim[8:]), ticketLife+time.Second)
	if err != nil {
		return channel.Client{}, err
	}
	if !first {
		return channel.Client{}, channel.ErrCredentials
	}
	return channel.Client{ID: Kind{}.ClientID(live.Body), ChannelID: live.ID}, nil
}
