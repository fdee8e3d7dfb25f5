package interpret

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

// filled is an ARN format with what a request tells of it.
type filled struct {
	pattern iam.Pattern
	known   int // variables that were told, beyond the place
	unknown int
	own     bool // the last of them was, which is the resource's own
}

// told: the request says which resource is meant, or the format leaves no
// doubt.
func (f *filled) told() bool { return f.known > 0 || f.unknown == 0 }

// fill fills a format with the nth of a parameter's values. What nothing tells
// is "*".
func (r *resolver) fill(t *catalog.ResourceType, nth int) filled {
	var f filled
	var room [160]byte
	b := room[:0]
	for _, piece := range t.Template() {
		b = append(b, piece.Literal...)
		switch {
		case piece.Variable == "":
		case piece.Place != catalog.NoPlace:
			b = append(b, r.place(piece.Place, t)...)
		default:
			pattern, ok := r.variable(t, &piece, nth)
			f.own = ok
			if ok {
				f.known++
			} else {
				f.unknown++
				pattern = "*"
			}
			b = append(b, pattern...)
		}
	}
	f.pattern = iam.Pattern(b)
	return f
}

// place gives partition, region and account. The account is the owner's where
// the event says, else the caller's.
func (r *resolver) place(p catalog.Place, t *catalog.ResourceType) string {
	switch p {
	case catalog.PartitionPlace:
		return partition(r.fact.Region)
	case catalog.RegionPlace:
		return r.region(t)
	}
	return r.owner(t)
}

// variable tells a variable of the resource part.
func (r *resolver) variable(t *catalog.ResourceType, piece *catalog.Piece, nth int) (iam.Pattern, bool) {
	if pattern, ok := r.special(t, piece.Variable); ok {
		return pattern, true
	}
	if opaque[t.Prefix+":"+t.Name] {
		return "", false
	}
	for _, name := range piece.Names {
		if name.Loose && !r.about(t) {
			continue
		}
		if text, ok := r.named(t, piece, name, nth); ok {
			return iam.Escape(text), true
		}
	}
	if text, ok := r.inShort(t, piece); ok {
		return iam.Escape(text), true
	}
	text, ok := r.fallback(t, piece, nth)
	return iam.Escape(text), ok
}

// inShort reads the resource's own variable from a parameter that calls the
// type by the end of its name, as ruleId of a RateBasedRule and windowId of a
// maintenance window, or as "resource" beside a resource type; where the call
// is about the type.
func (r *resolver) inShort(t *catalog.ResourceType, piece *catalog.Piece) (string, bool) {
	if !piece.Own {
		return "", false
	}
	kind := t.Kind()
	made := strings.HasSuffix(piece.Variable, "Id") // a name does not tell it
	for i := range r.params {
		p := &r.params[i]
		switch {
		case p.depth > 0 || p.ending == "" || made && p.ending == "name":
		case p.base == "resource" && r.typed(t):
			return identifier(t, piece, p.name, p.Value)
		case len(p.base) > 3 && len(p.base) < len(kind) && strings.HasSuffix(kind, p.base) && r.about(t):
			return identifier(t, piece, p.name, p.Value)
		}
	}
	return "", false
}

// typed: a parameter says that the request's resource is of the type, as SSM's
// AddTagsToResource does.
func (r *resolver) typed(t *catalog.ResourceType) bool {
	text := first(r.fact, "resourceType")
	return text != "" && catalog.Fold(text) == t.Kind()
}

// named reads the variable from the parameter of a name that stands least deep.
// A loose name counts at the top, or in what is called after the type
// (connectionInput.name).
func (r *resolver) named(t *catalog.ResourceType, piece *catalog.Piece, name catalog.ParamName, nth int) (string, bool) {
	best := -1
	for i := range r.params {
		p := &r.params[i]
		if p.name != name.Folded || r.shallow && p.depth > 0 || name.Loose && p.depth > 0 && (p.depth > 1 || !strings.Contains(p.parent, t.Kind())) {
			continue
		}
		if best < 0 || p.depth < r.params[best].depth {
			best = i
		}
	}
	if best < 0 {
		return "", false
	}
	for at := r.params[best].Path; nth > 0 && best+1 < len(r.params) && r.params[best+1].Path == at; nth-- {
		best++ // equal paths stand together
	}
	return identifier(t, piece, r.params[best].name, r.params[best].Value)
}

// identifier cuts what a variable holds out of a parameter that holds more: an
// ARN, a queue's URL, a name behind its path. It reports false for what is
// another thing's.
func identifier(t *catalog.ResourceType, piece *catalog.Piece, name, text string) (string, bool) {
	text = plainARN(text)
	if name == "queueurl" {
		return text[strings.LastIndexByte(text, '/')+1:], true
	}
	if strings.HasPrefix(text, "arn:") {
		return nameInARN(piece.Variable, text)
	}
	switch t.Prefix {
	case "kms":
		if strings.HasPrefix(text, "alias/") != (t.Name == "alias") {
			return "", false
		}
	case "lambda":
		text = functionName(text)
	case "s3":
		return text, true
	}
	if strings.HasSuffix(piece.Literal, "/") && t.Prefix != "iam" {
		text = strings.TrimPrefix(text, "/")
	}
	last := piece.Literal[strings.LastIndexAny(strings.TrimRight(piece.Literal, "/"), ":/}")+1:]
	if piece.Again != "" && !strings.HasPrefix(text, piece.Again) {
		return "", false
	}
	if len(last) > 1 && len(text) > len(last) {
		text = strings.TrimPrefix(text, last)
	}
	return text, text != ""
}

// nameInARN is the name that an ARN ends in, if the ARN is of a thing that the
// variable can be named after: a cluster's for ClusterName.
func nameInARN(variable, arn string) (string, bool) {
	parts, ok := iam.ARN(arn).Split()
	if !ok {
		return "", false
	}
	kind, _, nested := strings.Cut(strings.ReplaceAll(parts.Resource, ":", "/"), "/")
	if nested && !strings.Contains(catalog.Fold(variable), catalog.Fold(kind)) {
		return "", false
	}
	return iam.ARN(arn).Name(), true
}

// about: the event's name speaks of the resource type, so that a parameter
// called just "name" or "id" is the resource's. What StartLogging starts is a
// trail (CloudTrail API Reference, StartLogging, Name).
func (r *resolver) about(t *catalog.ResourceType) bool {
	if t.Prefix == "cloudtrail" && strings.HasSuffix(r.event, "logging") {
		return true
	}
	return r.speaksOf(t) && !slices.ContainsFunc(r.among(), func(u *catalog.ResourceType) bool {
		return len(u.Kind()) > len(t.Kind()) && strings.Contains(u.Kind(), t.Kind()) && r.speaksOf(u)
	})
}

// speaksOf: the type's name is in the event's.
func (r *resolver) speaksOf(t *catalog.ResourceType) bool {
	return strings.Contains(r.event, strings.TrimSuffix(t.Kind(), "s"))
}

// among are the types of the action at hand: CreateImageBuilder is not about
// the image that it takes.
func (r *resolver) among() []*catalog.ResourceType {
	if r.action == nil {
		return nil
	}
	return r.action.Resources
}

// fillEach fills a format once for each value of a parameter that lists
// several, as InstanceIds does.
func (r *resolver) fillEach(t *catalog.ResourceType, first filled, into []iam.Pattern) []iam.Pattern {
	into = append(into, first.pattern)
	if first.known == 0 || !r.lists {
		return into
	}
	for nth := 1; ; nth++ {
		next := r.fill(t, nth).pattern
		if next == into[len(into)-1] {
			return into
		}
		if nth == mostEach {
			return []iam.Pattern{r.any(t)}
		}
		into = append(into, next)
	}
}

// mostEach bounds the resources that one call lists: a longer list is any of
// the type.
const mostEach = 64

// any is any resource of a type.
func (r *resolver) any(t *catalog.ResourceType) iam.Pattern {
	bare := resolver{interpreter: r.interpreter, fact: r.bare()}
	return bare.fill(t, 0).pattern
}
