package ingest

import "time"

// clock reads times. Those of a log lie on one day or two, of which the start is
// worked out once.
type clock struct {
	day   string // "2006-01-02T"
	start int64  // seconds since 1970
}

// plainForm is how CloudTrail writes nearly every time.
const plainForm = "0000-00-00T00:00:00Z"

// dayLength is that of a time's day and the T behind it.
const dayLength = len("0000-00-00T")

// time reads 2006-01-02T15:04:05Z. It declines what has another form or is no
// time of CloudTrail's years.
func (c *clock) time(s string) (t time.Time, ok bool) {
	if len(s) != len(plainForm) || s[len(s)-1] != 'Z' {
		return t, false
	}
	if s[:dayLength] != c.day && !c.turn(s[:dayLength]) {
		return t, false
	}
	hour, minute, second := twoDigits(s[11:]), twoDigits(s[14:]), twoDigits(s[17:])
	if s[13] != ':' || s[16] != ':' || hour >= 24 || minute >= 60 || second >= 60 {
		return t, false
	}
	return time.Unix(c.start+int64(3600*hour+60*minute+second), 0).UTC(), true
}

// turn goes on to another day; it reports whether there is such a day.
func (c *clock) turn(day string) bool {
	t, err := time.Parse(time.DateOnly+"T", day)
	if err != nil || day < firstYear || day >= endOfYears {
		return false
	}
	c.day, c.start = string([]byte(day)), t.Unix()
	return true
}

// twoDigits reads the number that a text begins with; it is above 99 if that is
// none.
func twoDigits(s string) uint {
	tens, ones := uint(s[0]-'0'), uint(s[1]-'0')
	if tens > 9 || ones > 9 {
		return 100
	}
	return 10*tens + ones
}
