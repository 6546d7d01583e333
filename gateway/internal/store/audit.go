package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/internal/query"
)

// Audit is one entry of the audit log. It never holds a secret value. Hashes
// are in hex; Seq, PrevHash and Hash are set by AppendAudit.
type Audit struct {
	Seq        int64
	At         time.Time
	Actor      string
	TokenID    string
	Action     string // for example "channel.create"
	Object     string // for example "channel/chn_…"
	BeforeHash string // over the fields that are not secret
	AfterHash  string
	RequestID  string
	Address    string
	PrevHash   string
	Hash       string
}

// AuditHead is the end of the audit log. Kept elsewhere, it shows whether the
// tail was cut off, which the chain alone does not.
type AuditHead struct {
	Seq  int64 // 0 when the log is empty
	Hash string
}

// AppendAudit appends an entry in the transaction.
func (t *Tx) AppendAudit(ctx context.Context, a Audit) error { return appendAudit(ctx, t.q, a) }

// AppendAudit appends an entry in a transaction of its own.
func (s *Store) AppendAudit(ctx context.Context, a Audit) error {
	return s.inTx(ctx, func(q *query.Queries) error { return appendAudit(ctx, q, a) })
}

// AuditEntries lists up to limit entries after a sequence number, the oldest
// first.
func (s *Store) AuditEntries(ctx context.Context, after int64, limit int) ([]Audit, error) {
	rows, err := s.q.AuditEntries(ctx, query.AuditEntriesParams{After: after, MaxRows: page(limit)})
	return convert(rows, audit), wrap("list audit entries", err)
}

// AuditHead reads the end of the log.
func (s *Store) AuditHead(ctx context.Context) (AuditHead, error) {
	row, err := s.q.AuditHead(ctx)
	return AuditHead(row), wrap("read audit head", err)
}

// appendAudit takes the row lock of the head first, so that appends follow one
// another.
func appendAudit(ctx context.Context, q *query.Queries, a Audit) error {
	head, err := q.BumpAuditHead(ctx)
	if err != nil {
		return fmt.Errorf("append to the audit log: %w", err)
	}
	row := query.Audit{
		Seq: head.Seq, At: utc(a.At).Format(auditTime),
		Actor: storable(a.Actor), TokenID: storable(a.TokenID), Action: storable(a.Action),
		Object: storable(a.Object), BeforeHash: storable(a.BeforeHash), AfterHash: storable(a.AfterHash),
		RequestID: storable(a.RequestID), Address: storable(a.Address), PrevHash: head.Hash,
	}
	if row.Hash, err = link(row); err != nil {
		return err
	}
	if err := q.InsertAudit(ctx, query.InsertAuditParams(row)); err != nil {
		return fmt.Errorf("append to the audit log: %w", err)
	}
	return wrap("append to the audit log", q.SetAuditHead(ctx, row.Hash))
}

func audit(row query.Audit) Audit {
	// A time that does not parse was tampered with. The entry is shown
	// nevertheless; VerifyAudit reports it.
	at, _ := time.Parse(auditTime, row.At)
	return Audit{
		Seq: row.Seq, At: at, Actor: row.Actor, TokenID: row.TokenID, Action: row.Action, Object: row.Object,
		BeforeHash: row.BeforeHash, AfterHash: row.AfterHash, RequestID: row.RequestID, Address: row.Address,
		PrevHash: row.PrevHash, Hash: row.Hash,
	}
}

// storable replaces what PostgreSQL refuses in text, so that nobody keeps an
// entry out of the log by sending such bytes.
func storable(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}
