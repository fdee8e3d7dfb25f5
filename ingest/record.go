package ingest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
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
	// SessionKey keys the hash that stands for a session name.
	SessionKey []byte
}

// maxParams bounds the parameters kept of one record; past it the record
// counts as truncated.
const maxParams = 500

// decoder reads one record.
type decoder struct {
	cursor
	options *RecordOptions
	record  *trail.Record
	params  [2]int // where requestParameters and responseElements stand, 0 if absent
}

// decodeRecord reads the record whose JSON is data.
func decodeRecord(data []byte, options *RecordOptions) (*trail.Record, error) {
	d := &decoder{cursor: cursor{data: data}, options: options, record: &trail.Record{}}
	if err := d.members(d.member); err != nil {
		return nil, err
	}
	if err := d.parameters(); err != nil {
		return nil, err
	}
	return d.record, d.finish()
}

func (d *decoder) member(key []byte) error {
	r := d.record
	var err error
	switch string(key) {
	case "eventVersion":
		r.Version, err = d.scalar()
	case "eventID":
		r.EventID, err = d.scalar()
	case "eventTime":
		r.EventTime, err = d.time()
	case "@timestamp": // log shippers move eventTime there
		var t time.Time
		if t, err = d.time(); r.EventTime.IsZero() {
			r.EventTime = t
		}
	case "eventSource":
		r.EventSource, err = d.trimmed()
	case "eventName":
		r.EventName, err = d.trimmed()
	case "eventType":
		r.EventType, err = d.scalar()
	case "eventCategory":
		r.Category, err = d.scalar()
	case "awsRegion":
		r.Region, err = d.trimmed()
	case "recipientAccountId":
		r.Account, err = d.scalar()
	case "sharedEventID":
		r.SharedEventID, err = d.scalar()
	case "errorCode":
		r.ErrorCode, err = d.scalar()
	case "errorMessage":
		var message string
		message, err = d.scalar()
		r.Denial = parseDenial(message)
	case "sourceIPAddress":
		r.SourceIP, err = d.scalar()
	case "userAgent":
		r.UserAgent, err = d.scalar()
	case "vpcEndpointId":
		r.VPCEndpoint, err = d.scalar()
	case "vpcEndpointAccountId":
		r.EndpointAccount, err = d.scalar()
	case "readOnly":
		r.ReadOnly, err = d.tristate()
	case "addendum":
		r.Addendum = d.peek() == '{'
		err = d.skip()
	case "userIdentity":
		err = d.identity()
	case "resources":
		err = d.resources()
	case "requestParameters":
		d.params[0] = d.at
		err = d.skip()
	case "responseElements":
		d.params[1] = d.at
		err = d.skip()
	default:
		err = d.skip()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

func (d *decoder) trimmed() (string, error) {
	s, err := d.scalar()
	return strings.TrimSpace(s), err
}

func (d *decoder) tristate() (trail.Tristate, error) {
	s, err := d.scalar()
	switch s {
	case "true":
		return trail.True, err
	case "false":
		return trail.False, err
	}
	return trail.NotSaid, err
}

// time reads eventTime: RFC 3339, sometimes with stray spaces, in seconds.
func (d *decoder) time() (time.Time, error) {
	s, err := d.scalar()
	if err != nil || s == "" {
		return time.Time{}, err
	}
	s = strings.ReplaceAll(s, " ", "")
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%.40q is not a time", s)
	}
	return t.UTC().Truncate(time.Second), nil
}

var errNoName = errors.New("the record has no eventSource or eventName")

// finish checks what a record cannot do without and fills what follows from
// the rest.
func (d *decoder) finish() error {
	r := d.record
	if r.EventName == "" || r.EventSource == "" {
		return errNoName
	}
	if r.Account == "" {
		r.Account = r.Identity.Account
	}
	r.Params = trail.SortParams(r.Params)
	slices.SortFunc(r.Resources, func(a, b trail.Resource) int {
		return strings.Compare(a.ARN+"\x00"+a.Account+"\x00"+a.Type, b.ARN+"\x00"+b.Account+"\x00"+b.Type)
	})
	r.Resources = slices.Compact(r.Resources)
	return nil
}

// identity reads userIdentity, which may be null.
func (d *decoder) identity() error {
	if d.peek() != '{' {
		return d.skip()
	}
	id := &d.record.Identity
	err := d.members(func(key []byte) (err error) {
		switch string(key) {
		case "type":
			id.Type, err = d.scalar()
		case "arn":
			id.ARN, err = d.scalar()
		case "principalId":
			id.ID, err = d.scalar()
		case "accountId":
			id.Account, err = d.scalar()
		case "invokedBy":
			id.InvokedBy, err = d.scalar()
		case "identityProvider":
			id.Provider, err = d.scalar()
		case "sessionContext":
			err = d.session(id)
		default:
			err = d.skip()
		}
		return err
	})
	id.ID, _, _ = strings.Cut(id.ID, ":")
	id.ARN = d.hideSession(id.ARN)
	return err
}

func (d *decoder) session(id *trail.Identity) error {
	if d.peek() != '{' {
		return d.skip()
	}
	return d.members(func(key []byte) (err error) {
		switch string(key) {
		case "sessionIssuer":
			err = d.fields(map[string]*string{"arn": &id.IssuerARN, "principalId": &id.IssuerID})
		case "webIdFederationData":
			err = d.fields(map[string]*string{"federatedProvider": &id.Provider})
		case "sourceIdentity":
			id.Source, err = d.scalar()
			id.Source = d.hash(id.Source)
		case "attributes":
			var mfa string
			err = d.fields(map[string]*string{"mfaAuthenticated": &mfa})
			switch mfa {
			case "true":
				id.MFA = trail.True
			case "false":
				id.MFA = trail.False
			}
		default:
			err = d.skip()
		}
		return err
	})
}

// fields reads scalars of an object that may be null.
func (d *decoder) fields(want map[string]*string) error {
	if d.peek() != '{' {
		return d.skip()
	}
	return d.members(func(key []byte) (err error) {
		if target := want[string(key)]; target != nil {
			*target, err = d.scalar()
			return err
		}
		return d.skip()
	})
}

// hideSession replaces the session name in an assumed-role ARN by its hash:
// session names are personal data.
func (d *decoder) hideSession(arn string) string {
	at := strings.Index(arn, ":assumed-role/")
	if at < 0 {
		return arn
	}
	head := at + len(":assumed-role/")
	slash := strings.IndexByte(arn[head:], '/')
	if slash < 0 {
		return arn
	}
	return arn[:head+slash+1] + d.hash(arn[head+slash+1:])
}

func (d *decoder) hash(name string) string {
	if name == "" {
		return ""
	}
	mac := hmac.New(sha256.New, d.options.SessionKey)
	mac.Write([]byte(name))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// resources reads the resources list, whatever form it has.
func (d *decoder) resources() error {
	if d.peek() != '[' {
		return d.skip()
	}
	return d.elements(func() error {
		var arn, lower, prefix, account, kind string
		if d.peek() != '{' {
			return d.skip()
		}
		err := d.fields(map[string]*string{
			"ARN": &arn, "arn": &lower, "ARNPrefix": &prefix, "accountId": &account, "type": &kind,
		})
		switch {
		case arn == "" && lower != "":
			arn = lower
		case arn == "" && prefix != "":
			arn = prefix + "*"
		}
		if arn != "" || account != "" || kind != "" {
			d.record.Resources = append(d.record.Resources, trail.Resource{ARN: arn, Account: account, Type: kind})
		}
		return err
	})
}
