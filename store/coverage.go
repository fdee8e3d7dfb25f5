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

// Coverage gives, for one account, the stretches of hours of each region
// between its first and last record.
func (s *Store) Coverage(ctx context.Context, account string) ([]trail.Interval, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT region, day, bit_or(hours) FROM presence WHERE account = ? GROUP BY region, day ORDER BY region, day`, account)
	if err != nil {
		return nil, fmt.Errorf("read coverage of %s: %w", account, err)
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
