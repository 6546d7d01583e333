package switchboard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// Bounds of what is kept in memory while the database is away.
const (
	maxKept      = 10_000
	maxKeptBytes = 64 << 20 // of records
	// maxAttempts is how often a call is offered to a database that answers but
	// refuses it. The first attempts may fail on connections that died with the
	// database.
	maxAttempts = 10
)

var errKeepFull = errors.New("no room for calls in memory")

// keep stores calls, and holds those that the database does not take until it
// does. Each is a whole call, so only its newest state is held. mu guards it.
type keep struct {
	store   callStore
	pending prometheus.Gauge
	log     *slog.Logger

	mu    sync.Mutex
	calls map[string]*kept // by call id
	bytes int
	burnt map[string]string // channel ids of tickets redeemed from memory, by hash
}

// callStore is what keep needs of a store.Store.
type callStore interface {
	SaveCall(ctx context.Context, c store.Call) error
	TakeTicket(ctx context.Context, channelID string, hash []byte, now time.Time) (store.Ticket, error)
	Ping(ctx context.Context) error
}

type kept struct {
	row      store.Call
	attempts int
}

func (k *kept) size() int { return len(k.row.Record) + len(k.row.Ending) }

// outage reports whether err leaves open what the database holds.
func outage(err error) bool {
	return err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrConflict)
}

// save stores a call now or later. Errors: store.ErrNotFound and
// store.ErrConflict, when the call is another node's; errKeepFull.
func (k *keep) save(ctx context.Context, row store.Call) error {
	if k.replace(row) {
		return nil
	}
	bounded, cancel := lasting(ctx)
	defer cancel()
	err := k.store.SaveCall(bounded, row)
	if outage(err) {
		return k.add(row, err)
	}
	return err
}

// replace gives a call that waits its newest state, and reports whether it was
// waiting: what is stored later must not undo what was stored before.
func (k *keep) replace(row store.Call) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	old, ok := k.calls[row.ID]
	if ok {
		k.bytes += (&kept{row: row}).size() - old.size()
		k.calls[row.ID] = &kept{row: row, attempts: old.attempts}
	}
	return ok
}

// add holds a call that the database did not take, because of cause.
func (k *keep) add(row store.Call, cause error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	next := &kept{row: row}
	if len(k.calls) >= maxKept || k.bytes+next.size() > maxKeptBytes {
		return fmt.Errorf("%w: %w", errKeepFull, cause)
	}
	if len(k.calls) == 0 {
		k.log.Warn("database away: calls go on, their records wait in memory", telemetry.KeyError, cause)
	}
	k.calls[row.ID] = next
	k.bytes += next.size()
	k.pending.Set(float64(len(k.calls)))
	return nil
}

// burn notes a ticket that was redeemed without the database, which may still
// hold it.
func (k *keep) burn(channelID string, hash []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.burnt) < maxKept {
		k.burnt[string(hash)] = channelID
	}
}

// isBurnt reports whether a ticket was redeemed without the database.
func (k *keep) isBurnt(hash []byte) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, ok := k.burnt[string(hash)]
	return ok
}

// flush stores what waits, the oldest first, until the database fails.
func (k *keep) flush(ctx context.Context) {
	k.mu.Lock()
	burnt, ids := maps.Clone(k.burnt), slices.Sorted(maps.Keys(k.calls))
	k.mu.Unlock()
	for hash, channelID := range burnt {
		bounded, cancel := lasting(ctx)
		_, err := k.store.TakeTicket(bounded, channelID, []byte(hash), time.Now().UTC())
		cancel()
		if outage(err) {
			return
		}
		k.mu.Lock()
		delete(k.burnt, hash)
		k.mu.Unlock()
	}
	for _, id := range ids {
		if ctx.Err() != nil || !k.flushOne(ctx, id) {
			return
		}
	}
	if len(ids) > 0 && len(k.waiting()) == 0 {
		k.log.Info("every call that waited for the database is stored", "calls", len(ids))
	}
}

// flushOne stores one call, and reports whether to go on with the next.
func (k *keep) flushOne(ctx context.Context, id string) bool {
	k.mu.Lock()
	next, ok := k.calls[id]
	k.mu.Unlock()
	if !ok {
		return true
	}
	bounded, cancel := lasting(ctx)
	defer cancel()
	err := k.store.SaveCall(bounded, next.row)
	if outage(err) && k.store.Ping(bounded) != nil {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if outage(err) {
		next.attempts++
		if next.attempts < maxAttempts {
			return true
		}
	}
	if k.calls[id] != next {
		return true // newer by now; its turn comes
	}
	if err != nil {
		k.log.Error("call record not stored", telemetry.KeyCall, id, telemetry.KeyError, err)
	}
	delete(k.calls, id)
	k.bytes -= next.size()
	k.pending.Set(float64(len(k.calls)))
	return true
}

// waiting lists the calls that wait to be stored.
func (k *keep) waiting() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Sorted(maps.Keys(k.calls))
}
