package store

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/pruner/pruner/trail"
)

// A region counts as steady when, in the week around an hour, nearly every
// hour has records: there an hour without any is a hole. In a quiet region
// silence is ordinary, and the hour is assumed to be complete.
const (
	steadySpan  = 7 * 24 // hours looked at, half before and half after
	steadyShare = 0.95
)

// Coverage gives, for one account, what is known about each region's hours:
// those between its first and last record, those that digests prove, and the
// holes that unreadable records and the findings about digests make. The
// intervals do not overlap; they are ordered by region and time.
func (s *Store) Coverage(ctx context.Context, account string) ([]trail.Interval, error) {
	base, err := s.presence(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("read coverage of %s: %w", account, err)
	}
	proved, err := s.stretches(ctx, account, trail.Proved, provedQuery)
	if err != nil {
		return nil, fmt.Errorf("read what is proved of %s: %w", account, err)
	}
	holes, err := s.stretches(ctx, account, trail.Hole, holesQuery)
	if err != nil {
		return nil, fmt.Errorf("read the holes of %s: %w", account, err)
	}
	return overlay(overlay(base, proved), holes), nil
}

// presence is the coverage that the records alone show.
func (s *Store) presence(ctx context.Context, account string) ([]trail.Interval, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT region, day, bit_or(hours) FROM presence WHERE account = ? GROUP BY region, day ORDER BY region, day`, account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	regions := map[string][]int64{}
	var names []string
	for rows.Next() {
		var region string
		var day int64
		var hours uint32
		if err := rows.Scan(&region, &day, &hours); err != nil {
			return nil, err
		}
		if regions[region] == nil {
			names = append(names, region)
		}
		for ; hours != 0; hours &= hours - 1 {
			regions[region] = append(regions[region], 24*day+int64(bits.TrailingZeros32(hours)))
		}
	}
	var out []trail.Interval
	for _, region := range names {
		out = append(out, intervals(account, region, regions[region])...)
	}
	return out, rows.Err()
}

const provedQuery = `SELECT region, first, last, '' FROM proved WHERE account = ? AND first < last ORDER BY region, first, last`

// holesQuery lists holes in hours, whole ones around what they touch. One of
// an unknown account is a hole in each. A reject whose time is not known makes
// none: it is counted, and cannot be placed.
const holesQuery = `
	SELECT region, first // 3600, last // 3600 + 1, detail FROM finding
	WHERE account IN ('', ?) AND kind NOT IN ` + harmless + `
	UNION ALL
	SELECT region, min(first) // 3600, max(last) // 3600 + 1, min(parse_filename(uri) || ': ' || reason) FROM reject
	WHERE account IN ('', ?) AND first > 0 GROUP BY region, uri, first // 3600, last // 3600
	ORDER BY ALL`

// stretches reads stretches of hours.
func (s *Store) stretches(ctx context.Context, account string, c trail.Coverage, query string) ([]trail.Interval, error) {
	args := []any{account}
	if c == trail.Hole {
		args = append(args, account)
	}
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []trail.Interval
	for rows.Next() {
		in := trail.Interval{Account: account, Coverage: c}
		var first, last int64
		if err := rows.Scan(&in.Region, &first, &last, &in.Cause); err != nil {
			return nil, err
		}
		in.From, in.To = hourTime(first), hourTime(last)
		out = append(out, in)
	}
	return out, rows.Err()
}

// intervals turns the sorted hours that have records into covered stretches
// and holes.
func intervals(account, region string, hours []int64) []trail.Interval {
	var out []trail.Interval
	add := func(from, to int64, c trail.Coverage, cause string) {
		if from < to {
			out = append(out, trail.Interval{Account: account, Region: region, From: hourTime(from), To: hourTime(to), Coverage: c, Cause: cause})
		}
	}
	from := hours[0]
	for i := 1; i < len(hours); i++ {
		if hours[i] == hours[i-1]+1 || !steady(hours, i) {
			continue
		}
		add(from, hours[i-1]+1, trail.Assumed, "")
		add(hours[i-1]+1, hours[i], trail.Hole, "no record in a region that has some every hour")
		from = hours[i]
	}
	add(from, hours[len(hours)-1]+1, trail.Assumed, "")
	return out
}

// steady reports whether nearly every hour around the gap before hours[i] has
// records, the gap itself left out.
func steady(hours []int64, i int) bool {
	gap := hours[i] - hours[i-1] - 1
	from, to := hours[i-1]-steadySpan/2, hours[i]+steadySpan/2
	lo, _ := slices.BinarySearch(hours, from)
	hi, _ := slices.BinarySearch(hours, to)
	from, to = max(from, hours[0]), min(to, hours[len(hours)-1]+1)
	span := to - from - gap
	return span >= steadySpan/4 && float64(hi-lo) >= steadyShare*float64(span)
}

func hourTime(hour int64) time.Time { return time.Unix(hour*3600, 0).UTC() }
