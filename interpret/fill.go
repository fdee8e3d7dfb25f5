package interpret

import (
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

// fill fills a type's format with the nth of a parameter's values. What nothing
// tells is "*".
func (r *resolver) fill(k *kind, nth int) filled {
	var f filled
	var room [160]byte
	b := room[:0]
	for i := range k.fields {
		piece := &k.fields[i]
		b = append(b, piece.Literal...)
		switch {
		case piece.Variable == "":
		case piece.Place != catalog.NoPlace:
			b = append(b, r.place(piece.Place, k.ResourceType)...)
		default:
			pattern, ok := r.variable(k, piece, nth)
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

// any is any resource of a type where the event happened.
func (r *resolver) any(t *catalog.ResourceType) iam.Pattern {
	var b strings.Builder
	for _, piece := range t.Template() {
		b.WriteString(piece.Literal)
		switch {
		case piece.Variable == "":
		case piece.Place != catalog.NoPlace:
			b.WriteString(r.place(piece.Place, t))
		default:
			b.WriteByte('*')
		}
	}
	return iam.Pattern(b.String())
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
func (r *resolver) variable(k *kind, f *field, nth int) (iam.Pattern, bool) {
	if f.special != nil {
		if pattern, ok := f.special(r); ok {
			return pattern, true
		}
	}
	if f.opaque {
		return "", false
	}
	for _, places := range f.told {
		if text, ok := r.named(k, f, places, nth); ok {
			return iam.Escape(text), true
		}
	}
	if text, ok := r.inShort(k, f); ok {
		return iam.Escape(text), true
	}
	if f.fallback == nil {
		return "", false
	}
	text, ok := f.fallback(r, nth)
	return iam.Escape(text), ok
}

// named reads the variable from the first of the places that holds a value.
func (r *resolver) named(k *kind, f *field, places []int, nth int) (string, bool) {
	for _, at := range places {
		if r.shallow && r.plan.places[at].depth > 0 {
			continue
		}
		if p := r.nth(at, nth); p != nil {
			return f.identifier(k, p)
		}
	}
	return "", false
}

// inShort reads the resource's own variable from a parameter that calls the
// type in short.
func (r *resolver) inShort(k *kind, f *field) (string, bool) {
	for _, s := range f.short {
		if s.typed && !r.typed(k) {
			continue
		}
		if p := r.nth(s.place, 0); p != nil {
			return f.identifier(k, p)
		}
	}
	return "", false
}

// typed: a parameter says that the request's resource is of the type, as SSM's
// AddTagsToResource does.
func (r *resolver) typed(k *kind) bool { return r.given != "" && r.given == k.Kind() }

// identifier cuts what a variable holds out of a parameter that holds more: an
// ARN, a queue's URL, a name behind its path. It reports false for what is
// another thing's.
func (f *field) identifier(k *kind, p *param) (string, bool) {
	text := plainARN(p.Value)
	if p.name == "queueurl" {
		return text[strings.LastIndexByte(text, '/')+1:], true
	}
	if strings.HasPrefix(text, "arn:") {
		return nameInARN(f.Variable, text)
	}
	switch k.Prefix {
	case "kms":
		if strings.HasPrefix(text, "alias/") != (k.Name == "alias") {
			return "", false
		}
	case "lambda":
		text = functionName(text)
	case "ssm":
		if !strings.HasPrefix(text, managed[k.Name]) {
			return "", false // the other kind of node
		}
	case "s3":
		return text, true
	}
	if strings.HasSuffix(f.Literal, "/") && k.Prefix != "iam" {
		text = strings.TrimPrefix(text, "/")
	}
	if f.Again != "" && !strings.HasPrefix(text, f.Again) {
		return "", false
	}
	if len(f.begins) > 1 && len(text) > len(f.begins) {
		text = strings.TrimPrefix(text, f.begins)
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

// fillEach fills a format once for each value of a parameter that lists
// several, as InstanceIds does.
func (r *resolver) fillEach(k *kind, first filled, into []iam.Pattern) []iam.Pattern {
	others := into
	into = append(into, first.pattern)
	if first.known == 0 || !r.lists {
		return into
	}
	for nth := 1; ; nth++ {
		next := r.fill(k, nth).pattern
		if next == into[len(into)-1] {
			return into
		}
		if nth == mostEach {
			return append(others, r.any(k.ResourceType))
		}
		into = append(into, next)
	}
}

// mostEach bounds the resources that one call lists: a longer list is any of
// the type.
const mostEach = 64
