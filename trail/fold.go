package trail

import (
	"encoding/binary"
	"unsafe"
)

// Folding folds records into observations, in the form in which they are kept.
// Records may hold texts that are only valid during the call. It is one
// goroutine's.
type Folding struct {
	Shapes []Shape
	Rows   []Row

	shapes map[string]uint32
	rows   map[string]uint32
	hours  map[hourKey]Hours
	texts  arena
	key    []byte
	recent recent
}

// Shape is the half of a fact that many share, and what it is looked up by.
type Shape struct {
	Account, Region string
	Principal       string // see [Identity.Principal]
	Text            string // what [Fact.AppendShape] wrote
}

// Row is one observation.
type Row struct {
	Shape       uint32 // in Folding.Shapes
	Day         Day
	Hours       Hours
	First, Last int64   // seconds since 1970
	Detail      string  // what [Fact.AppendDetail] wrote
	EventID     EventID // of the record that is first by time, then ID
	Shared      string
}

// Presence is the hours of a day in which an account's region had a record.
type Presence struct {
	Account, Region string
	Day             Day
	Hours           Hours
}

type hourKey struct {
	shape uint32
	day   Day
}

// NewFolding starts empty.
func NewFolding() *Folding {
	return &Folding{shapes: map[string]uint32{}, rows: map[string]uint32{}, hours: map[hourKey]Hours{}}
}

// Reset empties the folding for the next records. None of its texts may be in
// use any more: their memory, which it took time to get, serves again.
func (f *Folding) Reset() {
	clear(f.shapes)
	clear(f.rows)
	clear(f.hours)
	f.Shapes, f.Rows = f.Shapes[:0], f.Rows[:0]
	f.texts.reset()
	f.recent = recent{}
}

// Size is about how many bytes it holds.
func (f *Folding) Size() int { return f.texts.size + 120*len(f.Rows) + 200*len(f.Shapes) }

// Add folds a record in: one of the categories that can be use. See [Folding.Saw].
func (f *Folding) Add(r *Record) {
	at := r.EventTime.Unix()
	row := Row{Shape: f.shape(r), Day: Day(floorDiv(at, 86400)), First: at, Last: at, Shared: r.SharedEventID}
	row.Hours = 1 << ((at - int64(row.Day)*86400) / 3600)
	f.key = binary.BigEndian.AppendUint32(f.key[:0], row.Shape)
	f.key = binary.BigEndian.AppendUint32(f.key, uint32(row.Day))
	f.key = appendDetail(f.key, r.Resources, r.Params, &r.Denial)
	if i, known := f.rows[view(f.key)]; known {
		f.merge(&f.Rows[i], &row, r.EventID)
		return
	}
	key := f.texts.keep(view(f.key))
	row.EventID = ParseEventID(r.EventID)
	row.Detail, row.EventID.Odd, row.Shared = key[8:], f.texts.keep(row.EventID.Odd), f.texts.keep(row.Shared)
	f.rows[key] = uint32(len(f.Rows))
	f.Rows = append(f.Rows, row)
}

// shape is the record's shape in Shapes.
func (f *Folding) shape(r *Record) uint32 {
	shape, known, slot := f.recent.find(r, r.callingService())
	if known {
		return shape
	}
	o := r.Observe(false)
	f.key = o.AppendShape(f.key[:0])
	if shape, known = f.shapes[view(f.key)]; !known {
		shape = f.newShape(&o.Fact)
	}
	f.recent.keep(slot, shape, f.Shapes[shape].Text)
	return shape
}

func (f *Folding) newShape(fact *Fact) uint32 {
	text := f.texts.keep(view(f.key))
	n := uint32(len(f.Shapes))
	f.shapes[text] = n
	f.Shapes = append(f.Shapes, Shape{
		Account: f.texts.keep(fact.Account), Region: f.texts.keep(fact.Region),
		Principal: f.texts.keep(fact.Identity.Principal()), Text: text,
	})
	return n
}

// merge folds p, whose event has the ID, into row, as [Observation.Merge] does.
func (f *Folding) merge(row, p *Row, id string) {
	row.Last = max(row.Last, p.Last)
	row.Hours |= p.Hours
	if p.First > row.First {
		return
	}
	if p.EventID = ParseEventID(id); p.First < row.First || p.EventID.Compare(row.EventID) < 0 {
		row.First, row.EventID, row.Shared = p.First, p.EventID, f.texts.keep(p.Shared)
		row.EventID.Odd = f.texts.keep(p.EventID.Odd)
	}
}

// Saw counts a record that is never use (an insight, an aggregated event): it
// shows no more than that the hour was delivered.
func (f *Folding) Saw(r *Record) {
	fact := Fact{Account: r.Account, Region: r.Region}
	f.key = fact.AppendShape(f.key[:0])
	shape, known := f.shapes[view(f.key)]
	if !known {
		shape = f.newShape(&fact)
	}
	f.hours[hourKey{shape, DayOf(r.EventTime)}] |= HourOf(r.EventTime)
}

// Presence lists the hours with records, of any category.
func (f *Folding) Presence() []Presence {
	type place struct {
		account, region string
		day             Day
	}
	seen := map[place]Hours{}
	add := func(shape uint32, day Day, hours Hours) {
		s := &f.Shapes[shape]
		seen[place{s.Account, s.Region, day}] |= hours
	}
	for i := range f.Rows {
		add(f.Rows[i].Shape, f.Rows[i].Day, f.Rows[i].Hours)
	}
	for k, hours := range f.hours {
		add(k.shape, k.day, hours)
	}
	list := make([]Presence, 0, len(seen))
	for p, hours := range seen {
		list = append(list, Presence{p.account, p.region, p.day, hours})
	}
	return list
}

// view reads bytes as a text that must not outlive them.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// arena keeps texts side by side in large blocks: millions of small strings
// cost the garbage collector more than the scanning.
type arena struct {
	blocks [][]byte // the last of those in use is at
	at     int
	size   int
}

const arenaBlock = 1 << 18

// keep copies a text.
func (a *arena) keep(s string) string {
	if s == "" {
		return ""
	}
	a.size += len(s)
	for ; a.at < len(a.blocks); a.at++ {
		if b := a.blocks[a.at]; cap(b)-len(b) >= len(s) {
			return a.append(s)
		}
	}
	a.blocks = append(a.blocks, make([]byte, 0, max(arenaBlock, len(s))))
	return a.append(s)
}

// append copies a text into the block at, which has room for it.
func (a *arena) append(s string) string {
	b := append(a.blocks[a.at], s...)
	start := len(a.blocks[a.at])
	a.blocks[a.at] = b
	return view(b[start:])
}

// reset takes back all texts: none of them may be used any more.
func (a *arena) reset() {
	for i := range a.blocks {
		a.blocks[i] = a.blocks[i][:0]
	}
	a.at, a.size = 0, 0
}
