package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// State gives what a source left behind after a run that read all of it, such
// as how far it was listed; nil if it left nothing.
func (s *Store) State(ctx context.Context, source string) ([]byte, error) {
	var text string
	err := s.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = ?`, "source "+source).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read where %s was left: %w", source, err)
	}
	return []byte(text), nil
}

// SetState keeps a source's state in the place of the one before.
func (s *Store) SetState(ctx context.Context, source string, state []byte) error {
	err := s.transact(ctx, func(conn *sql.Conn) error {
		if _, err := conn.ExecContext(ctx, `DELETE FROM meta WHERE key = ?`, "source "+source); err != nil {
			return err
		}
		_, err := conn.ExecContext(ctx, `INSERT INTO meta VALUES (?, ?)`, "source "+source, string(state))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep in %s where %s was left: %w", s.path, source, hint(err))
	}
	return nil
}
