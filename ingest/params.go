package ingest

import (
	"strings"

	"github.com/pruner/pruner/trail"
)

// parameters collects the allow-listed parameters, once the event's source and
// name are known.
func (d *decoder) parameters() error {
	if d.options.Params == nil {
		return nil
	}
	for i, prefix := range []string{"", "response."} {
		if d.params[i] == 0 {
			continue
		}
		d.at = d.params[i]
		if d.peek() != '{' {
			continue // null, or a text
		}
		if err := d.collect(strings.TrimSuffix(prefix, "."), 0); err != nil {
			return err
		}
	}
	return nil
}

// collect walks a value; path is the names above it.
func (d *decoder) collect(path string, depth int) error {
	if depth > maxNesting {
		return errDepth
	}
	switch d.peek() {
	case '{':
		return d.members(func(key []byte) error {
			child := string(key)
			if path != "" {
				child = path + "." + child
			}
			if child == "omitted" && d.peek() == 't' {
				d.record.Omitted = true
			}
			return d.collect(child, depth+1)
		})
	case '[':
		return d.elements(func() error { return d.collect(path+"[]", depth+1) })
	}
	if !d.options.Params(d.record.EventSource, d.record.EventName, path) {
		return d.skip()
	}
	value, err := d.scalar()
	switch {
	case err != nil || value == "":
	case len(d.record.Params) >= maxParams:
		d.record.Omitted = true
	default:
		d.record.Params = append(d.record.Params, trail.Param{Path: path, Value: value})
	}
	return err
}
