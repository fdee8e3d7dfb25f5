// Package catalog is what AWS offers: the actions of every service with their
// access levels, resource types and condition keys; how CloudTrail's event
// names become IAM actions; which request parameters tell resources; and what
// CloudTrail records of it all. It is compiled data, embedded in the program.
//
// Facts that are not sure may keep a permission, never remove one.
package catalog

//go:generate go -C .. run ./scripts/catalog

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pruner/pruner/iam"
)

// Access is an action's access level, as the service authorization reference
// names it.
type Access string

// The access levels.
const (
	List        Access = "List"
	Read        Access = "Read"
	Write       Access = "Write"
	Tagging     Access = "Tagging"
	Permissions Access = "Permissions management"
)

// Action is one IAM action.
type Action struct {
	Name       iam.Action
	Folded     iam.Action // Name in lower case
	Access     Access
	Resources  []*ResourceType // empty: takes no resource, needs "*"
	Required   []*ResourceType // those of Resources a request must name
	Conditions []string        // condition keys it understands, global ones left out
	// Dependents are actions the caller may need as well. The reference lists
	// all that some request of the operation needs, so they say what may be
	// behind a call, never that it was.
	//
	// Source: Service Authorization Reference, column "Dependent actions", as
	// last published (iam-data 0.15.202512061).
	Dependents []iam.Action
	Logged     Logged
	Events     []EventName // the events that can show it, by source and name
	// When Logged is DataEvent: the resources.type values that record it, one
	// or another for each request, and the events by type.
	DataTypes  []string
	DataEvents map[string][]EventName
	LoggedNote string // where Logged comes from
}

// ResourceType is one resource type of a service.
type ResourceType struct {
	Prefix, Name string
	Format       string // arn:${Partition}:s3:::${BucketName}
	Pattern      iam.Pattern
	Variables    []Variable // those of the resource part, in order
	segments     [6]iam.Pattern
	valid        bool
	resource     []string // the literal parts of the last segment
	kind         string
	once         sync.Once
	template     []Piece
}

// Variable is one ${…} of an ARN format. Generated says AWS makes the value
// up (an instance ID), so that it says nothing about the next one.
type Variable struct {
	Name      string
	Generated bool
}

// Service is one service prefix.
type Service struct {
	Prefix    string
	Actions   []*Action       // by name
	Resources []*ResourceType // by name
}

// Catalog is the whole of it. It is safe for concurrent use.
type Catalog struct {
	version    string
	services   map[string]*Service
	actions    map[iam.Action]*Action // by name
	sorted     []*Action              // by folded name
	events     events
	expanded   sync.Map // iam.Pattern → []iam.Action, see Expand
	remembered atomic.Int32
	keptOnce   sync.Once
	keptSet    map[string]bool // see kept
}

// Default is the embedded catalog, decoded once.
var Default = sync.OnceValue(load)

// Version names the source and its version.
func (c *Catalog) Version() string { return c.version }

// Action finds an action, without regard to case.
func (c *Catalog) Action(a iam.Action) (*Action, bool) {
	if found, ok := c.actions[a]; ok { // nearly always
		return found, true
	}
	return c.folded(a.Fold())
}

func (c *Catalog) folded(name iam.Action) (*Action, bool) {
	at, ok := slices.BinarySearchFunc(c.sorted, name, func(a *Action, name iam.Action) int {
		return strings.Compare(string(a.Folded), string(name))
	})
	if !ok {
		return nil, false
	}
	return c.sorted[at], true
}

// Actions is every action, sorted by folded name. Do not modify it.
func (c *Catalog) Actions() []*Action { return c.sorted }

// Service finds a service by its prefix, without regard to case.
func (c *Catalog) Service(prefix string) (*Service, bool) {
	s, ok := c.services[strings.ToLower(prefix)]
	return s, ok
}

// Services is every prefix, sorted.
func (c *Catalog) Services() []string {
	out := make([]string, 0, len(c.services))
	for p := range c.services {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// Expand lists the actions that an Action pattern matches, in canonical
// spelling, sorted. The list is shared: it is not to be changed. The same few
// patterns stand in nearly every policy, so they are remembered.
func (c *Catalog) Expand(p iam.Pattern) []iam.Action {
	if got, ok := c.expanded.Load(p); ok {
		return got.([]iam.Action)
	}
	got := c.expand(p)
	if c.remembered.Add(1) <= maxRemembered {
		c.expanded.Store(p, got)
	}
	return got
}

// maxRemembered bounds the memory of Expand: some 16 bytes an action.
const maxRemembered = 1 << 13

func (c *Catalog) expand(p iam.Pattern) []iam.Action {
	folded := p.Fold()
	if a, ok := c.folded(iam.Action(folded)); ok {
		return []iam.Action{a.Name}
	}
	candidates, all := c.sorted, folded == "*"
	if prefix, name, ok := strings.Cut(string(folded), ":"); ok && !strings.ContainsAny(prefix, "*?$") {
		s := c.services[prefix]
		if s == nil {
			return nil
		}
		candidates, all = s.Actions, name == "*"
	}
	var out []iam.Action
	for _, a := range candidates {
		if all || folded.Match(string(a.Folded)) {
			out = append(out, a.Name)
		}
	}
	return out
}

// Match reports whether an ARN (or a pattern of ARNs) can be of this type.
func (t *ResourceType) Match(a iam.Pattern) bool {
	if t.valid && a.Plain() {
		return t.matchPlain(string(a))
	}
	if t.valid {
		if segments, ok := a.Segments(); ok {
			for i := range segments {
				if !t.segments[i].Covers(segments[i]) {
					return false
				}
			}
			return true
		}
	}
	return t.Pattern.Covers(a)
}

// matchPlain is Match for an ARN without wildcards: most of all ARNs.
func (t *ResourceType) matchPlain(arn string) bool {
	for _, want := range t.segments[:5] {
		n := len(want)
		if want == "*" {
			if n = strings.IndexByte(arn, ':'); n < 0 {
				return false
			}
		} else if len(arn) <= n || arn[n] != ':' || arn[:n] != string(want) {
			return false
		}
		arn = arn[n+1:]
	}
	parts := t.resource
	rest, ok := strings.CutPrefix(arn, parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
