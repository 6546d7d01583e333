package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// notifications is the PostgreSQL channel of configuration writes. Its
	// messages are empty: what changed is read from the tables.
	notifications = "va_config"
	// probeEvery is how long a silent connection is trusted: a server that
	// vanished without a word would otherwise never be missed.
	probeEvery     = 30 * time.Second
	probeTimeout   = 5 * time.Second
	connectTimeout = 10 * time.Second
)

// announce is sent by the server when the transaction is committed, and not at
// all when it is undone.
func announce(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, "NOTIFY "+notifications)
	return err
}

// listener gives a function that listens over a connection of its own: one from
// the pool would be missing there.
func listener(config *pgx.ConnConfig) func(ctx context.Context, changed func()) error {
	return func(ctx context.Context, changed func()) error {
		bounded, cancel := context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		conn, err := pgx.ConnectConfig(bounded, config)
		if err != nil {
			return oneLine{err}
		}
		defer func() {
			bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
			defer cancel()
			_ = conn.Close(bounded) // whatever it says, the connection is gone
		}()
		if _, err := conn.Exec(bounded, "LISTEN "+notifications); err != nil {
			return err
		}
		changed()
		for {
			if err := wait(ctx, conn); err != nil {
				return err
			}
			changed()
		}
	}
}

// wait returns with the next notification.
func wait(ctx context.Context, conn *pgx.Conn) error {
	for {
		bounded, cancel := context.WithTimeout(ctx, probeEvery)
		_, err := conn.WaitForNotification(bounded)
		cancel()
		if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		bounded, cancel = context.WithTimeout(ctx, probeTimeout)
		err = conn.Ping(bounded)
		cancel()
		if err != nil {
			return fmt.Errorf("probe connection: %w", err)
		}
	}
}
