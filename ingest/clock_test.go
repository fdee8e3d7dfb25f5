package ingest

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestClock: what has the plain form is the time that package time makes of it,
// if it lies in CloudTrail's years, and else none.
func TestClock(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	days := []string{"2026-10-01", "2026-10-02", "2024-02-29", "2026-02-29", "2012-12-31", "2013-01-01", "2099-12-31", "2100-01-01", "2026-13-01", "2026-1-001"}
	hours := []string{"00:00:00", "23:59:59", "24:00:00", "12:60:00", "12:00:60", "1a:00:00", "12-00:00", "12:00.00"}
	var c clock
	read := 0
	for range 20_000 {
		s := []byte(days[rng.IntN(len(days))] + "T" + hours[rng.IntN(len(hours))] + "Z")
		if n := rng.IntN(4 * len(s)); n < len(s) {
			s[n] = "0123456789-:TZ /"[rng.IntN(16)]
		}
		text := string(s)
		want, err := time.Parse(time.RFC3339, text)
		known := err == nil && text >= firstYear && text < endOfYears
		got, ok := c.time(text)
		switch {
		case ok && (!known || !got.Equal(want)):
			t.Fatalf("%s: %v, want %v, %v", text, got, want, err)
		case !ok && known && want.Nanosecond() == 0:
			t.Fatalf("%s is no time", text)
		case ok:
			read++
		}
	}
	if read < 1000 {
		t.Errorf("%d times were read", read)
	}
}
