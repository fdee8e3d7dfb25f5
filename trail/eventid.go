package trail

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
)

// EventID is an event's ID: a UUID in lower case, as CloudTrail writes it, or
// any other text in Odd.
type EventID struct {
	High, Low uint64
	Odd       string
}

// ParseEventID reads an ID. Every text is one; what is no UUID is Odd.
func ParseEventID(s string) EventID {
	const form = "00000000-0000-0000-0000-000000000000"
	if len(s) != len(form) {
		return EventID{Odd: s}
	}
	var halves [2]uint64
	digits := 0
	for i := range len(form) {
		c := s[i]
		switch {
		case form[i] == '-' && c == '-':
			continue
		case form[i] == '0' && c >= '0' && c <= '9':
			c -= '0'
		case form[i] == '0' && c >= 'a' && c <= 'f':
			c -= 'a' - 10
		default:
			return EventID{Odd: s}
		}
		halves[digits/16] = halves[digits/16]<<4 | uint64(c)
		digits++
	}
	if halves == [2]uint64{} {
		return EventID{Odd: s} // the zero EventID is that of an event without one
	}
	return EventID{High: halves[0], Low: halves[1]}
}

// String is the ID as it stood in the log.
func (id EventID) String() string {
	if id.Odd != "" || id.High == 0 && id.Low == 0 {
		return id.Odd
	}
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], id.High)
	binary.BigEndian.PutUint64(raw[8:], id.Low)
	var out [36]byte
	from, to := 0, 0
	for _, size := range [...]int{4, 2, 2, 2, 6} {
		if to > 0 {
			out[to] = '-'
			to++
		}
		to += hex.Encode(out[to:], raw[from:from+size])
		from += size
	}
	return string(out[:])
}

// Compare orders IDs: UUIDs first, each kind in the order of its text.
func (id EventID) Compare(other EventID) int {
	return cmp.Or(cmp.Compare(id.Odd, other.Odd), cmp.Compare(id.High, other.High), cmp.Compare(id.Low, other.Low))
}
