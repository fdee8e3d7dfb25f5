package ingest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/trail"
)

// RecordOptions say what of a record is kept.
type RecordOptions struct {
	// Params reports whether a request parameter is kept; nil keeps none.
	Params func(eventSource, eventName, path string) bool
	// Below reports whether a parameter below the path may be kept; nil says
	// yes.
	Below func(eventSource, eventName, path string) bool
	// Cut gives what makes the part of a parameter's value that is kept, nil
	// for one that is kept whole or, where Params says so, not at all.
	Cut func(eventSource, eventName, path string) func(value string) string
	// SessionKey keys the hash that stands for a session name.
	SessionKey []byte
}

// maxParams bounds the parameters kept of one record; past it the record
// counts as truncated.
const maxParams = 500

// decoder reads records, one after the other, into the same [trail.Record].
// Its texts are views of the input.
type decoder struct {
	cursor
	record  *trail.Record
	guesses guesses
	known   identities
	later   [2]int // where requestParameters and responseElements stand that came too early
	wanted  wanted
	session sessionNames
}

func newDecoder(options *RecordOptions) *decoder {
	return &decoder{record: &trail.Record{}, wanted: newWanted(options), session: newSessionNames(options.SessionKey)}
}

// decode reads the record that stands here.
func (d *decoder) decode() error {
	r := d.record
	*r = trail.Record{Resources: r.Resources[:0], Params: r.Params[:0]}
	d.later = [2]int{}
	if err := d.fields(); err != nil {
		return err
	}
	end := d.at
	if err := d.parameters(); err != nil {
		return err
	}
	d.at = end
	return d.finish()
}

// fields reads the members of a record.
func (d *decoder) fields() error {
	if d.peek() != '{' {
		return d.fail("an object")
	}
	d.at++
	d.guesses.next = 0
	if d.peek() == '}' {
		d.at++
		return nil
	}
	for {
		g := d.guesses.find(d.data[d.at:])
		if g != nil {
			d.at += len(g.raw)
		} else {
			key, err := d.key()
			if err != nil {
				return err
			}
			g = d.guesses.met(key)
		}
		if err := d.field(g); err != nil {
			return err
		}
		switch d.peek() {
		case ',':
			d.at++
		case '}':
			d.at++
			return nil
		default:
			return d.fail("a comma or the object's end")
		}
	}
}

// field reads a member's value.
func (d *decoder) field(g *guess) error {
	r := d.record
	var err error
	switch g.field {
	case fieldVersion:
		r.Version, err = d.scalar()
	case fieldID:
		r.EventID, err = d.scalar()
	case fieldTime:
		r.EventTime, err = d.time()
	case fieldTimestamp: // log shippers move eventTime there
		var t time.Time
		if t, err = d.time(); r.EventTime.IsZero() {
			r.EventTime = t
		}
	case fieldSource:
		r.EventSource, err = d.trimmed()
	case fieldName:
		r.EventName, err = d.trimmed()
	case fieldType:
		r.EventType, err = d.scalar()
	case fieldCategory:
		r.Category, err = d.scalar()
	case fieldRegion:
		r.Region, err = d.trimmed()
	case fieldAccount:
		r.Account, err = d.scalar()
	case fieldShared:
		r.SharedEventID, err = d.scalar()
	case fieldErrorCode:
		r.ErrorCode, err = d.scalar()
	case fieldErrorMessage:
		var message string
		message, err = d.scalar()
		r.Denial = parseDenial(message)
		r.Denial.Resource = d.session.inText(r.Denial.Resource)
	case fieldSourceIP:
		r.SourceIP, err = d.scalar()
	case fieldUserAgent:
		r.UserAgent, err = d.scalar()
	case fieldEndpoint:
		r.VPCEndpoint, err = d.scalar()
	case fieldEndpointAccount:
		r.EndpointAccount, err = d.scalar()
	case fieldReadOnly:
		r.ReadOnly, err = d.tristate()
	case fieldRecords:
		if d.peek() == '[' {
			return errEnvelope
		}
		err = d.skip()
	case fieldAddendum:
		r.Addendum = d.peek() == '{'
		err = d.skip()
	case fieldIdentity:
		err = d.knownIdentity()
	case fieldResources:
		err = d.resources()
	case fieldRequest:
		err = d.now(0)
	case fieldResponse:
		err = d.now(1)
	default:
		err = d.skipAs(g)
	}
	if err != nil {
		return inMember(g.raw, err)
	}
	return nil
}

// now collects parameters, or puts them off until it is known whose they are.
func (d *decoder) now(which int) error {
	switch {
	case d.wanted.ask == nil:
		return d.skip()
	case d.record.EventSource == "" || d.record.EventName == "":
		d.later[which] = d.at
		return d.skip()
	}
	return d.params(which == 1)
}

// inMember names the member an error lies in; the text's end is no error yet.
func inMember(raw string, err error) error {
	if errors.Is(err, errTruncated) {
		return errTruncated
	}
	return fmt.Errorf("%.40s %w", raw, err)
}

func (d *decoder) trimmed() (string, error) {
	s, err := d.scalar()
	return strings.TrimSpace(s), err
}

func (d *decoder) tristate() (trail.Tristate, error) {
	s, err := d.scalar()
	return tristateOf(s), err
}

func tristateOf(s string) trail.Tristate {
	switch s {
	case "true":
		return trail.True
	case "false":
		return trail.False
	}
	return trail.NotSaid
}

// time reads eventTime: RFC 3339, sometimes with stray spaces, in seconds.
func (d *decoder) time() (time.Time, error) {
	s, err := d.scalar()
	if err != nil || s == "" {
		return time.Time{}, err
	}
	if t, ok := plainTime(s); ok && s >= firstYear && s < endOfYears {
		return t, nil
	}
	s = strings.ReplaceAll(s, " ", "")
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || s < firstYear || s >= endOfYears {
		return time.Time{}, errTime
	}
	return t.UTC().Truncate(time.Second), nil
}

// CloudTrail began in 2013. A record of another time than its years is broken,
// and the last event's time is where the window ends.
const firstYear, endOfYears = "2013", "2100"

// errTime does not quote what stands there: it is stored, and that may be
// anything.
var errTime = errors.New("not a time")

// plainTime reads 2006-01-02T15:04:05Z, as CloudTrail writes nearly every time.
func plainTime(s string) (time.Time, bool) {
	const form = "0000-00-00T00:00:00Z"
	if len(s) != len(form) {
		return time.Time{}, false
	}
	var n [6]int
	field := 0
	for i := range len(form) {
		digit := s[i] - '0'
		switch {
		case form[i] == '0' && digit <= 9:
			n[field] = 10*n[field] + int(digit)
		case form[i] == s[i] && form[i] != '0':
			field++
		default:
			return time.Time{}, false
		}
	}
	t := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, time.UTC)
	return t, int(t.Month()) == n[1] && t.Day() == n[2] && n[3] < 24 && n[4] < 60 && n[5] < 60
}

var errNoName = errors.New("the record has no eventSource or eventName")

// finish checks what a record cannot do without and fills what follows from
// the rest.
func (d *decoder) finish() error {
	r := d.record
	if (r.EventName == "" || r.EventSource == "") && r.NeverUse() == "" {
		return errNoName
	}
	if r.Account == "" {
		r.Account = r.Identity.Account
	}
	r.Params = trail.SortParams(r.Params)
	if len(r.Resources) > 1 {
		slices.SortFunc(r.Resources, compareResources)
		r.Resources = slices.Compact(r.Resources)
	}
	return nil
}

func compareResources(a, b trail.Resource) int {
	if c := strings.Compare(a.ARN, b.ARN); c != 0 {
		return c
	}
	if c := strings.Compare(a.Account, b.Account); c != 0 {
		return c
	}
	return strings.Compare(a.Type, b.Type)
}

// resources reads the resources list, whatever form it has.
func (d *decoder) resources() error {
	if d.peek() != '[' {
		return d.skip()
	}
	return d.elements(d.resource)
}

func (d *decoder) resource() error {
	if d.peek() != '{' {
		return d.skip()
	}
	var r trail.Resource
	var lower, prefix string
	err := d.members(func(key []byte) (err error) {
		switch string(key) {
		case "ARN":
			r.ARN, err = d.scalar()
		case "arn":
			lower, err = d.scalar()
		case "ARNPrefix":
			prefix, err = d.scalar()
		case "accountId":
			r.Account, err = d.scalar()
		case "type":
			r.Type, err = d.scalar()
		default:
			err = d.skip()
		}
		return err
	})
	switch {
	case r.ARN == "" && lower != "":
		r.ARN = lower
	case r.ARN == "" && prefix != "":
		r.ARN = prefix + "*"
	}
	r.ARN = d.session.inText(r.ARN)
	if r != (trail.Resource{}) {
		d.record.Resources = append(d.record.Resources, r)
	}
	return err
}
