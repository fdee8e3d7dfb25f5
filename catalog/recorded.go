package catalog

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// EventName is how CloudTrail names a call: by service and operation. Source
// is empty where no event source is known to carry the operation.
type EventName struct{ Source, Name string }

// loadEventNames fills Action.Events: the events that show the action, its own
// name's and those whose alias leads to it. They are sorted.
func (c *Catalog) loadEventNames() {
	room := make([]EventName, 0, len(c.sorted)*5/4)
	for prefix, s := range c.services {
		sources := slices.Compact(slices.SortedFunc(slices.Values(c.sources(prefix)), bySource))
		for _, a := range s.Actions {
			first := len(room)
			for _, source := range sources {
				if c.events.alias(source, string(a.Folded[len(prefix)+1:])) == nil {
					room = append(room, EventName{source, a.Name.Name()})
				}
			}
			if len(room) > first {
				a.Events = room[first:len(room):len(room)]
			}
		}
	}
	for source, byName := range c.events.aliases {
		for _, alias := range byName {
			for _, name := range alias.Actions {
				if a, ok := c.Action(name); ok {
					a.addEvent(EventName{source, alias.event})
				}
			}
		}
	}
}

func bySource(a, b string) int { return strings.Compare(a+" ", b+" ") }

// addEvent adds an event where it belongs in the order.
func (a *Action) addEvent(e EventName) {
	at, found := slices.BinarySearchFunc(a.Events, e, func(x, y EventName) int {
		return strings.Compare(x.Source+" "+x.Name, y.Source+" "+y.Name)
	})
	if !found {
		a.Events = slices.Insert(a.Events, at, e)
	}
}

// sources gives the event sources that carry a prefix's events.
func (c *Catalog) sources(prefix string) []string {
	if s := c.events.sources[prefix]; len(s) > 0 {
		return s
	}
	return []string{prefix + ".amazonaws.com"}
}

// Recorded judges whether a trail with these selectors records every request of
// the action on resources of the pattern, made by the principals of the pattern
// ("" is any; the pattern is of userIdentity.arn, so a role's sessions are
// arn:aws:sts::…:assumed-role/NAME/*). What no event shows is not recorded.
func (c *Catalog) Recorded(s Selectors, action iam.Action, resource, principal iam.Pattern) Recording {
	a, ok := c.Action(action)
	if !ok || a.Logged == Unsure {
		return MaybeRecorded
	}
	e := Event{Type: "AwsApiCall", Principal: open(principal)}
	switch a.Logged {
	case ManagementEvent:
		e.Category = "Management"
		return recordsEvents(s, e, a, a.Events)
	case DataEvent:
		e.Category = "Data"
		return a.recordedData(s, e, open(resource))
	}
	return NotRecorded
}

// recordedData asks for each resource type that may stand in the event.
func (a *Action) recordedData(s Selectors, e Event, resource iam.Pattern) Recording {
	var out Recording
	for i, kind := range a.DataTypes {
		got := NotRecorded
		for _, k := range []string{kind, alsoIn[kind]} {
			if k != "" {
				e.ResourceType, e.Resource = iam.Escape(k), inEvent(k, resource)
				got = max(got, recordsEvents(s, e, a, a.DataEvents[kind]))
			}
		}
		if i == 0 {
			out = got
		}
		out = both(out, got)
	}
	return out
}

// alsoIn names, for a resource type, one that stands beside it in every event
// so that a selector of either records it.
//
// Source: CloudTrail User Guide, "Logging data events", Amazon DynamoDB, the
// note on tables with streams; S3 User Guide, "Monitoring and logging access
// points", whose record names object, bucket and access point.
var alsoIn = map[string]string{
	"AWS::DynamoDB::Stream": "AWS::DynamoDB::Table",
	"AWS::S3::AccessPoint":  "AWS::S3::Object",
}

func recordsEvents(s Selectors, e Event, a *Action, names []EventName) Recording {
	if len(names) == 0 {
		return MaybeRecorded
	}
	out := SurelyRecorded
	for i, n := range names {
		e.Source, e.Name, e.ReadOnly = iam.Escape(n.Source), iam.Escape(n.Name), readOnly(a, n.Name)
		got := s.Records(e)
		if i == 0 {
			out = got
		}
		out = both(out, got)
	}
	return out
}

// inEvent turns the resource that IAM authorises into the one that the event
// names: a list of a bucket is recorded under the objects it asks for, a query
// of an index under the table.
//
// Source: CloudTrail User Guide, "Logging data events", Amazon S3;
// DynamoDB Developer Guide, "Logging DynamoDB operations by using CloudTrail".
func inEvent(kind string, resource iam.Pattern) iam.Pattern {
	switch kind {
	case "AWS::S3::Object":
		if bucket := string(resource); strings.Contains(bucket, ":s3:::") && !strings.ContainsAny(bucket, "/*?") {
			return resource + "/*"
		}
	case "AWS::DynamoDB::Table":
		for _, part := range []string{"/index/", "/stream/"} {
			if table, _, ok := strings.Cut(string(resource), part); ok {
				return iam.Pattern(table)
			}
		}
	}
	return resource
}

// open replaces policy variables by a wildcard: whatever holds for the wider
// pattern holds for the narrower one.
func open(p iam.Pattern) iam.Pattern {
	if !p.HasVariable() {
		return p
	}
	var b strings.Builder
	rest := string(p)
	for {
		before, after, ok := strings.Cut(rest, "${")
		b.WriteString(before)
		if !ok {
			return iam.Pattern(b.String())
		}
		name, behind, _ := strings.Cut(after, "}")
		if name == "*" || name == "?" || name == "$" {
			b.WriteString("${" + name + "}")
		} else {
			b.WriteByte('*')
		}
		rest = behind
	}
}

// An event's readOnly field follows the service, not IAM's access level
// (sts:AssumeRole is a write to IAM and readOnly to CloudTrail). It is taken as
// known where access level and the event's verb agree.
var (
	readingVerbs = []string{"Get", "List", "Describe"}
	writingVerbs = []string{
		"Add", "Allocate", "Associate", "Attach", "Authorize", "Create", "Delete", "Deregister", "Detach", "Disable",
		"Disassociate", "Enable", "Modify", "Put", "Reboot", "Register", "Release", "Remove", "Replace", "Restore",
		"Revoke", "Run", "Set", "Stop", "Tag", "Terminate", "Untag", "Update",
	}
)

// readOnly gives the readOnly field of an event, "" where it is not sure.
func readOnly(a *Action, event string) iam.Pattern {
	reads := a.Access == Read || a.Access == List
	switch {
	case reads && hasVerb(event, readingVerbs):
		return "true"
	case !reads && hasVerb(event, writingVerbs):
		return "false"
	}
	return ""
}

func hasVerb(event string, verbs []string) bool {
	return slices.ContainsFunc(verbs, func(v string) bool { return strings.HasPrefix(event, v) })
}
