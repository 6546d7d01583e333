package threeclogic

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiocodes"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

const stepStream = "stream"

// Why a connection is closed before it became a call. They are close reasons,
// too, so they hold nothing of what the peer sent.
const (
	problemFraming    = "unknown framing"
	problemDialect    = "wrong dialect"
	problemFirstFrame = "first frame timeout"
	problemStart      = "start timeout"
	problemOrder      = "order"
	problemMalformed  = "malformed message"
	problemCallID     = "call id"
	problemStreamID   = "stream id"
	problemFormat     = "media format"
	problemTaken      = "call taken"
	problemGateway    = "not available"
	problemLost       = "connection lost"
)

var errRevoked = &call.LegError{
	Reason: call.ReasonRevoked, Err: errors.New("the channel was deleted or disabled"),
}

// stream takes a connection of the platform. Everything that can be checked
// before the upgrade is: who it is, whether there is a place for a call.
func (h *handler) stream(w http.ResponseWriter, r *http.Request) {
	if !websocket.IsWebSocketUpgrade(r) {
		h.refuse(w, r, nil, http.StatusBadRequest, channel.Refusal{Step: stepStream, Reason: reasonNoUpgrade})
		return
	}
	live, client, ok := h.authenticate(w, r, stepStream, channel.ScopeStreamConnect)
	if !ok {
		return
	}
	if len(r.Header.Values("Origin")) > 0 {
		h.refuse(w, r, live, http.StatusForbidden, channel.Refusal{
			Step: stepStream, Reason: reasonOrigin, Detail: "pages in a browser may not connect",
		})
		return
	}
	held, release, err := h.g.Hold(live)
	if err != nil && !h.sessions.awaits(live.ID, client.ID) { // a call that comes back has its place
		h.full(w, r, live, err)
		return
	}
	if err != nil {
		release = func() {}
	}
	defer release()
	u := websocket.Upgrader{
		CheckOrigin: func(*http.Request) bool { return true }, Subprotocols: []string{subprotocol},
	}
	ws, err := u.Upgrade(w, r, nil)
	if err != nil {
		h.log(live).Warn("stream not upgraded", telemetry.KeyError, err)
		return
	}
	v := &visit{
		handler: h, r: r, live: live, client: client, held: held, release: release, conn: newSocket(ws, h.times),
	}
	defer v.conn.release()
	v.run()
}

// full answers a request for which there is no place.
func (h *handler) full(w http.ResponseWriter, r *http.Request, live *channel.Live, err error) {
	refusal, known := channel.OfferRefusal(stepStream, err)
	if !known {
		h.log(live).Error("stream not taken", telemetry.KeyError, err)
		refusal = channel.Refusal{Step: stepStream, Reason: reasonUnavailable}
	}
	w.Header().Set("Retry-After", seconds(time.Second))
	h.refuse(w, r, live, http.StatusServiceUnavailable, refusal)
}

// visit is one connection from its upgrade to its end.
type visit struct {
	*handler
	r       *http.Request
	live    *channel.Live
	client  channel.Client
	held    string // the place of its call; empty: it may only come back
	release func() // frees that place, unless a call has it
	conn    *socket
}

// run detects the dialect and serves the call.
func (v *visit) run() {
	v.conn.until(time.Now().Add(v.times.first))
	d, msg, problem := v.detect()
	if problem == "" {
		pinned := map[string]dialect{
			api.ThreeCLogicMediaStreams: mediaStreams, api.ThreeCLogicAudioCodes: audioCodes,
		}[body(v.live).Protocol]
		switch {
		case pinned != unknownFraming && pinned != d:
			problem = problemDialect
		case d == mediaStreams:
			problem = v.media(msg)
		default:
			problem = v.bot(msg)
		}
	}
	if problem == "" {
		return
	}
	v.record(v.r, v.live, channel.Refusal{Step: stepStream, Reason: "protocol", Detail: problem})
	v.conn.finish(websocket.ClosePolicyViolation, problem)
}

// detect reads up to the message that shows the dialect.
func (v *visit) detect() (d dialect, msg []byte, problem string) {
	for probed := false; ; probed = true {
		msg, err := v.conn.next()
		switch {
		case err != nil && timedOut(err):
			return d, nil, problemFirstFrame
		case err != nil:
			return d, nil, problemLost
		}
		switch d = detect(msg); {
		case d == probing && !probed:
			if v.conn.send(audiocodes.AppendValidated) != nil {
				return d, nil, problemLost
			}
		case d == probing, d == unknownFraming:
			return d, nil, problemFraming
		default:
			return d, msg, ""
		}
	}
}

// offer admits the call of the connection. A problem is the word for why not.
func (v *visit) offer(o channel.Offer) (callID, problem string) {
	if v.held == "" {
		return "", problemGateway
	}
	o.First, o.Held, o.Wait = true, v.held, v.times.first
	callID, err := v.g.Offer(v.r.Context(), v.live, o)
	switch {
	case err == nil:
		return callID, ""
	case errors.Is(err, channel.ErrNotFound):
		return "", problemTaken
	}
	if _, known := channel.OfferRefusal(stepStream, err); !known {
		v.log(v.live).Error("stream not taken", telemetry.KeyError, err)
	}
	return "", problemGateway
}

// leg is what both dialects have in common.
type leg interface {
	call.Leg
	revoke()
	close(code int, reason string)
	ignored() string // for the log, after close
}

// serve runs the call until it has ended, and notes what became of a transfer:
// the platform never says.
func (v *visit) serve(callID, providerCallID string, l leg) {
	ctx := v.r.Context()
	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { v.watch(watching, l) })
	result, err := v.g.Serve(ctx, callID, l)
	stop()
	watch.Wait()
	if err != nil && result.Reason == "" {
		v.log(v.live).Warn("stream not served", telemetry.KeyCall, callID, telemetry.KeyError, err)
	}
	l.close(websocket.ClosePolicyViolation, problemTaken) // nothing, unless the call was not served
	v.log(v.live).Debug("stream closed", telemetry.KeyCall, callID, "detail", l.ignored())
	if result.Transfer == nil {
		return
	}
	err = v.g.Report(context.WithoutCancel(ctx), v.live.ID, providerCallID, channel.Report{
		TransferMethod: "message", TransferResult: "handed_over", Final: true,
	})
	if err != nil {
		v.log(v.live).Warn("transfer not noted", telemetry.KeyCall, callID, telemetry.KeyError, err)
	}
}

// watch ends the call when its channel is deleted or disabled.
func (v *visit) watch(ctx context.Context, l leg) {
	tick := time.NewTicker(v.times.revoked)
	defer tick.Stop()
	last := v.live
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, ok := v.g.Channel(api.KindThreeCLogic, v.live.ID)
		if ok {
			last = now
		}
		if (!ok || !*last.Body.Common().Enabled) && *body(last).CloseOnRevocation {
			l.revoke()
			return
		}
	}
}
