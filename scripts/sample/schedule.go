package main

import (
	"slices"
	"time"
)

// job is calls that a role makes together, again and again.
type job struct {
	Region      string
	When        schedule
	Calls       []call
	From, Until string // first and last day, "" for the sample's own
	Scales      bool   // -events multiplies it
}

// schedule says at which seconds of a day a job runs. factor multiplies the
// runs of jobs that scale and is 1 otherwise.
type schedule func(day time.Time, r *random, factor float64) []int

func (j *job) runs(day time.Time, r *random, factor float64) []int {
	name := day.Format(time.DateOnly)
	if j.From != "" && name < j.From || j.Until != "" && name > j.Until {
		return nil
	}
	if !j.Scales {
		factor = 1
	}
	return j.When(day, r, factor)
}

// daily is n times a day at random.
func daily(n float64) schedule {
	return func(_ time.Time, r *random, factor float64) []int { return scattered(r, n*factor, 0, 24) }
}

// office is n times on working days between 8 and 18 o'clock.
func office(n float64) schedule {
	return func(day time.Time, r *random, factor float64) []int {
		if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
			return nil
		}
		return scattered(r, n*factor, 8, 18)
	}
}

// hourly is once in every hour.
func hourly(_ time.Time, r *random, factor float64) []int {
	var at []int
	for hour := range 24 {
		for range count(r, factor) {
			at = append(at, hour*3600+r.below(3600))
		}
	}
	return at
}

// monthly is once on a day of the month, at about an hour.
func monthly(dayOfMonth, hour int) schedule {
	return func(day time.Time, r *random, _ float64) []int {
		if day.Day() != dayOfMonth {
			return nil
		}
		return []int{hour*3600 + r.below(600)}
	}
}

// weekly is once on a day of the week, at about an hour.
func weekly(weekday time.Weekday, hour int) schedule {
	return func(day time.Time, r *random, _ float64) []int {
		if day.Weekday() != weekday {
			return nil
		}
		return []int{hour*3600 + r.below(600)}
	}
}

// on is once on each of the named days, at about an hour.
func on(hour int, days ...string) schedule {
	return func(day time.Time, r *random, _ float64) []int {
		if !slices.Contains(days, day.Format(time.DateOnly)) {
			return nil
		}
		return []int{hour*3600 + r.below(600)}
	}
}

// at is once, at a second: for calls whose time stands in the snapshot too.
func at(moment string) schedule {
	when, err := time.Parse(time.RFC3339, moment)
	if err != nil {
		panic(err) // a constant of a story
	}
	return func(day time.Time, _ *random, _ float64) []int {
		if !day.Equal(when.Truncate(24 * time.Hour)) {
			return nil
		}
		return []int{int(when.Sub(day).Seconds())}
	}
}

func scattered(r *random, n float64, from, to int) []int {
	at := make([]int, count(r, n))
	for i := range at {
		at[i] = from*3600 + r.below((to-from)*3600)
	}
	return at
}

// count rounds n up or down at random, right on average.
func count(r *random, n float64) int {
	whole := int(n)
	if r.unit() < n-float64(whole) {
		whole++
	}
	return whole
}
