package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// feature is one thing that a role of the generated organisation does: some
// operations on resources of one kind, in some rhythm.
type feature struct {
	kind       *kind
	operations []operation
	bucket     string // for objects
	name       string // template of the resource's name
	grantable  string // the names as a pattern, for grants
	need       string // the names as the truth tells them, "" for name
	cadence    string
	resources  string // how its resources come and go
	recorded   bool   // whether its data events are in the trail
	when       schedule
	start, end string // days; "" for the world's own
}

// growFeature makes up a feature of the role with a number.
func growFeature(r *random, w *world, role, number int) *feature {
	k := &kinds[r.below(len(kinds))]
	f := &feature{kind: k, recorded: true}
	for _, at := range r.some(len(k.operate), 1+r.below(3)) {
		f.operations = append(f.operations, k.operate[at])
	}
	f.nameResources(r, w, fmt.Sprintf("%s-%d-%d", k.names, role, number))
	f.keepTime(r, w)
	return f
}

// some picks n of so many numbers, in order.
func (r *random) some(of, n int) []int {
	var picked []int
	for range min(n, of) {
		at := r.below(of)
		for slices.Contains(picked, at) {
			at = (at + 1) % of
		}
		picked = append(picked, at)
	}
	slices.Sort(picked)
	return picked
}

// nameResources decides how the feature's resources come and go: one, a
// settled set, a set that grows, a new one each day, or a new one each time.
func (f *feature) nameResources(r *random, w *world, base string) {
	from := w.first.Unix() / 86400
	choice := r.below(10)
	if f.kind.container {
		f.bucket = recordedPrefix + base
		if r.below(4) == 0 {
			f.bucket, f.recorded = "acme-dark-"+base, false
		}
		switch {
		case choice < 3:
			f.resources, f.name, f.need = "fresh", "in/$(n=hex:10).json", "in/*"
		case choice < 6:
			f.resources, f.name = "daily", "exports/$(day)/$(n=pick:a|b|c).csv"
		case choice < 8:
			f.resources, f.name = "growing", fmt.Sprintf("tenants/$(n=grow:%d:%d:%d)/state.json", 4+r.below(12), 2+r.below(6), from)
		default:
			f.resources, f.name = "settled", "config/$(n=pick:"+members("part", 1+r.below(6))+").json"
		}
		f.grantable = "*"
		return
	}
	switch {
	case f.kind.source == "kms": // keys have made-up IDs
		f.resources, f.name, f.grantable = "settled", "$(n=pick:"+keyIDs(r, 1+r.below(3))+")", "*"
	case choice < 5:
		f.resources, f.name, f.grantable = "single", base, base
	case choice < 8:
		f.resources, f.name, f.grantable = "settled", base+"-$(n=pick:"+members("m", 2+r.below(8))+")", base+"-*"
	default:
		f.resources, f.grantable = "growing", base+"-*"
		f.name = fmt.Sprintf("%s-$(n=grow:%d:%d:%d)", base, 5+r.below(20), 2+r.below(5), from)
	}
}

func members(prefix string, n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprint(prefix, i))
	}
	return strings.Join(all, "|")
}

func keyIDs(r *random, n int) string {
	var all []string
	for range n {
		all = append(all, string(writeUUID(nil, &moment{random: r})))
	}
	return strings.Join(all, "|")
}

// keepTime decides in which rhythm the feature works, and whether it came or
// went in the time before the snapshot.
func (f *feature) keepTime(r *random, w *world) {
	offset := r.below(1000)
	switch choice := r.below(100); {
	case choice < 40:
		f.cadence, f.when = "steady", daily(1+8*r.unit())
	case choice < 55:
		f.cadence, f.when = "office", office(1+6*r.unit())
	case choice < 70:
		f.cadence, f.when = "bursty", bursty(15+r.below(15), offset, 4+10*r.unit())
	case choice < 82:
		f.cadence, f.when = "weekly", every(7, offset)
	case choice < 92:
		f.cadence, f.when = "monthly", monthly(1+r.below(28), r.below(24))
	default:
		f.cadence, f.when = "quarterly", every(91, offset)
	}
	known := int(w.snapshot.Sub(w.first).Hours() / 24)
	switch choice := r.below(100); {
	case choice < 12:
		f.end = w.first.AddDate(0, 0, 3+r.below(known-3)).Format(time.DateOnly)
	case choice < 22:
		f.start = w.first.AddDate(0, 0, 5+r.below(known-10)).Format(time.DateOnly)
	}
}

// jobs is the feature as work in a region.
func (f *feature) jobs(region string) []job {
	var all []job
	for _, o := range f.operations {
		all = append(all, job{Region: region, When: f.when, From: f.start, Until: f.end, Scales: true, Calls: []call{f.call(o)}})
	}
	return all
}

// call is one of the feature's operations as CloudTrail writes it.
func (f *feature) call(o operation) call {
	arn := "arn:$(partition):" + f.kind.arn
	c := call{
		Source: f.kind.source, Name: o.name, Read: o.read, Data: o.data,
		Hidden: o.hidden || o.data && !f.recorded, Params: f.fill(strings.ReplaceAll(o.params, "ARN", arn)),
	}
	if f.kind.typ != "" && (o.data || f.kind.source == "kms") {
		c.Resources = `{"accountId":"$(account)","type":"` + f.kind.typ + `","ARN":"` + repeated(f.fill(arn)) + `"}`
	}
	if f.kind.container {
		c.Resources = `{"type":"AWS::S3::Object","ARN":"` + repeated(f.fill(arn)) + `"},` +
			`{"accountId":"$(account)","type":"AWS::S3::Bucket","ARN":"arn:$(partition):s3:::` + f.bucket + `"}`
	}
	switch {
	case f.kind.unnamed:
		c.Needs = o.action + " *"
	case f.need != "":
		c.Needs = o.action + " arn:$(partition):s3:::" + f.bucket + "/" + f.need
	default:
		c.Needs = o.action + " " + repeated(f.fill(arn))
	}
	return c
}

// fill puts the names in: the first mention makes the name up, the others
// repeat it.
func (f *feature) fill(text string) string {
	text = strings.ReplaceAll(text, "BUCKET", f.bucket)
	text = strings.Replace(text, "NAME", f.name, 1)
	return strings.ReplaceAll(text, "NAME", repeated(f.name))
}
