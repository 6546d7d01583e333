package threeclogic

import (
	"context"
	"log/slog"
	"math"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// refuse records a refused request and answers it with an empty body.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, l *channel.Live, status int, f channel.Refusal) {
	h.record(r, l, f)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
}

// record notes a refusal on the channel, which is nil if there is none.
func (h *handler) record(r *http.Request, l *channel.Live, f channel.Refusal) {
	f.Remote = r.RemoteAddr
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		f.Remote = host
	}
	id := ""
	if l != nil {
		id = l.ID
	}
	h.g.Refuse(context.WithoutCancel(r.Context()), id, f)
}

func (h *handler) log(l *channel.Live) *slog.Logger {
	return h.g.Log().With(telemetry.KeyChannel, l.ID, telemetry.KeyKind, l.Kind)
}

// seconds is the value of Retry-After: whole seconds, at least one.
func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}
