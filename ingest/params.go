package ingest

import (
	"strings"

	"github.com/pruner/pruner/trail"
)

// wanted remembers which parameter paths are kept, so that each path is built
// and asked about once.
type wanted struct {
	ask    func(eventSource, eventName, path string) bool
	below  func(eventSource, eventName, path string) bool
	cut    func(eventSource, eventName, path string) func(string) string
	events map[string]*path // by eventSource, 0 byte, eventName
	key    []byte
	count  int
}

// maxPaths bounds what is remembered; hostile names go past it and are asked
// about each time.
const maxPaths = 1 << 17

// maxBelow bounds what is remembered below one path: it is searched one by one.
const maxBelow = 128

// path is a parameter path and those below it.
type path struct {
	name  string // the last name
	raw   string // how it stands in the text
	path  string // as in [trail.Param]
	kept  bool
	dead  bool                // nothing below is kept
	who   bool                // it names a person
	cut   func(string) string // makes what is kept of the value, if not all
	below []*path
	next  int // where the last name was found: members come in the same order
	list  *path
}

func newWanted(o *RecordOptions) wanted {
	return wanted{ask: o.Params, below: o.Below, cut: o.Cut, events: map[string]*path{}}
}

// event gives the root of an event's paths.
func (w *wanted) event(r *trail.Record) *path {
	w.key = append(append(append(w.key[:0], r.EventSource...), 0), r.EventName...)
	root := w.events[string(w.key)]
	if root == nil {
		root = &path{}
		if w.remember() {
			w.events[string(w.key)] = root
		}
	}
	return root
}

func (w *wanted) remember() bool {
	if w.count >= maxPaths {
		return false
	}
	w.count++
	return true
}

// guess gives the path of the member that stands at the start of the data, if
// it is the one that is expected there.
func (p *path) guess(data []byte) *path {
	if len(p.below) == 0 {
		return nil
	}
	if p.next == len(p.below) {
		p.next = 0
	}
	child := p.below[p.next]
	if child.raw == "" || len(data) < len(child.raw) || string(data[:len(child.raw)]) != child.raw {
		return nil
	}
	p.next++
	return child
}

// member gives the path of a member of the value at p.
func (w *wanted) member(r *trail.Record, p *path, name []byte) *path {
	for range p.below {
		if p.next == len(p.below) {
			p.next = 0
		}
		child := p.below[p.next]
		p.next++
		if child.name == string(name) {
			return child
		}
	}
	text := string(name)
	if p.path != "" {
		text = p.path + "." + text
	}
	child := w.newPath(r, text)
	child.name = string(name)
	child.raw = rawName(child.name)
	if len(p.below) < maxBelow && w.remember() {
		p.below = append(p.below, child)
		p.next = len(p.below)
	}
	return child
}

// element gives the path of the elements of the list at p.
func (w *wanted) element(r *trail.Record, p *path) *path {
	if p.list == nil {
		p.list = w.newPath(r, p.path+"[]")
	}
	return p.list
}

func (w *wanted) newPath(r *trail.Record, text string) *path {
	source, name := strings.Clone(r.EventSource), strings.Clone(r.EventName)
	p := &path{path: text, kept: w.ask(source, name, text), dead: w.below != nil && !w.below(source, name, text)}
	p.who = strings.EqualFold(text[strings.LastIndexByte(text, '.')+1:], "sourceIdentity")
	if w.cut != nil {
		p.cut = w.cut(source, name, text)
		p.kept = p.kept || p.cut != nil
	}
	return p
}

// parameters collects the allow-listed parameters that stood before the event's
// source and name.
func (d *decoder) parameters() error {
	for _, at := range d.later {
		if at == 0 {
			continue
		}
		d.at = at
		if err := d.params(at == d.later[1]); err != nil {
			return err
		}
	}
	return nil
}

// params collects from requestParameters or responseElements, which stand here.
func (d *decoder) params(response bool) error {
	if d.peek() != '{' {
		return d.skip() // null, or a text
	}
	top := d.wanted.event(d.record)
	if response {
		top = d.wanted.member(d.record, top, responseName)
	}
	return d.collect(top, 0)
}

var responseName = []byte("response")

// collect walks a value.
func (d *decoder) collect(p *path, depth int) error {
	if depth > maxNesting {
		return errDepth
	}
	switch b := d.peek(); {
	case (b == '{' || b == '[') && p.dead:
		return d.skip()
	case b == '{':
		return d.collectMembers(p, depth)
	case b == '[':
		list := d.wanted.element(d.record, p)
		return d.elements(func() error { return d.collect(list, depth+1) })
	}
	if !p.kept {
		return d.skip()
	}
	value, err := d.scalar()
	switch {
	case err != nil:
	case p.cut != nil:
		value = p.cut(value)
	case p.who:
		value = d.session.hash(value)
	default:
		value = d.session.inText(value)
	}
	switch {
	case err != nil || value == "":
	case len(d.record.Params) >= maxParams:
		d.record.Omitted = true
	default:
		d.record.Params = append(d.record.Params, trail.Param{Path: p.path, Value: value})
	}
	return err
}

// collectMembers walks an object.
func (d *decoder) collectMembers(p *path, depth int) error {
	d.at++
	if d.peek() == '}' {
		d.at++
		return nil
	}
	for {
		child := p.guess(d.data[d.at:])
		if child != nil {
			d.at += len(child.raw)
		} else {
			key, err := d.key()
			if err != nil {
				return err
			}
			child = d.wanted.member(d.record, p, key)
		}
		if child.name == "omitted" && d.peek() == 't' {
			d.record.Omitted = true
		}
		if err := d.collect(child, depth+1); err != nil {
			return err
		}
		if more, err := d.next('}'); !more {
			return err
		}
	}
}
