package store

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/pruner/pruner/trail"
)

// Query chooses observations.
type Query struct {
	From, To  trail.Day // both inclusive; zero is open
	Principal string    // the role's ARN, or the caller's; "" is all
}

// Observations streams what was observed, ordered by principal, fact and day.
// Rows of one fact and day are folded: how the input was cut into objects and
// how often it was delivered does not show.
func (s *Store) Observations(ctx context.Context, q Query) iter.Seq2[*trail.Observation, error] {
	return func(yield func(*trail.Observation, error) bool) {
		if err := s.observations(ctx, q, yield); err != nil {
			yield(nil, fmt.Errorf("read observations: %w", err))
		}
	}
}

func (s *Store) observations(ctx context.Context, q Query, yield func(*trail.Observation, error) bool) error {
	parts, err := s.slices(ctx, q.Principal)
	if err != nil {
		return err
	}
	var one held
	for _, part := range parts {
		if err := s.load(ctx, q, part, &one); err != nil {
			return err
		}
		if more, err := one.each(yield); err != nil || !more {
			return err
		}
	}
	return nil
}

// Span gives the first and the last event time, or zero times when the store
// is empty.
func (s *Store) Span(ctx context.Context) (from, to time.Time, err error) {
	var first, last *int64
	err = s.db.QueryRowContext(ctx, `SELECT min(first), max(last) FROM observation`).Scan(&first, &last)
	if err != nil {
		return from, to, fmt.Errorf("read the span of the store: %w", err)
	}
	if first == nil || last == nil {
		return from, to, nil
	}
	return time.Unix(*first, 0).UTC(), time.Unix(*last, 0).UTC(), nil
}

// AccountsBelow gives the accounts of the objects whose URI is
// prefix/account/….
func (s *Store) AccountsBelow(ctx context.Context, prefix string) ([]string, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT DISTINCT split_part(substr(uri, length(?) + 1), '/', 1) FROM object
		WHERE uri >= ? AND uri < ? ORDER BY 1`, prefix, prefix, prefix+"\x7f")
	if err != nil {
		return nil, fmt.Errorf("read the accounts of %s: %w", prefix, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var account string
		if err := rows.Scan(&account); err != nil {
			return nil, err
		}
		out = append(out, account)
	}
	return out, rows.Err()
}

// Counts is what the store has read in all.
type Counts struct{ Objects, Records, Rejects int64 }

// Counts gives the totals of the manifest.
func (s *Store) Counts(ctx context.Context) (c Counts, err error) {
	err = s.db.QueryRowContext(ctx, `
		SELECT coalesce(sum(n), 0)::BIGINT, coalesce(sum(records), 0)::BIGINT, coalesce(sum(rejects), 0)::BIGINT
		FROM (SELECT 1 AS n, records, rejects FROM object UNION ALL SELECT objects, records, rejects FROM folded)`).
		Scan(&c.Objects, &c.Records, &c.Rejects)
	return c, err
}
