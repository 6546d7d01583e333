package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Errors of this package, to be tested with errors.Is.
var (
	ErrNotFound = errors.New("not found")
	ErrConflict = errors.New("conflict")
	// ErrGone: the id was deleted before it came into being (Tx.Entomb).
	ErrGone = errors.New("gone")
)

// ConflictError is an ErrConflict with a value that must be unique.
type ConflictError struct {
	Table string // for example "assistant"
	// Field is the column, for example "name"; several are joined with "_", for
	// example "channel_id_provider_call_id".
	Field string
}

// Error implements error.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s: the %s is in use", e.Table, e.Field)
}

// Is makes every ConflictError an ErrConflict.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// InUseError is an ErrConflict: the assistant still has channels.
type InUseError struct {
	AssistantID string
	ChannelIDs  []string // in the order of ids
}

// Error implements error.
func (e *InUseError) Error() string {
	return fmt.Sprintf("assistant %s is used by %s", e.AssistantID, strings.Join(e.ChannelIDs, ", "))
}

// Is makes every InUseError an ErrConflict.
func (e *InUseError) Is(target error) bool { return target == ErrConflict }

// found wraps the error of a query for one row.
func found(what, id string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%s %q: %w", what, id, ErrNotFound)
	default:
		return fmt.Errorf("read %s %q: %w", what, id, err)
	}
}

// changed wraps the error of a statement that must change the row id.
func changed(what, id string, rows int64, err error) error {
	if err != nil {
		return fmt.Errorf("%s %q: %w", what, id, err)
	}
	if rows == 0 {
		return fmt.Errorf("%s %q: %w", what, id, ErrNotFound)
	}
	return nil
}

// conflict turns a violated unique constraint into a ConflictError.
func (d Dialect) conflict(err error) error {
	if err == nil {
		return nil
	}
	if table, field, ok := d.Unique(err); ok {
		return &ConflictError{Table: table, Field: field}
	}
	return err
}
