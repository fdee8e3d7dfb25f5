package ingest

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// field is a member of a record.
type field uint8

// The members that are read. What is no such member is skipped.
const (
	fieldOther field = iota
	fieldVersion
	fieldID
	fieldTime
	fieldTimestamp
	fieldSource
	fieldName
	fieldType
	fieldCategory
	fieldRegion
	fieldAccount
	fieldShared
	fieldErrorCode
	fieldErrorMessage
	fieldSourceIP
	fieldEndpoint
	fieldReadOnly
	fieldRecords
	fieldAddendum
	fieldIdentity
	fieldResources
	fieldRequest
	fieldResponse
)

var fieldNames = map[string]field{
	"eventVersion": fieldVersion, "eventID": fieldID, "eventTime": fieldTime, "@timestamp": fieldTimestamp,
	"eventSource": fieldSource, "eventName": fieldName, "eventType": fieldType, "eventCategory": fieldCategory,
	"awsRegion": fieldRegion, "recipientAccountId": fieldAccount, "sharedEventID": fieldShared,
	"errorCode": fieldErrorCode, "errorMessage": fieldErrorMessage, "sourceIPAddress": fieldSourceIP,
	"vpcEndpointId": fieldEndpoint,
	"readOnly":      fieldReadOnly, "Records": fieldRecords, "addendum": fieldAddendum, "userIdentity": fieldIdentity,
	"resources": fieldResources, "requestParameters": fieldRequest, "responseElements": fieldResponse,
}

// Records of one source have the same members in the same order, up to some
// that are not always there. So what stands next is guessed and compared, which
// takes a fraction of the time of reading it.

// maxGuesses bounds the members that are remembered, of which maxAhead are
// tried at a place.
const (
	maxGuesses = 48
	maxAhead   = 6
)

// guess is a member as it stood in a record before.
type guess struct {
	raw   string // "name":
	field field
	value []byte                   // the last value, if it was an object that is skipped
	texts *[1 << seenBits]seenText // some of its values, if it is read and remembered
}

// guesses are the members in the order in which they were met.
type guesses struct {
	names map[string]field // that are read
	list  []*guess
	next  int
}

// find gives the member that stands here if it is one of the next that are
// guessed.
func (g *guesses) find(data []byte) *guess {
	for i := g.next; i < min(g.next+maxAhead, len(g.list)); i++ {
		if have := g.list[i]; len(data) >= len(have.raw) && string(data[:len(have.raw)]) == have.raw {
			g.next = i + 1
			return have
		}
	}
	return nil
}

// met takes a member that was not guessed.
func (g *guesses) met(key []byte) *guess {
	name := string(key)
	for i, have := range g.list {
		if len(have.raw) == len(name)+3 && have.raw[1:len(name)+1] == name {
			g.next = i + 1
			return have
		}
	}
	met := &guess{raw: rawName(name), field: g.names[name]}
	if met.raw != "" && len(g.list) < maxGuesses {
		if met.field != fieldOther {
			met.texts = new([1 << seenBits]seenText)
		}
		g.next = min(g.next, len(g.list))
		g.list = append(g.list, nil)
		copy(g.list[g.next+1:], g.list[g.next:])
		g.list[g.next] = met
		g.next++
	}
	return met
}

// guessed calls read with each member of the object that stands here, at its
// value; read must consume it.
func (d *decoder) guessed(gs *guesses, read func(*decoder, *guess) error) error {
	if d.peek() != '{' {
		return d.fail("an object")
	}
	d.at++
	gs.next = 0
	if d.peek() == '}' {
		d.at++
		return nil
	}
	for {
		g := gs.find(d.data[d.at:])
		if g != nil {
			d.at += len(g.raw)
		} else {
			key, err := d.key()
			if err != nil {
				return err
			}
			g = gs.met(key)
		}
		if err := read(d, g); err != nil {
			return err
		}
		if more, err := d.next('}'); !more {
			return err
		}
	}
}

// rawName is how a member's name and the colon stand in the text, if it holds
// nothing that may be written in another way.
func rawName(name string) string {
	if len(name) > 64 || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
		return ""
	}
	return `"` + name + `":`
}

// maxValue bounds the values that are remembered.
const maxValue = 1 << 10

// skipAs skips a value, in one step where it is an object and the same as the
// last time.
func (d *decoder) skipAs(g *guess) error {
	if d.peek() != '{' {
		return d.skip()
	}
	if len(g.value) > 0 && bytes.HasPrefix(d.data[d.at:], g.value) {
		d.at += len(g.value)
		return nil
	}
	start := d.at
	err := d.skip()
	if n := d.at - start; err == nil && n <= maxValue {
		g.value = append(g.value[:0], d.data[start:d.at]...)
	}
	return err
}

// seenText is a value of a member as it stood in a record before.
type seenText struct {
	raw   string // in its quotes
	value string
}

// seenBits is how many values of a member are remembered, as a power of two: each
// at the place that what it begins with, and what stands behind it, gives.
const seenBits = 5

// maxSeen bounds the texts that are remembered.
const maxSeen = 1 << 8

// again reads the text of a member that has few. One that was met before is
// compared, in a fraction of the time it takes to find its end; it is then the
// text given before, which outlives the input.
func (d *decoder) again(g *guess) (string, error) {
	d.peek()
	rest := d.data[d.at:]
	if g.texts == nil || len(rest) <= 16 || rest[0] != '"' {
		return d.scalar()
	}
	seen := &g.texts[(binary.LittleEndian.Uint64(rest[1:])*mixer^binary.LittleEndian.Uint64(rest[9:]))*mixer>>(64-seenBits)]
	if n := len(seen.raw); n > 0 && n <= len(rest) && string(rest[:n]) == seen.raw {
		d.at += n
		return seen.value, nil
	}
	value, err := d.scalar()
	raw := rest[:len(rest)-(len(d.data)-d.at)]
	if err == nil && len(raw) <= maxSeen && string(raw[1:len(raw)-1]) == value {
		seen.raw = string(raw)
		seen.value = seen.raw[1 : len(raw)-1]
	}
	return value, err
}

// mixer spreads the bits of a number over the upper ones: 2⁶⁴ by the golden
// ratio, made odd.
const mixer = 0x9e3779b97f4a7c15
