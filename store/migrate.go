package store

import (
	"context"
	"database/sql"
	"fmt"
)

// migrations bring a store of an older layout to this one.
var migrations = map[string]string{
	// ETags were not compared, and those of files held their times.
	"4": `
		ALTER TABLE object ADD COLUMN mark UINTEGER DEFAULT 0;
		CREATE TABLE folding AS
			SELECT * REPLACE (list_transform(names, lambda n: {'high': n.high, 'low': n.low, 'mark': 0::UINTEGER}) AS names) FROM folded;
		DROP TABLE folded;
		ALTER TABLE folding RENAME TO folded`,
}

// migrate changes the layout, wholly or not at all.
func (s *Store) migrate(ctx context.Context, steps string) error {
	err := s.transact(ctx, func(conn *sql.Conn) error {
		if _, err := conn.ExecContext(ctx, steps); err != nil {
			return err
		}
		_, err := conn.ExecContext(ctx, `UPDATE meta SET value = ? WHERE key = 'version'`, version)
		return err
	})
	if err != nil {
		return fmt.Errorf("bring the store to this version's layout: %w; or make it anew with `pruner ingest --rebuild`", err)
	}
	return nil
}
