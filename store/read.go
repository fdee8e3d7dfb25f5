package store

import (
	"context"
	"database/sql"
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
	for _, part := range parts {
		if more, err := s.readSlice(ctx, q, part, yield); err != nil || !more {
			return err
		}
	}
	return nil
}

// readSlice yields one stretch; false once yield wants no more.
func (s *Store) readSlice(ctx context.Context, q Query, part slice, yield func(*trail.Observation, error) bool) (more bool, err error) {
	to := q.To
	if to == 0 {
		to = 1 << 30
	}
	rows, err := s.db.QueryContext(ctx, observationsQuery, part.first, part.last, int32(q.From), int32(to),
		part.after.shape, part.after.shape, part.after.detail, part.upTo == nil, part.end().shape, part.end().shape, part.end().detail)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	var shape, detail sql.RawBytes
	var before facts
	var id struct {
		High, Low uint64
		Odd       string
	}
	for rows.Next() {
		var o trail.Observation
		var day, hours int32
		var first, last int64
		if err := rows.Scan(&shape, &detail, &day, &hours, &first, &last, &id.High, &id.Low, &id.Odd, &o.Shared); err != nil {
			return false, err
		}
		if o.Fact, err = before.decode(shape, detail); err != nil {
			return false, err
		}
		o.Day, o.Hours, o.EventID = trail.Day(day), trail.Hours(hours), trail.EventID(id).String()
		o.First, o.Last = time.Unix(first, 0).UTC(), time.Unix(last, 0).UTC()
		if !yield(&o, nil) {
			return false, nil
		}
	}
	return true, rows.Err()
}

// facts decodes the facts of rows in order: days of one fact come in a row, and
// share it.
type facts struct {
	shape, detail string
	fact          trail.Fact
}

func (f *facts) decode(shape, detail []byte) (trail.Fact, error) {
	if f.shape == string(shape) && f.detail == string(detail) {
		return f.fact, nil
	}
	if f.shape != string(shape) {
		f.shape = string(shape)
	}
	f.detail = string(detail)
	var err error
	f.fact, err = trail.DecodeFact(f.shape, f.detail)
	return f.fact, err
}

// observationsQuery folds the rows of one fact and day. A shape that several
// batches brought is first given one ID, so that grouping compares numbers.
const observationsQuery = `
	WITH one AS (
		SELECT id, min(id) OVER (PARTITION BY text) AS same, principal, text
		FROM shape WHERE principal BETWEEN ? AND ?
	), folded AS (
		SELECT same, detail, day, bit_or(hours) AS hours, min(first) AS first, max(last) AS last,
		       arg_min({'high': high, 'low': low, 'odd': odd, 'shared': shared}, (first, odd, high, low)) AS sample
		FROM observation JOIN one ON shape = one.id
		WHERE day BETWEEN ? AND ? AND (text > ? OR text = ? AND detail > ?)
		  AND (? OR text < ? OR text = ? AND detail <= ?)
		GROUP BY same, detail, day
	)
	SELECT text, detail, day, hours, first, last, sample.high, sample.low, sample.odd, sample.shared
	FROM folded JOIN one ON folded.same = one.id
	ORDER BY principal, text, detail, day`

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
