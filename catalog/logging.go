package catalog

import (
	_ "embed" // for the tables
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

//go:embed data/data_events.tsv
var dataEvents string

//go:embed data/unlogged_actions.tsv
var unloggedActions string

// Logged says how CloudTrail records an action.
type Logged uint8

// The ways.
const (
	ManagementEvent Logged = iota
	DataEvent              // only where a trail selects its resource type
	NeverLogged
	Unsure // no event is known that shows it: silence proves nothing
)

// loadLogging marks data-event and never-logged actions. Where both a data
// and a management event exist for a name, data wins: it is the more cautious.
func (c *Catalog) loadLogging() {
	c.loadEventNames()
	for _, byName := range c.events.aliases {
		for _, alias := range byName {
			for _, name := range alias.Actions {
				if a, ok := c.Action(name); ok && a.Logged == Unsure {
					a.Logged = ManagementEvent
				}
			}
		}
	}
	for _, f := range rows(dataEvents) {
		for name := range strings.FieldsSeq(f[2]) {
			c.markData(f[1], strings.Trim(name, "?,"), f[0], f[3])
		}
	}
	c.doubt()
	for _, f := range rows(unloggedActions) {
		if !hidden(f[0], f[2]) {
			continue
		}
		for _, name := range c.Expand(iam.Pattern(f[0])) {
			a, _ := c.Action(name)
			a.Logged, a.LoggedNote = NeverLogged, f[3]
		}
	}
}

// doubt marks what may be a data event of a type whose events no document
// lists: what its resource type or its name says to be about such a thing, save
// for what only sets things up.
//
// Source: CloudTrail User Guide, "Logging data events": the table gives the
// types, and for few of them the operations.
func (c *Catalog) doubt() {
	for _, f := range rows(dataEvents) {
		s := c.services[f[1]]
		if f[2] != "?" || s == nil {
			continue
		}
		thing := Fold(f[0][strings.LastIndexByte(f[0], ':')+1:])
		for _, a := range s.Actions {
			if a.Logged == ManagementEvent && a.concerns(thing) && !hasVerb(a.Name.Name(), settingUp) {
				a.Logged, a.LoggedNote = Unsure, "the data events of "+f[0]+" are not listed: "+f[3]
			}
		}
	}
}

// settingUp are the verbs of operations that are management events of every
// service.
var settingUp = []string{
	"Create", "Delete", "Describe", "Tag", "Untag", "Modify", "Authorize", "Revoke", "Enable", "Disable",
	"Associate", "Disassociate", "Add", "Remove", "Copy", "Cancel", "Register", "Deregister", "ListTags",
}

// concerns: the action takes a resource of the type, or its name speaks of it.
func (a *Action) concerns(thing string) bool {
	_, name := a.Folded.Split()
	return strings.Contains(name, thing) || slices.ContainsFunc(a.Resources, func(t *ResourceType) bool { return t.kind == thing || Fold(t.Name) == thing })
}

func (c *Catalog) markData(prefix, event, resourceType, source string) {
	for _, name := range c.dataActions(prefix, event) {
		a, ok := c.Action(name)
		if !ok {
			continue
		}
		a.markData(c.sources(prefix), event, resourceType, source)
		// The same event with a versionId is authorised by an action of its own.
		if version, ok := c.Action(iam.Action(strings.Replace(string(name), "Object", "ObjectVersion", 1))); ok && prefix == "s3" && version != a {
			version.markData(c.sources(prefix), event, resourceType, source)
		}
	}
}

func (a *Action) markData(sources []string, event, resourceType, note string) {
	a.Logged, a.LoggedNote = DataEvent, note
	if a.DataEvents == nil {
		a.DataEvents = map[string][]EventName{}
	}
	if a.DataEvents[resourceType] == nil {
		a.DataTypes = append(a.DataTypes, resourceType)
	}
	for _, s := range sources {
		a.DataEvents[resourceType] = append(a.DataEvents[resourceType], EventName{s, event})
	}
}

func (c *Catalog) dataActions(prefix, event string) []iam.Action {
	if alias := c.Alias(prefix+".amazonaws.com", event); alias != nil {
		return alias.Actions
	}
	return []iam.Action{iam.Action(prefix + ":" + event)}
}

// partly names actions of the table of which only some requests are hidden.
var partly = []string{"apigateway:POST", "sns:ConfirmSubscription", "sns:Unsubscribe", "lambda:InvokeFunction", "kms:*", "rds-data:*"}

func hidden(action, visibility string) bool {
	if slices.Contains(partly, action) || strings.ContainsAny(action, " <") {
		return false
	}
	for _, word := range []string{"never", "implied", "replication", "not in", "opt-in / audit"} {
		if strings.HasPrefix(visibility, word) {
			return true
		}
	}
	return false
}
