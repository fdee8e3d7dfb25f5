package interpret

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// plan is what an event's source and name, and the paths of its parameters, say
// by themselves: all that need not be worked out again for the next event of
// the same form.
type plan struct {
	service  string   // the IAM prefix, "" if unknown
	event    string   // the event's name, folded
	none     bool     // the call needs no permission
	places   []place  // of the parameters' paths, each once, in order
	deepest  int      // the depth of the deepest of them that can tell a resource
	owners   []int    // the places that can tell whose a resource is
	tags     bool     // the request gives what it makes tags
	typing   bool     // a parameter says of which type the resource is
	targets  []target // the event's actions
	versions []target // its actions where the request names a version of an object
	rules    []rule   // by which the event may prove more than its actions
	passing           // what the rule of passed roles needs
	tagger   iam.Action
	carried  []carrying
}

// passing are the parameters of an event that carry a role, and the services
// that it is passed to.
type passing struct{ roles, to []string }

// rule adds to a resolver's calls what else the event proves.
type rule func(*resolver)

// form is what a plan is made from.
type form struct {
	source, name string
	plain        string   // the name without an API version
	paths        []string // each once, in order
}

// has: a parameter stands at the path.
func (f *form) has(path string) bool {
	return slices.ContainsFunc(f.paths, func(p string) bool { return strings.EqualFold(p, path) })
}

// planOf gives the plan of the event's form. Texts of observations can be views
// of a larger text: a plan keeps copies.
func (in *Interpreter) planOf(f *trail.Fact, key []byte) (*plan, []byte) {
	key = appendText(appendText(key[:0], f.EventSource), f.EventName)
	for i := range f.Params {
		if path := f.Params[i].Path; i == 0 || path != f.Params[i-1].Path {
			key = appendText(key, path)
		}
	}
	return in.plans.get(key, func() plan { return in.plan(formOf(f)) }), key
}

// appendText appends a text so that no two lists of texts are the same bytes.
func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func formOf(f *trail.Fact) *form {
	made := &form{source: strings.Clone(f.EventSource), name: strings.Clone(f.EventName)}
	made.plain = undated(made.name)
	for i := range f.Params {
		if path := f.Params[i].Path; i == 0 || path != f.Params[i-1].Path {
			made.paths = append(made.paths, strings.Clone(path))
		}
	}
	return made
}

// plan works out what an event's form says.
func (in *Interpreter) plan(f *form) plan {
	p := plan{event: catalog.Fold(f.plain)}
	prefixes := in.catalog.Prefixes(f.source)
	if len(prefixes) > 0 {
		p.service = prefixes[0]
	}
	m := in.actionsOf(f, prefixes)
	p.none = m.none
	p.place(f)
	if actions := in.chosen(f, m.actions); len(actions) > 0 && !p.none {
		p.service = actions[0].Name.Prefix()
		p.targets = in.targets(f, &p, actions)
		if versions := in.versioned(f, actions); versions != nil {
			p.versions = in.targets(f, &p, versions)
		}
		in.implications(f, &p)
	}
	return p
}

// place reads the parameters' paths.
func (p *plan) place(f *form) {
	for i, path := range f.paths {
		at := placeOf(path)
		p.places = append(p.places, at)
		p.tags = p.tags || at.tag
		p.typing = p.typing || strings.EqualFold(path, "resourceType")
		switch {
		case at.skip:
		case at.depth > 0:
			p.deepest = max(p.deepest, at.depth)
		case slices.Contains(ownerNames, at.name):
			p.owners = append(p.owners, i)
		}
	}
}

// action finds an action of the tables in the catalog; one that is not there has
// no resource types that are known.
func (in *Interpreter) action(name iam.Action) *catalog.Action {
	if a, ok := in.catalog.Action(name); ok {
		return a
	}
	return &catalog.Action{Name: name, Resources: []*catalog.ResourceType{}, Logged: catalog.Unsure}
}

// chosen are the actions of an event that its source can mean: those of API
// Gateway's version. The read of a copy's source is implied.
func (in *Interpreter) chosen(f *form, names []iam.Action) []*catalog.Action {
	if op := in.gatewayOp(f); op != nil {
		return []*catalog.Action{in.action(iam.Action("apigateway:" + op.Verb))}
	}
	var actions []*catalog.Action
	for _, name := range names {
		actions = append(actions, in.action(name))
	}
	if f.source == "s3.amazonaws.com" && isCopy(f.name) {
		return actions[:min(1, len(actions))]
	}
	return actions
}

// target is an action of an event, and what the plan says of its resources.
type target struct {
	*catalog.Action
	types  []kind  // of the action, and behind them others that it is authorised on
	own    finding // the rule by which its service tells the resources, or nil
	merged bool    // it may list the resource types of another service
	late   bool    // its resources are not all written as the event tells them
}

// finding tells an action's resources, none where it cannot.
type finding func(*resolver, *target) []iam.Pattern

// listed are the types that the reference lists for the action.
func (t *target) listed() []kind { return t.types[:len(t.Resources)] }

func (in *Interpreter) targets(f *form, p *plan, actions []*catalog.Action) []target {
	out := make([]target, len(actions))
	for i, a := range actions {
		out[i] = target{Action: a, own: in.finding(f, a), merged: merged[a.Name.Prefix()], late: late[a.Name.Prefix()]}
		for _, t := range in.types(a, p.event) {
			out[i].types = append(out[i].types, p.kind(a, t))
		}
	}
	return out
}

// kind is a resource type as an event is about it.
type kind struct {
	*catalog.ResourceType
	fields   []field
	must     bool // every request of the action names one
	always   bool // every request does, though the reference calls it optional
	own      bool // a request that names one is authorised on it
	about    bool // a parameter called just "name" is the type's
	anything bool // the format fits the ARN of any service
	parents  []parent
}

// parent is another type of the action's whose ARN begins that of a type.
type parent struct {
	*catalog.ResourceType
	rest iam.Pattern // what stands behind it
}

// parentsOf are the parents of a type among those of an action.
func parentsOf(a *catalog.Action, t *catalog.ResourceType) []parent {
	var out []parent
	for _, u := range a.Resources {
		rest, ok := strings.CutPrefix(string(t.Pattern), string(u.Pattern))
		if ok && strings.HasPrefix(t.Format, u.Format) && strings.HasPrefix(rest, "/") {
			out = append(out, parent{u, iam.Pattern(rest)})
		}
	}
	return out
}

func (p *plan) kind(a *catalog.Action, t *catalog.ResourceType) kind {
	k := kind{
		ResourceType: t,
		must:         slices.Contains(a.Required, t),
		always:       slices.Contains(alwaysToo[a.Name], t.Name),
		own:          manyTyped[t.Prefix] || p.speaksOf(t),
		about:        p.about(a, t),
		anything:     anything(t),
		parents:      parentsOf(a, t),
	}
	for _, piece := range t.Template() {
		k.fields = append(k.fields, p.field(&k, piece))
		k.own = k.own || piece.Own && p.bears(piece.Variable)
	}
	return k
}

// bears: a parameter at the top bears the variable's own name, which is no name
// that anything could have.
func (p *plan) bears(variable string) bool {
	name := catalog.Fold(variable)
	return len(name) > len("resourcename") && slices.ContainsFunc(p.places, func(at place) bool { return !at.skip && at.depth == 0 && at.name == name })
}

// about: the event's name speaks of the resource type, so that a parameter
// called just "name" or "id" is the resource's; and of no longer one of the
// action's: CreateImageBuilder is not about the image that it takes. What
// StartLogging starts is a trail (CloudTrail API Reference, StartLogging, Name),
// and what an association of Systems Manager is named after is its document
// (Systems Manager API Reference, CreateAssociation, Name).
func (p *plan) about(a *catalog.Action, t *catalog.ResourceType) bool {
	switch {
	case t.Prefix == "cloudtrail" && strings.HasSuffix(p.event, "logging"),
		t.Prefix == "ssm" && t.Name == "document" && strings.HasSuffix(p.event, "association"):
		return true
	}
	return p.speaksOf(t) && !slices.ContainsFunc(a.Resources, func(u *catalog.ResourceType) bool {
		return len(u.Kind()) > len(t.Kind()) && strings.Contains(u.Kind(), t.Kind()) && p.speaksOf(u)
	})
}

// speaksOf: the type's name is in the event's.
func (p *plan) speaksOf(t *catalog.ResourceType) bool {
	return strings.Contains(p.event, strings.TrimSuffix(t.Kind(), "s"))
}

// field is a piece of an ARN format, with where the event's parameters tell it.
type field struct {
	catalog.Piece
	begins   string   // the last word of Literal, which values may begin with too
	special  telling  // what holds more or less than the variable
	opaque   bool     // nothing but the special rule tells it
	told     [][]int  // the places of each name that tells it, least deep first
	short    []short  // the places that call the type in short
	fallback fallback // what tells it where those do not
}

// telling tells a variable, or not.
type telling func(*resolver) (iam.Pattern, bool)

// fallback tells the nth value of a variable, or not.
type fallback func(r *resolver, nth int) (string, bool)

// short is a place that tells a type's variable, or does where a parameter says
// that the request's resource is of the type.
type short struct {
	place int
	typed bool
}

func (p *plan) field(k *kind, piece catalog.Piece) field {
	f := field{Piece: piece}
	if piece.Variable == "" || piece.Place != catalog.NoPlace {
		return f
	}
	f.begins = piece.Literal[strings.LastIndexAny(strings.TrimRight(piece.Literal, "/"), ":/}")+1:]
	f.special = specialOf(k.ResourceType, piece.Variable)
	if f.opaque = opaque[k.Prefix+":"+k.Name]; f.opaque {
		return f
	}
	for _, name := range piece.Names {
		if name.Loose && !k.about {
			continue
		}
		if at := p.called(k, name); len(at) > 0 {
			f.told = append(f.told, at)
		}
	}
	if piece.Own {
		f.short = p.inShort(k, strings.HasSuffix(piece.Variable, "Id"))
	}
	f.fallback = fallbackOf(p, k.ResourceType, &piece)
	return f
}

// called are the places of a name, those that stand least deep first. A loose
// name counts at the top, or in what is called after the type
// (connectionInput.name).
func (p *plan) called(k *kind, name catalog.ParamName) []int {
	var out []int
	for i := range p.places {
		at := &p.places[i]
		if at.skip || at.name != name.Folded {
			continue
		}
		if name.Loose && at.depth > 0 && (at.depth > 1 || !strings.Contains(at.parent, k.Kind())) {
			continue
		}
		out = append(out, i)
	}
	slices.SortStableFunc(out, func(a, b int) int { return p.places[a].depth - p.places[b].depth })
	return out
}

// inShort are the places that call the type by the end of its name, as ruleId
// of a RateBasedRule and windowId of a maintenance window, where the call is
// about the type; or "resource", beside a resource type. "made" says that the
// service makes the value up, so that no name tells it.
func (p *plan) inShort(k *kind, made bool) []short {
	var out []short
	kind := k.Kind()
	for i := range p.places {
		at := &p.places[i]
		if at.skip || at.depth > 0 || at.ending == "" || made && at.ending == "name" {
			continue
		}
		if len(at.base) > 3 && len(at.base) < len(kind) && strings.HasSuffix(kind, at.base) && k.about {
			out = append(out, short{place: i})
		} else if at.base == "resource" {
			out = append(out, short{place: i, typed: true})
		}
	}
	return out
}
