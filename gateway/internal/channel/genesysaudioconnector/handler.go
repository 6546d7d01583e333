package genesysaudioconnector

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook"
)

// Steps of a connection, as refusals name them.
const (
	stepUpgrade = "upgrade"
	stepOpen    = "open"
)

// Reasons why a connection is refused, besides those of a signature and of
// channel.OfferRefusal.
const (
	reasonMethod       = "method_not_get"
	reasonNoUpgrade    = "not_a_websocket"
	reasonOtherGroup   = "credentials_of_another_group"
	reasonConnector    = "unknown_connector"
	reasonHeader       = "header_malformed"
	reasonFailed       = "gateway_failed"
	reasonOpenTimeout  = "open_timeout"
	reasonOpenMissing  = "open_missing"
	reasonViolation    = "protocol_violation"
	reasonOrganization = "organization_mismatch"
	reasonMedia        = "no_media"
)

const (
	// openWait is how long "open" may take after the upgrade.
	openWait = 10 * time.Second
	// engineWait is how long the engine may take after "open"; the client gives
	// up after 5 s.
	engineWait = 4500 * time.Millisecond
	// probeWait bounds a probe.
	probeWait = time.Minute
	// retryAfter is told a client that found no free place, in seconds.
	retryAfter = "5"
	// maxMembers is how many channels of a group hear of a refusal that names
	// none of them.
	maxMembers = 20
)

var _ channel.RawAcceptor = Kind{}

// Handler implements channel.HTTPAcceptor.
func (Kind) Handler(g channel.Gateway) http.Handler {
	return &handler{g: g, openWait: openWait, engineWait: engineWait, disconnectWait: disconnectWait}
}

// RawPaths implements channel.RawAcceptor.
func (Kind) RawPaths() {}

// handler takes the connections of Genesys.
type handler struct {
	g channel.Gateway

	openWait, engineWait, disconnectWait time.Duration // shorter in tests
}

// knock is an upgrade request that is being looked at.
type knock struct {
	*http.Request
	owner, connector string                   // as the path has them; not authenticated
	members          map[string]*channel.Live // of the owner, by connector
}

// ServeHTTP implements http.Handler. Authentication comes before routing, so
// that nobody learns from the answers which connectors exist.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k := knock{Request: r}
	k.owner, k.connector, _ = route(r.RequestURI)
	k.members = h.g.Members(api.KindGenesysAudioConnector, k.owner)
	switch {
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		h.refuse(w, k, http.StatusMethodNotAllowed, channel.Refusal{Reason: reasonMethod, Detail: "expected GET"})
		return
	case !websocket.IsWebSocketUpgrade(r) || r.Header.Get("Sec-Websocket-Version") != "13":
		w.Header().Set("Sec-Websocket-Version", "13")
		h.refuse(w, k, http.StatusUpgradeRequired, channel.Refusal{
			Reason: reasonNoUpgrade, Detail: "expected an upgrade to WebSocket version 13",
		})
		return
	}
	owner, refusal := h.authenticate(k)
	if refusal.Reason != "" {
		h.hesitate(r.Context())
		h.refuse(w, k, http.StatusUnauthorized, refusal)
		return
	}
	live, ok := k.members[k.connector]
	switch {
	case owner != k.owner:
		h.refuse(w, k, http.StatusNotFound, channel.Refusal{
			Reason: reasonOtherGroup, Detail: "the credentials are good, but not those of this base connection URI",
		})
		return
	case !ok:
		h.refuse(w, k, http.StatusNotFound, channel.Refusal{
			Reason: reasonConnector, Detail: "no channel with these credentials has this connector ID; " +
				"is it the id of the integration instead?",
		})
		return
	}
	h.admit(w, k, live)
}

// admit takes a place for a call and upgrades the connection.
func (h *handler) admit(w http.ResponseWriter, k knock, live *channel.Live) {
	ids := identities(k.Header)
	if ids.problem != "" {
		h.refuse(w, k, http.StatusBadRequest, channel.Refusal{Reason: reasonHeader, Detail: ids.problem})
		return
	}
	callID, release, err := h.g.Hold(live)
	if err != nil {
		refusal, known := channel.OfferRefusal(stepUpgrade, err)
		if !known {
			h.log(live).Error("connection not taken", "error", err)
			refusal = channel.Refusal{Reason: reasonFailed}
		}
		status := http.StatusServiceUnavailable
		if errors.Is(err, channel.ErrInactive) {
			status = http.StatusNotFound
		} else {
			w.Header().Set("Retry-After", retryAfter)
		}
		h.refuse(w, k, status, refusal)
		return
	}
	defer release() // if no call came of it
	session, err := audiohook.Accept(w, k.Request, ids.session)
	if err != nil {
		h.log(live).Warn("connection not upgraded", "error", err)
		return
	}
	defer session.Release()
	h.receive(k, live, place{callID, release}, ids, session)
}

// place is one that is held for a call.
type place struct {
	callID  string
	release func()
}

// identity are the ids of an upgrade request.
type identity struct{ organization, session, problem string }

func identities(header http.Header) identity {
	ids := identity{
		organization: header.Get("Audiohook-Organization-Id"), session: header.Get("Audiohook-Session-Id"),
	}
	for _, name := range []string{"Audiohook-Organization-Id", "Audiohook-Session-Id", "Audiohook-Correlation-Id"} {
		if !isUUID(header.Get(name)) {
			ids.problem = name + " is not a UUID"
		}
	}
	return ids
}

// isUUID takes every version, and the nil UUID.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch dash := i == 8 || i == 13 || i == 18 || i == 23; {
		case dash != (c == '-'):
			return false
		case !dash && (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F'):
			return false
		}
	}
	return true
}

// refuse records a refused upgrade and answers it with an empty body. What names
// none of the owner's channels is recorded for each: the mistake is usually made
// where the integration or the flow was set up.
func (h *handler) refuse(w http.ResponseWriter, k knock, status int, f channel.Refusal) {
	f.Step = stepUpgrade
	if live, ok := k.members[k.connector]; ok {
		h.record(k.Request, live.ID, f)
	} else {
		ids := []string{}
		for _, member := range k.members {
			ids = append(ids, member.ID)
		}
		slices.Sort(ids)
		for _, id := range ids[:min(len(ids), maxMembers)] {
			h.record(k.Request, id, f)
		}
		if len(ids) == 0 {
			h.record(k.Request, "", f)
		}
	}
	w.WriteHeader(status)
}

func (h *handler) record(r *http.Request, channelID string, f channel.Refusal) {
	f.Remote = r.RemoteAddr
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		f.Remote = host
	}
	h.g.Refuse(context.WithoutCancel(r.Context()), channelID, f)
}

func (h *handler) log(live *channel.Live) *slog.Logger {
	return h.g.Log().With("channel_id", live.ID, "kind", live.Kind)
}
