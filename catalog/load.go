package catalog

import (
	"bytes"
	"compress/gzip"
	_ "embed" // for the compiled data
	"encoding/binary"
	"io"
	"strconv"
	"strings"

	"github.com/pruner/pruner/iam"
)

//go:embed data/iam.tsv.gz
var compiled []byte

// load decodes the embedded data. It was written by scripts/catalog and is
// read back by a test, so a fault in it is an impossible state.
//
// Every process does this when it starts, so it copies nothing that it can cut
// out of the data, makes actions, types and lists in few pieces, and sorts
// nothing: the data are sorted.
func load() *Catalog {
	l := loader{catalog: &Catalog{services: make(map[string]*Service, 1<<9)}, dependents: map[string][]iam.Action{}}
	for line := range strings.Lines(unpack()) {
		l.line(strings.TrimSuffix(line, "\n"))
	}
	l.name()
	c := l.catalog
	c.loadEvents()
	c.loadLogging()
	return c
}

func unpack() string {
	z, err := gzip.NewReader(bytes.NewReader(compiled))
	if err != nil {
		panic("catalog: embedded data: " + err.Error())
	}
	var b strings.Builder
	b.Grow(int(binary.LittleEndian.Uint32(compiled[len(compiled)-4:]))) // RFC 1952: the size
	if _, err := io.Copy(&b, z); err != nil {
		panic("catalog: embedded data: " + err.Error())
	}
	return b.String()
}

type loader struct {
	catalog    *Catalog
	service    *Service
	types      []ResourceType
	actions    []Action
	lists      []*ResourceType // of which each action has a part
	conditions [][]string
	dependents map[string][]iam.Action
	names      strings.Builder // of the actions, "prefix:Name", one behind the other
}

func (l *loader) line(line string) {
	kind, rest, _ := strings.Cut(line, "\t")
	switch kind {
	case "V":
		l.head(rest)
	case "C":
		l.conditions = append(l.conditions, strings.Split(rest, ","))
	case "S":
		l.service = &Service{Prefix: rest}
		l.catalog.services[rest] = l.service
	case "R":
		name, format, _ := strings.Cut(rest, "\t")
		l.types = append(l.types, ResourceType{})
		t := &l.types[len(l.types)-1]
		t.read(l.service.Prefix, name, format)
		l.service.Resources = append(l.service.Resources, t)
	case "A":
		l.action(rest)
	}
}

// head makes room for what comes.
func (l *loader) head(rest string) {
	version, counts, _ := strings.Cut(rest, "\t")
	types, actions, _ := strings.Cut(counts, "\t")
	l.catalog.version = version
	l.types = make([]ResourceType, 0, number(types))
	l.actions = make([]Action, 0, number(actions))
	l.catalog.sorted = make([]*Action, 0, number(actions))
	l.lists = make([]*ResourceType, 0, 2*number(actions))
	l.names.Grow(32 * number(actions))
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic("catalog: embedded data: " + err.Error())
	}
	return n
}

func (l *loader) action(rest string) {
	var f [6]string
	for i := range f {
		f[i], rest, _ = strings.Cut(rest, "\t")
	}
	l.actions = append(l.actions, Action{Access: Access(f[1]), Dependents: l.dependentsOf(f[5])})
	a := &l.actions[len(l.actions)-1]
	a.Resources = l.list(f[2], false)
	if a.Required = l.list(f[2], true); len(a.Required) == 0 {
		a.Required = nil
	}
	if f[3] != "" {
		a.Conditions = l.conditions[number(f[3])]
	}
	if f[4] == "silent" {
		a.Logged, a.LoggedNote = Unsure, "no operation has the action's name"
	}
	l.names.WriteString(l.service.Prefix)
	l.names.WriteByte(':')
	l.names.WriteString(f[0])
	l.names.WriteByte(' ')
	c := l.catalog
	c.sorted = append(c.sorted, a)
	first := len(c.sorted) - 1 - len(l.service.Actions)
	l.service.Actions = c.sorted[first:len(c.sorted):len(c.sorted)]
}

// list reads the numbers of resource types, or of the required among them.
func (l *loader) list(numbers string, required bool) []*ResourceType {
	if numbers == "" {
		return nil
	}
	first := len(l.lists)
	for text := range strings.SplitSeq(numbers, ",") {
		text, marked := strings.CutPrefix(text, "!")
		if marked || !required {
			l.lists = append(l.lists, l.service.Resources[number(text)])
		}
	}
	return l.lists[first:len(l.lists):len(l.lists)]
}

func (l *loader) dependentsOf(text string) []iam.Action {
	list, known := l.dependents[text]
	if !known && text != "" {
		for name := range strings.SplitSeq(text, ",") {
			list = append(list, iam.Action(name))
		}
		l.dependents[text] = list
	}
	return list
}

// name gives the actions their names, which lie in one text, as those in lower
// case do.
func (l *loader) name() {
	c := l.catalog
	c.actions = make(map[iam.Action]*Action, len(c.sorted))
	names := l.names.String()
	folded := strings.ToLower(names)
	for _, a := range c.sorted {
		end := strings.IndexByte(names, ' ')
		a.Name, names = iam.Action(names[:end]), names[end+1:]
		a.Folded, folded = iam.Action(folded[:end]), folded[end+1:]
		c.actions[a.Name] = a
	}
}

// read reads what the data say of a type.
func (t *ResourceType) read(prefix, name, format string) {
	t.Prefix, t.Name, t.Format, t.kind = prefix, name, policyFormat(prefix, name, format), kindOf(name)
	rest := t.Format
	room := make([]byte, 0, 128)
	colons := 0
	for {
		before, after, ok := strings.Cut(rest, "${")
		room = append(room, before...)
		colons += strings.Count(before, ":")
		if !ok {
			break
		}
		var variable string
		variable, rest, _ = strings.Cut(after, "}")
		room = append(room, '*')
		if colons >= 5 {
			t.Variables = append(t.Variables, Variable{variable, generated(prefix, variable)})
		}
	}
	t.Pattern = iam.Pattern(room)
	t.segments, t.valid = t.Pattern.Segments()
	t.resource = strings.Split(string(t.segments[5]), "*")
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
