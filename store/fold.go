package store

import (
	"context"
	"database/sql"
	_ "embed" // for the query
	"fmt"

	"github.com/pruner/pruner/trail"
)

//go:embed fold.sql
var foldRows string

// foldAtOnce bounds the objects that are folded in a transaction, which are
// grouped in memory.
const foldAtOnce = 1_000_000

// Fold makes a row for each account, region and day of the manifest's objects
// that were delivered before a day, so that the manifest of years stays small:
// 20 bytes an object. Each of them is known as before, and one of those days
// that comes late is not. An object stays as it is while something may still be
// said of it: one that a finding names, one that no digest lists where its
// account's region has digests, and one whose name is not of CloudTrail's form.
func (s *Store) Fold(ctx context.Context, before trail.Day) error {
	spans, err := s.foldSpans(ctx, before)
	for i := 0; err == nil && i < len(spans); i++ {
		err = s.transact(ctx, func(conn *sql.Conn) error {
			if _, err := conn.ExecContext(ctx, fmt.Sprintf(foldableQuery, spans[i].first, spans[i].last)); err != nil {
				return err
			}
			_, err := conn.ExecContext(ctx, foldRows)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("fold the manifest of %s: %w", s.path, hint(err))
	}
	return nil
}

// daySpan is days of delivery, both ends in it.
type daySpan struct{ first, last trail.Day }

// foldSpans cuts the days with rows to fold into stretches.
func (s *Store) foldSpans(ctx context.Context, before trail.Day) ([]daySpan, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT delivered, count(*) FROM object WHERE delivered > 0 AND delivered < ? GROUP BY delivered ORDER BY delivered`, int32(before))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []daySpan
	held := 0
	for rows.Next() {
		var day, n int
		if err := rows.Scan(&day, &n); err != nil {
			return nil, err
		}
		if len(out) == 0 || held+n > foldAtOnce {
			out, held = append(out, daySpan{first: trail.Day(day)}), 0
		}
		out[len(out)-1].last = trail.Day(day)
		held += n
	}
	return out, rows.Err()
}

// foldableQuery chooses the objects of some days that nothing is left to be
// said of: those that a valid digest lists as they were read, and those of
// which no digest has been read that could.
const foldableQuery = `
	CREATE OR REPLACE TEMP TABLE foldable AS
	WITH old AS (
		SELECT rowid AS row, parse_filename(uri) AS file, split_part(file, '_', 1) AS name_account, split_part(file, '_', 3) AS name_region,
		       delivered, sha256, records, rejects, size, first, last, high, low, mark
		FROM object WHERE delivered BETWEEN %d AND %d AND uri NOT IN (SELECT object FROM finding)
	), listed AS (
		SELECT l.file, l.sha256 FROM digest_log l JOIN digest d ON l.digest = d.file WHERE d.fault = ''
	), checkable AS (
		SELECT DISTINCT account, region FROM digest
	)
	SELECT old.*, true AS checked FROM old SEMI JOIN listed USING (file, sha256)
	UNION ALL
	SELECT old.*, false FROM old
	ANTI JOIN listed USING (file)
	ANTI JOIN checkable ON checkable.account = name_account AND checkable.region = name_region`
