package server

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/config"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// auditHeadEvery is how often the end of the audit log is written to the log.
const auditHeadEvery = time.Hour

// auditWatch reports the end of the audit log outside of the database: a log
// whose tail was cut off looks whole from inside.
type auditWatch struct {
	*Server
	logged time.Time
}

// report sets the gauge, and once an hour writes the line that
// "gateway audit verify --head" wants to know.
func (w *auditWatch) report(ctx context.Context, now time.Time) {
	head, err := w.store.AuditHead(ctx)
	if err != nil {
		if ctx.Err() == nil {
			w.log.Warn("audit head not read", telemetry.KeyError, err)
		}
		return
	}
	w.metrics.AuditHead.Set(float64(head.Seq))
	if now.Sub(w.logged) >= auditHeadEvery {
		w.logged = now
		w.log.Info("audit head", "detail", fmt.Sprintf("%s is entry %d", head.Hash, head.Seq))
	}
}

// VerifyAudit recomputes the chain of the audit log and gives its end. kept is
// the hash of an entry that was kept elsewhere, or empty; the log must still
// contain it.
func VerifyAudit(ctx context.Context, c config.Config, kept string) (store.AuditHead, error) {
	kept = strings.ToLower(kept)
	if b, err := hex.DecodeString(kept); err != nil || kept != "" && len(b) != 32 {
		return store.AuditHead{}, fmt.Errorf("the head %q is not a hash of 64 hexadecimal digits", kept)
	}
	s, err := openStore(ctx, c)
	if err != nil {
		return store.AuditHead{}, err
	}
	defer s.Close()
	head, err := s.VerifyAudit(ctx)
	if err != nil || kept == "" || kept == head.Hash {
		return head, err
	}
	for after := int64(0); after < head.Seq; {
		entries, err := s.AuditEntries(ctx, after, auditPage)
		if err != nil {
			return head, err
		}
		if len(entries) == 0 {
			break
		}
		for _, e := range entries {
			if e.PrevHash == kept {
				return head, nil
			}
			after = e.Seq
		}
	}
	return head, fmt.Errorf("the kept head %s is not part of the log of %d entries: its end was cut off, "+
		"or the whole log was written anew", kept, head.Seq)
}

const auditPage = 500
