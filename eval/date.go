package eval

import "time"

func date(holds func(order int) bool) operator {
	return operator{dateFamily, plainText, parsed(parseDate, parseDate, func(have, want time.Time) bool { return holds(have.Compare(want)) })}
}

// parseDate reads a W3C ISO 8601 date or seconds since 1970. Four digits are a
// year.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators",
// section "Date condition operators".
func parseDate(text string) (time.Time, bool) {
	if n, ok := smallNumber(text); ok && len(text) != len("2006") {
		return time.Unix(n, 0), true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01", "2006"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	n, ok := parseNumber(text)
	seconds, whole := n.integer()
	return time.Unix(seconds, 0), ok && whole
}

func isDate(text string) bool { _, ok := parseDate(text); return ok }
