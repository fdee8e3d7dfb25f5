package ingest

import (
	"strings"

	"github.com/pruner/pruner/trail"
)

// folder folds records into observations. It is one worker's; the store merges
// what several workers or runs fold.
type folder struct {
	byKey map[string]*trail.Observation
	key   strings.Builder
}

func newFolder() *folder { return &folder{byKey: map[string]*trail.Observation{}} }

// add folds a record in. Records that are never use (insights, aggregated and
// network-activity events) are not.
func (f *folder) add(r *trail.Record) {
	o := r.Observe(false)
	f.key.Reset()
	f.key.WriteString(o.Day.String())
	f.key.WriteByte(0)
	o.Fact.AppendKey(&f.key)
	key := f.key.String()
	if have := f.byKey[key]; have != nil {
		have.Merge(&o)
		return
	}
	f.byKey[key] = &o
}
