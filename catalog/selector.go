package catalog

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// Recording says whether a trail records events. The greater value is the
// better evidence: max is "or", min is "and".
type Recording uint8

// The answers.
const (
	NotRecorded Recording = iota
	MaybeRecorded
	SurelyRecorded
)

// String gives the answer in words.
func (r Recording) String() string {
	return [...]string{"not recorded", "maybe recorded", "surely recorded"}[r]
}

// both is the answer for events of two kinds, one of which it is.
func both(a, b Recording) Recording {
	if a != b {
		return MaybeRecorded
	}
	return a
}

// Selectors are a trail's event selectors. A trail has basic or advanced ones;
// where both are given the advanced ones hold.
//
// Source: CloudTrail API Reference, PutEventSelectors.
type Selectors struct {
	Basic    []BasicSelector
	Advanced []AdvancedSelector
}

// BasicSelector is a basic event selector.
//
// Source: CloudTrail API Reference, EventSelector.
type BasicSelector struct {
	ReadWrite  string // All, ReadOnly, WriteOnly; "" is All
	Management bool
	Excluded   []string // event sources whose management events are left out
	Data       []DataResource
}

// DataResource selects data events of a resource type by ARN or by the
// beginning of an ARN.
//
// Source: CloudTrail API Reference, DataResource.
type DataResource struct {
	Type   string // AWS::S3::Object, AWS::Lambda::Function, AWS::DynamoDB::Table
	Values []string
}

// AdvancedSelector is an advanced event selector: all its fields must hold.
type AdvancedSelector struct{ Fields []FieldSelector }

// FieldSelector is one field of an advanced selector with its operators.
//
// Source: CloudTrail API Reference, AdvancedFieldSelector.
type FieldSelector struct {
	Field         string
	Equals        []string
	NotEquals     []string
	StartsWith    []string
	NotStartsWith []string
	EndsWith      []string
	NotEndsWith   []string
}

// Event is what selectors are asked about: all events whose fields match the
// patterns. An empty field is not known: the events may have any value in it.
type Event struct {
	Category     iam.Pattern // eventCategory: Management, Data, NetworkActivity
	Source       iam.Pattern // eventSource
	Name         iam.Pattern // eventName
	Type         iam.Pattern // eventType
	ReadOnly     iam.Pattern // readOnly: true, false
	ResourceType iam.Pattern // resources.type
	Resource     iam.Pattern // resources.ARN
	Principal    iam.Pattern // userIdentity.arn
	FromConsole  iam.Pattern // sessionCredentialFromConsole: true, or false where the record has none
	ErrorCode    iam.Pattern // errorCode
	Endpoint     iam.Pattern // vpcEndpointId
}

// Records judges whether a trail with these selectors records all of the
// events. Without any selector the answer is not known: CloudTrail names the
// default one too.
//
// Source: CloudTrail API Reference, EventSelector: a trail logs an event that
// matches any of its selectors.
func (s Selectors) Records(e Event) Recording {
	// An event is one or the other, whatever selectors record which.
	if e.ReadOnly == "" && s.halves() {
		read, write := e, e
		read.ReadOnly, write.ReadOnly = "true", "false"
		return both(s.Records(read), s.Records(write))
	}
	if e.FromConsole == "" && s.reads("sessionCredentialFromConsole") {
		yes, no := e, e
		yes.FromConsole, no.FromConsole = "true", "false"
		return both(s.Records(yes), s.Records(no))
	}
	if len(s.Advanced)+len(s.Basic) == 0 {
		return MaybeRecorded
	}
	best := NotRecorded
	for _, a := range s.Advanced {
		if best = max(best, a.records(e)); best == SurelyRecorded {
			return best
		}
	}
	if len(s.Advanced) == 0 {
		for _, b := range s.Basic {
			best = max(best, b.records(e))
		}
	}
	return best
}

// halves: some selector tells reading events from writing ones.
func (s Selectors) halves() bool {
	return s.reads("readOnly") || slices.ContainsFunc(s.Basic, func(b BasicSelector) bool { return b.ReadWrite != "All" && b.ReadWrite != "" })
}

// reads: some advanced selector looks at the field.
func (s Selectors) reads(field string) bool {
	return slices.ContainsFunc(s.Advanced, func(a AdvancedSelector) bool {
		return slices.ContainsFunc(a.Fields, func(f FieldSelector) bool { return f.Field == field })
	})
}

func (b BasicSelector) records(e Event) Recording {
	half := SurelyRecorded
	switch b.ReadWrite {
	case "All", "": // the API's default
	case "ReadOnly":
		half = matches("true", e.ReadOnly)
	case "WriteOnly":
		half = matches("false", e.ReadOnly)
	default:
		half = MaybeRecorded
	}
	return min(half, max(b.recordsManagement(e), b.recordsData(e)))
}

func (b BasicSelector) recordsManagement(e Event) Recording {
	if !b.Management {
		return NotRecorded
	}
	out := matches("Management", e.Category)
	for _, source := range b.Excluded {
		out = min(out, not(matches(iam.Escape(source), e.Source)))
	}
	return out
}

func (b BasicSelector) recordsData(e Event) Recording {
	best := NotRecorded
	for _, d := range b.Data {
		kind := min(matches("Data", e.Category), matches(iam.Escape(d.Type), e.ResourceType))
		for _, value := range d.Values {
			best = max(best, min(kind, d.matches(value, e.Resource)))
		}
	}
	return best
}

// matches judges one value. "arn:aws:s3" stands for every bucket, and so for
// functions and tables. S3's values are beginnings; a function's ARN is exact,
// and of a table's the documentation does not say.
//
// Source: CloudTrail API Reference, DataResource, Values.
func (d DataResource) matches(value string, resource iam.Pattern) Recording {
	if parts := strings.Split(strings.TrimRight(value, ":"), ":"); len(parts) == 3 {
		partition, _, _ := strings.Cut(strings.TrimPrefix(string(resource), "arn:"), ":")
		return matches(iam.Escape(parts[1]), iam.Pattern(onlyLiteral(partition, parts[1])))
	}
	begins := matches(iam.Escape(value)+"*", resource)
	if d.Type == "AWS::S3::Object" {
		return begins
	}
	return max(matches(iam.Escape(value), resource), min(begins, MaybeRecorded))
}

// onlyLiteral is the partition of a pattern, or, where it leaves it open, the
// only one that an account has.
func onlyLiteral(partition, otherwise string) string {
	if partition == "" || strings.ContainsAny(partition, "*?$") {
		return otherwise
	}
	return partition
}

func (a AdvancedSelector) records(e Event) Recording {
	if !slices.ContainsFunc(a.Fields, func(f FieldSelector) bool { return f.Field == "eventCategory" }) {
		return NotRecorded // required
	}
	out := SurelyRecorded
	for _, f := range a.Fields {
		if out = min(out, f.records(e)); out == NotRecorded {
			break
		}
	}
	return out
}

// records judges one field. Of the operators that select one must hold, of
// those that deselect each.
//
// Source: CloudTrail User Guide, "Filtering data events by using advanced
// event selectors", section "How CloudTrail evaluates multiple conditions for
// a field".
func (f FieldSelector) records(e Event) Recording {
	value, known := e.field(f.Field)
	if !known {
		return MaybeRecorded
	}
	selected := NotRecorded
	if len(f.Equals)+len(f.StartsWith)+len(f.EndsWith) == 0 {
		selected = SurelyRecorded
	}
	for _, p := range patterns(f.Equals, f.StartsWith, f.EndsWith) {
		selected = max(selected, matches(p, value))
	}
	for _, p := range patterns(f.NotEquals, f.NotStartsWith, f.NotEndsWith) {
		selected = min(selected, not(matches(p, value)))
	}
	return selected
}

func patterns(equals, starts, ends []string) []iam.Pattern {
	var out []iam.Pattern
	for _, v := range equals {
		out = append(out, iam.Escape(v))
	}
	for _, v := range starts {
		out = append(out, iam.Escape(v)+"*")
	}
	for _, v := range ends {
		out = append(out, "*"+iam.Escape(v))
	}
	return out
}

// field gives a field of the events by its name in a selector.
func (e Event) field(name string) (value iam.Pattern, known bool) {
	switch name {
	case "eventCategory":
		return e.Category, true
	case "eventSource":
		return e.Source, true
	case "eventName":
		return e.Name, true
	case "eventType":
		return e.Type, true
	case "readOnly":
		return e.ReadOnly, true
	case "resources.type":
		return e.ResourceType, true
	case "resources.ARN":
		return e.Resource, true
	case "userIdentity.arn":
		return e.Principal, true
	case "sessionCredentialFromConsole":
		return e.FromConsole, true
	case "errorCode":
		return e.ErrorCode, true
	case "vpcEndpointId":
		return e.Endpoint, true
	}
	return "", false
}

// matches reports whether all texts of value, some, or none match the pattern.
func matches(pattern, value iam.Pattern) Recording {
	if (value == "" || value == "*") && pattern != "*" {
		return MaybeRecorded // not known: some texts do, some do not
	}
	const special = "*?$"
	if !strings.ContainsAny(string(pattern), special) && !strings.ContainsAny(string(value), special) {
		if pattern == value { // most are one text against another, asked for every action there is
			return SurelyRecorded
		}
		return NotRecorded
	}
	if value == "*" && pattern != "*" && pattern != "" {
		return MaybeRecorded // some texts fit, and some do not
	}
	switch {
	case pattern.Covers(value):
		return SurelyRecorded
	case pattern.Overlaps(value):
		return MaybeRecorded
	}
	return NotRecorded
}

func not(r Recording) Recording { return SurelyRecorded - r }
