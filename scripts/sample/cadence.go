package main

import "time"

// The rhythms of work in the generated organisation. Each depends on an
// offset, so that not all roles work on the same days.

// bursty is three days of much work in every stretch of so many days.
func bursty(stretch, offset int, n float64) schedule {
	return func(day time.Time, r *random, factor float64) []int {
		number := int(day.Unix() / 86400)
		start := int(uint64(*mixed(uint64(offset), uint64((number+offset)/stretch))) % uint64(stretch-2))
		if at := (number + offset) % stretch; at < start || at > start+2 {
			return nil
		}
		return scattered(r, n*factor, 6, 22)
	}
}

// every is once in so many days: 7 for weekly work, 91 for quarterly.
func every(days, offset int) schedule {
	return func(day time.Time, r *random, _ float64) []int {
		if (int(day.Unix()/86400)+offset)%days != 0 {
			return nil
		}
		return []int{3*3600 + r.below(7200)}
	}
}
