package main

import (
	"testing"
	"time"
)

func TestSchedules(t *testing.T) {
	for name, c := range map[string]struct {
		when schedule
		runs [2]int // at least, at most, over the sample's 95 days
	}{
		"daily":     {daily(2), [2]int{190, 190}},
		"fraction":  {daily(0.5), [2]int{30, 65}},
		"office":    {office(1), [2]int{68, 68}},
		"hourly":    {hourly, [2]int{95 * 24, 95 * 24}},
		"monthly":   {monthly(1, 3), [2]int{3, 3}},
		"weekly":    {weekly(time.Monday, 6), [2]int{13, 14}},
		"on":        {on(7, "2026-09-03", "1999-01-01"), [2]int{1, 1}},
		"at":        {at("2026-10-09T09:03:40Z"), [2]int{1, 1}},
		"every":     {every(7, 3), [2]int{13, 14}},
		"quarterly": {every(91, 17), [2]int{1, 2}},
		"bursty":    {bursty(20, 5, 10), [2]int{90, 180}},
	} {
		runs := 0
		for _, day := range sampleWorld().days(lastDay) {
			for _, second := range c.when(day, mixed(uint64(day.Unix())), 1) {
				if second < 0 || second >= 86400 {
					t.Errorf("%s: second %d of a day", name, second)
				}
				runs++
			}
		}
		if runs < c.runs[0] || runs > c.runs[1] {
			t.Errorf("%s: %d runs, want %d to %d", name, runs, c.runs[0], c.runs[1])
		}
	}
}
