package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/internal/query"
)

// auditTime is how the time of an entry is stored and hashed.
const auditTime = "2006-01-02T15:04:05.000000Z"

// firstHash is the hash before the first entry: 32 zero bytes.
var firstHash = hex.EncodeToString(make([]byte, sha256.Size))

// canonical is an entry as it is hashed: JSON with sorted keys, without spaces
// and without empty fields.
type canonical struct {
	Action     string `json:"action,omitempty"`
	Actor      string `json:"actor,omitempty"`
	Address    string `json:"address,omitempty"`
	AfterHash  string `json:"after_hash,omitempty"`
	At         string `json:"at,omitempty"`
	BeforeHash string `json:"before_hash,omitempty"`
	Object     string `json:"object,omitempty"`
	RequestID  string `json:"request_id,omitempty"`
	Seq        int64  `json:"seq"`
	TokenID    string `json:"token_id,omitempty"`
}

// link gives the hash of an entry:
//
//	hash_i = SHA-256(hash_{i-1} ‖ canonical_json(row_i))
func link(row query.Audit) (string, error) {
	previous, err := hex.DecodeString(row.PrevHash)
	if err != nil || len(previous) != sha256.Size {
		return "", fmt.Errorf("audit entry %d: the previous hash is not %d bytes in hex", row.Seq, sha256.Size)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err = enc.Encode(canonical{
		Action: row.Action, Actor: row.Actor, Address: row.Address, AfterHash: row.AfterHash, At: row.At,
		BeforeHash: row.BeforeHash, Object: row.Object, RequestID: row.RequestID, Seq: row.Seq, TokenID: row.TokenID,
	})
	if err != nil {
		return "", fmt.Errorf("audit entry %d: %w", row.Seq, err)
	}
	sum := sha256.Sum256(append(previous, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...))
	return hex.EncodeToString(sum[:]), nil
}

// AuditError says which entry of the audit log was changed, removed or added.
type AuditError struct {
	Seq     int64
	Problem string
}

// Error implements error.
func (e *AuditError) Error() string { return fmt.Sprintf("audit entry %d: %s", e.Seq, e.Problem) }

// VerifyAudit recomputes the whole chain and gives its end, to be compared with
// one that was kept elsewhere. Errors: AuditError.
func (s *Store) VerifyAudit(ctx context.Context) (AuditHead, error) {
	// The end is read first: entries appended meanwhile are left for next time.
	head, err := s.AuditHead(ctx)
	if err != nil {
		return AuditHead{}, err
	}
	at := AuditHead{Hash: firstHash}
	for at.Seq < head.Seq {
		rows, err := s.q.AuditEntries(ctx, query.AuditEntriesParams{After: at.Seq, MaxRows: maxPage})
		if err != nil {
			return AuditHead{}, fmt.Errorf("list audit entries: %w", err)
		}
		if len(rows) == 0 {
			return AuditHead{}, &AuditError{at.Seq + 1, "is missing"}
		}
		for _, row := range rows {
			if at, err = follow(at, row); err != nil {
				return AuditHead{}, err
			}
			if at.Seq == head.Seq {
				break
			}
		}
	}
	if at != head {
		return AuditHead{}, &AuditError{at.Seq, "is not the recorded end of the log"}
	}
	return head, nil
}

func follow(at AuditHead, row query.Audit) (AuditHead, error) {
	if row.Seq != at.Seq+1 {
		return at, &AuditError{at.Seq + 1, "is missing"}
	}
	if row.PrevHash != at.Hash {
		return at, &AuditError{row.Seq, "does not follow the entry before it"}
	}
	hash, err := link(row)
	if err != nil {
		return at, err
	}
	if row.Hash != hash {
		return at, &AuditError{row.Seq, "does not match its hash"}
	}
	return AuditHead{row.Seq, hash}, nil
}
