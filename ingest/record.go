package ingest

import (
	"errors"
	"fmt"
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
	clock   clock
	known   identities
	later   [2]int // where requestParameters and responseElements stand that came too early
	wanted  wanted
	session sessionNames
	listed  listedResource
}

func newDecoder(options *RecordOptions) *decoder {
	return &decoder{
		record: &trail.Record{}, guesses: guesses{names: fieldNames}, listed: listedResource{guesses: guesses{names: resourceNames}},
		wanted: newWanted(options), session: newSessionNames(options.SessionKey),
	}
}

// decode reads the record that stands here.
func (d *decoder) decode() error {
	r := d.record
	*r = trail.Record{Resources: r.Resources[:0], Params: r.Params[:0]}
	d.later = [2]int{}
	if err := d.guessed(&d.guesses, (*decoder).field); err != nil {
		return err
	}
	end := d.at
	if err := d.parameters(); err != nil {
		return err
	}
	d.at = end
	return d.finish()
}

// field reads a member's value.
func (d *decoder) field(g *guess) error {
	r := d.record
	var err error
	switch g.field {
	case fieldVersion:
		r.Version, err = d.again(g)
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
		r.EventSource, err = d.trimmed(g)
	case fieldName:
		r.EventName, err = d.trimmed(g)
	case fieldType:
		r.EventType, err = d.again(g)
	case fieldCategory:
		r.Category, err = d.again(g)
	case fieldRegion:
		r.Region, err = d.trimmed(g)
	case fieldAccount:
		r.Account, err = d.again(g)
	case fieldShared:
		r.SharedEventID, err = d.scalar()
	case fieldErrorCode:
		r.ErrorCode, err = d.again(g)
	case fieldErrorMessage:
		var message string
		message, err = d.scalar()
		r.Denial = parseDenial(message)
		r.Denial.Resource = d.session.inText(r.Denial.Resource)
	case fieldSourceIP:
		r.SourceIP, err = d.again(g)
	case fieldEndpoint:
		r.VPCEndpoint, err = d.again(g)
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

func (d *decoder) trimmed(g *guess) (string, error) {
	s, err := d.again(g)
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
	if t, ok := d.clock.time(s); ok {
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
	r.Resources = sortResources(r.Resources)
	return nil
}
