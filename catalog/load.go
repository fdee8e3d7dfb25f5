package catalog

import (
	"bytes"
	"compress/gzip"
	_ "embed" // for the compiled data
	"io"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

//go:embed data/iam.tsv.gz
var compiled []byte

// load decodes the embedded data. It was written by scripts/catalog and is
// read back by a test, so a fault in it is an impossible state.
func load() *Catalog {
	z, err := gzip.NewReader(bytes.NewReader(compiled))
	if err != nil {
		panic("catalog: embedded data: " + err.Error())
	}
	text, err := io.ReadAll(z)
	if err != nil {
		panic("catalog: embedded data: " + err.Error())
	}
	c := &Catalog{services: map[string]*Service{}, actions: make(map[iam.Action]*Action, 1<<15)}
	l := loader{catalog: c}
	for line := range strings.Lines(string(text)) {
		l.line(strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	c.sorted = make([]*Action, 0, len(c.actions))
	for _, a := range c.actions {
		c.sorted = append(c.sorted, a)
	}
	slices.SortFunc(c.sorted, func(a, b *Action) int { return strings.Compare(string(a.Folded), string(b.Folded)) })
	for _, a := range c.sorted {
		c.actions[a.Name] = a
	}
	c.loadEvents()
	c.loadLogging()
	return c
}

type loader struct {
	catalog *Catalog
	service *Service
	types   map[string]*ResourceType
}

func (l *loader) line(f []string) {
	switch f[0] {
	case "V":
		l.catalog.version = f[1]
	case "S":
		l.service = &Service{Prefix: f[1]}
		l.types = map[string]*ResourceType{}
		l.catalog.services[f[1]] = l.service
	case "R":
		t := newResourceType(l.service.Prefix, f[1], f[2])
		l.types[strings.ToLower(f[1])] = t
		l.service.Resources = append(l.service.Resources, t)
	case "A":
		l.action(f)
	}
}

func (l *loader) action(f []string) {
	a := &Action{Name: iam.Action(l.service.Prefix + ":" + f[1]), Access: access(f[2])}
	for name := range strings.SplitSeq(f[3], ",") {
		name, required := strings.CutPrefix(name, "!")
		t := l.types[strings.ToLower(name)]
		if t == nil {
			continue
		}
		a.Resources = append(a.Resources, t)
		if required {
			a.Required = append(a.Required, t)
		}
	}
	if f[4] != "" {
		a.Conditions = strings.Split(f[4], ",")
	}
	if f[5] == "silent" {
		a.Logged, a.LoggedNote = Unsure, "no operation has the action's name"
	}
	if f[6] != "" {
		for name := range strings.SplitSeq(f[6], ",") {
			a.Dependents = append(a.Dependents, iam.Action(name))
		}
	}
	l.service.Actions = append(l.service.Actions, a)
	a.Folded = a.Name.Fold()
	l.catalog.actions[a.Folded] = a
}

// access reads an action's access level. The reference lists some actions under
// two ("Permissions management, Write"): the first says more.
func access(levels string) Access {
	first, _, _ := strings.Cut(levels, ",")
	return Access(first)
}

func newResourceType(prefix, name, format string) *ResourceType {
	t := &ResourceType{Prefix: prefix, Name: name, Format: policyFormat(prefix, name, format), kind: kindOf(name)}
	rest := t.Format
	var pattern strings.Builder
	colons := 0
	for {
		before, after, ok := strings.Cut(rest, "${")
		pattern.WriteString(before)
		colons += strings.Count(before, ":")
		if !ok {
			break
		}
		var variable string
		variable, rest, _ = strings.Cut(after, "}")
		pattern.WriteByte('*')
		if colons >= 5 {
			t.Variables = append(t.Variables, Variable{variable, generated(prefix, variable)})
		}
	}
	t.Pattern = iam.Pattern(pattern.String())
	t.segments, t.valid = t.Pattern.Segments()
	t.resource = strings.Split(string(t.segments[5]), "*")
	return t
}

// policyFormat mends formats that a policy needs otherwise: a log group stands
// in policies with ":*" behind its name.
//
// Source: CloudWatch Logs User Guide, "CloudWatch Logs resources and
// operations".
func policyFormat(prefix, name, format string) string {
	format, _, _ = strings.Cut(format, ", ") // of two versions of a service the current one
	if prefix == "logs" && name == "log-group" && !strings.HasSuffix(format, ":*") {
		return format + ":*"
	}
	return format
}

// generated guesses from a variable's name whether AWS makes its value up.
func generated(prefix, variable string) bool {
	low := strings.ToLower(variable)
	if strings.HasSuffix(low, "name") || prefix == "s3" {
		return false
	}
	return strings.HasSuffix(low, "id") || strings.HasSuffix(low, "uuid") ||
		strings.HasSuffix(low, "token") || strings.HasSuffix(low, "random")
}
