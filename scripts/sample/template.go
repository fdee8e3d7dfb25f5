package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A template is text with placeholders, compiled once and written millions of
// times. Placeholders:
//
//	$(time)          the event's time, 2026-09-17T14:03:22Z
//	$(day)           2026-09-17; $(path) 2026/09/17; $(month) 2026-09
//	$(lastmonth)     the month before
//	$(session)       the session's name; $(key) its access key; $(ip) its address;
//	                 $(start) when it was created
//	$(uuid)          a random UUID, version 4
//	$(hex:8)         random hexadecimal digits; $(digits:6); $(upper:16) letters and digits
//	$(int:1:40)      a number from 1 to 40
//	$(pick:a|b|c)    one of
//	$(grow:7:3:20664) a number below 3, and below one more after each 7 days
//	                 from day 20664 since 1970
//	$(name=…)        any of the above, remembered; $(name) repeats it
type template struct {
	ops   []op
	slots int
}

type op struct {
	text  string // written as it stands when write is nil
	write func(dst []byte, m *moment) []byte
	keep  int // slot to remember the value in, -1 for none
	again int // slot to repeat, -1 for none
}

// moment is what a record's placeholders depend on.
type moment struct {
	unix    int64
	session *session
	random  *random
	kept    [8][]byte
}

// compile reads a template. A mistake in one is a mistake in this program.
func compile(text string) *template {
	t := &template{}
	names := map[string]int{}
	for {
		before, rest, found := strings.Cut(text, "$(")
		if before != "" {
			t.ops = append(t.ops, op{text: before, keep: -1, again: -1})
		}
		if !found {
			return t
		}
		inner, after, closed := strings.Cut(rest, ")")
		if !closed {
			panic("unclosed placeholder in " + text)
		}
		t.ops = append(t.ops, t.placeholder(inner, names))
		text = after
	}
}

func (t *template) placeholder(inner string, names map[string]int) op {
	keep := -1
	if name, value, named := strings.Cut(inner, "="); named {
		keep, inner = t.slots, value
		names[name] = keep
		t.slots++
	} else if slot, known := names[inner]; known {
		return op{keep: -1, again: slot}
	}
	return op{write: writer(inner), keep: keep, again: -1}
}

func writer(inner string) func([]byte, *moment) []byte {
	word, args, _ := strings.Cut(inner, ":")
	switch word {
	case "time":
		return timed(time.RFC3339)
	case "day":
		return timed(time.DateOnly)
	case "path":
		return timed("2006/01/02")
	case "month":
		return timed("2006-01")
	case "lastmonth":
		return lastMonth
	case "session", "key", "ip", "start":
		return sessionField(word)
	case "uuid":
		return writeUUID
	case "hex":
		return digits("0123456789abcdef", args)
	case "digits":
		return digits("0123456789", args)
	case "upper":
		return digits("ABCDEFGHJKMNPQRSTVWXYZ0123456789", args)
	case "int":
		return between(args)
	case "grow":
		return growing(args)
	case "pick":
		return pick(strings.Split(args, "|"))
	}
	panic("unknown placeholder $(" + inner + ")")
}

func timed(layout string) func([]byte, *moment) []byte {
	return func(dst []byte, m *moment) []byte {
		return time.Unix(m.unix, 0).UTC().AppendFormat(dst, layout)
	}
}

func lastMonth(dst []byte, m *moment) []byte {
	at := time.Unix(m.unix, 0).UTC()
	return at.AddDate(0, 0, -at.Day()).AppendFormat(dst, "2006-01")
}

func sessionField(word string) func([]byte, *moment) []byte {
	return func(dst []byte, m *moment) []byte {
		switch word {
		case "session":
			return append(dst, m.session.name...)
		case "key":
			return append(dst, m.session.key...)
		case "ip":
			return append(dst, m.session.ip...)
		}
		return time.Unix(m.session.start, 0).UTC().AppendFormat(dst, time.RFC3339)
	}
}

func writeUUID(dst []byte, m *moment) []byte {
	const hex = "0123456789abcdef"
	high, low := m.random.next(), m.random.next()
	high = high&^0xf000 | 0x4000
	low = low&^(3<<62) | 1<<63
	for i, word := range [2]uint64{high, low} {
		for shift := 60; shift >= 0; shift -= 4 {
			dst = append(dst, hex[word>>shift&15])
			if i == 0 && (shift == 32 || shift == 16 || shift == 0) || i == 1 && shift == 48 {
				dst = append(dst, '-')
			}
		}
	}
	return dst
}

func digits(alphabet, args string) func([]byte, *moment) []byte {
	n, err := strconv.Atoi(args)
	if err != nil {
		panic("placeholder wants a length, has " + args)
	}
	return func(dst []byte, m *moment) []byte {
		for range n {
			dst = append(dst, alphabet[m.random.below(len(alphabet))])
		}
		return dst
	}
}

func between(args string) func([]byte, *moment) []byte {
	var low, high int
	if _, err := fmt.Sscanf(args, "%d:%d", &low, &high); err != nil {
		panic("placeholder wants two numbers, has " + args)
	}
	return func(dst []byte, m *moment) []byte {
		return strconv.AppendInt(dst, int64(low+m.random.below(high-low+1)), 10)
	}
}

func growing(args string) func([]byte, *moment) []byte {
	var gap, base, from int
	if _, err := fmt.Sscanf(args, "%d:%d:%d", &gap, &base, &from); err != nil {
		panic("placeholder wants three numbers, has " + args)
	}
	return func(dst []byte, m *moment) []byte {
		members := base + max(0, int(m.unix/86400)-from)/gap
		return fmt.Appendf(dst, "%03d", m.random.below(members))
	}
}

func pick(choices []string) func([]byte, *moment) []byte {
	return func(dst []byte, m *moment) []byte {
		return append(dst, choices[m.random.below(len(choices))]...)
	}
}

// append writes the template for one moment.
func (t *template) append(dst []byte, m *moment) []byte {
	for i := range t.ops {
		o := &t.ops[i]
		switch {
		case o.write != nil:
			from := len(dst)
			dst = o.write(dst, m)
			if o.keep >= 0 {
				m.kept[o.keep] = append(m.kept[o.keep][:0], dst[from:]...)
			}
		case o.again >= 0:
			dst = append(dst, m.kept[o.again]...)
		default:
			dst = append(dst, o.text...)
		}
	}
	return dst
}
