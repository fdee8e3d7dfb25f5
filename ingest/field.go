package ingest

import (
	"bytes"
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
	fieldUserAgent
	fieldEndpoint
	fieldEndpointAccount
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
	"userAgent": fieldUserAgent, "vpcEndpointId": fieldEndpoint, "vpcEndpointAccountId": fieldEndpointAccount,
	"readOnly": fieldReadOnly, "Records": fieldRecords, "addendum": fieldAddendum, "userIdentity": fieldIdentity,
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
	value []byte // the last value, if it was an object that is skipped
}

// guesses are the members in the order in which they were met.
type guesses struct {
	list []*guess
	next int
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
	met := &guess{raw: rawName(name), field: fieldNames[name]}
	if met.raw != "" && len(g.list) < maxGuesses {
		g.next = min(g.next, len(g.list))
		g.list = append(g.list, nil)
		copy(g.list[g.next+1:], g.list[g.next:])
		g.list[g.next] = met
		g.next++
	}
	return met
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
