package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/duckdb/duckdb-go/v2"

	"github.com/pruner/pruner/trail"
)

// held is what one slice holds, in memory, sorted and folded here: DuckDB,
// which has to make a key of every column first, took four times as long for it.
// The next slice takes its room.
type held struct {
	shapes []string        // the texts by principal, then text; each once
	rank   map[int64]int32 // where in shapes the text of an ID is
	rows   []row
	order  []int32 // of rows, see sort
}

// row is a row of the table observation.
type row struct {
	shape       int32 // in held.shapes
	day, hours  int32
	first, last int64
	id          trail.EventID
	detail      string
	shared      string
}

// The bytes of what is held beside its texts: 160 for a row in DuckDB's result and 100
// here. A detail stands in both, the text of a shape in a result, in the table
// of a join and here.
const (
	bytesPerRow   = 260
	bytesPerShape = 100
	detailCopies  = 2
	shapeCopies   = 3
)

const shapesQuery = `
	SELECT id, text FROM shape
	WHERE principal BETWEEN ? AND ? AND text >= ? AND (? OR text <= ?)
	ORDER BY principal, text`

const rowsQuery = `
	SELECT shape, detail, day, hours, first, last, high, low, odd, shared
	FROM observation JOIN (SELECT id, text FROM shape WHERE principal BETWEEN ? AND ?) ON shape = id
	WHERE day BETWEEN ? AND ? AND (text > ? OR text = ? AND detail > ?) AND (? OR text < ? OR text = ? AND detail <= ?)`

// load reads a slice.
func (s *Store) load(ctx context.Context, q Query, part slice, into *held) error {
	to := q.To
	if to == 0 {
		to = 1 << 30
	}
	after, upTo := part.after, part.end()
	clear(into.shapes)
	clear(into.rows) // lets go of their texts
	into.shapes, into.rank, into.rows = into.shapes[:0], map[int64]int32{}, into.rows[:0]
	err := s.batches(ctx, into.addShapes, shapesQuery, part.first, part.last, after.shape, part.upTo == nil, upTo.shape)
	if err != nil {
		return err
	}
	err = s.batches(ctx, into.addRows, rowsQuery, part.first, part.last, int32(q.From), int32(to),
		after.shape, after.shape, after.detail, part.upTo == nil, upTo.shape, upTo.shape, upTo.detail)
	into.sort()
	return err
}

// batches hands the result of a query over as Arrow batches, none of them empty,
// each of which is only valid during the call.
func (s *Store) batches(ctx context.Context, use func(arrow.RecordBatch), query string, args ...any) (err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return conn.Raw(func(dc any) error {
		ar, err := duckdb.NewArrowFromConn(dc.(*duckdb.Conn))
		if err != nil {
			return err
		}
		reader, err := ar.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer reader.Release()
		for reader.Next() {
			if b := reader.RecordBatch(); b.NumRows() > 0 {
				use(b)
			}
		}
		return reader.Err()
	})
}

// addShapes takes a batch of shapesQuery. Equal texts of several IDs are one.
func (h *held) addShapes(b arrow.RecordBatch) {
	ids, texts := b.Column(0).(*array.Int64), b.Column(1).(*array.Binary)
	for i := range int(b.NumRows()) {
		if n := len(h.shapes); n == 0 || h.shapes[n-1] != string(texts.Value(i)) {
			h.shapes = append(h.shapes, string(texts.Value(i)))
		}
		h.rank[ids.Value(i)] = int32(len(h.shapes) - 1)
	}
}

// addRows takes a batch of rowsQuery. The details of a batch are one text.
func (h *held) addRows(b arrow.RecordBatch) {
	shapes, details := b.Column(0).(*array.Int64), b.Column(1).(*array.Binary)
	days, hours := b.Column(2).(*array.Int32), b.Column(3).(*array.Int32)
	first, last := b.Column(4).(*array.Int64), b.Column(5).(*array.Int64)
	high, low := b.Column(6).(*array.Uint64), b.Column(7).(*array.Uint64)
	odd, shared := b.Column(8).(*array.String), b.Column(9).(*array.String)
	rest := string(details.ValueBytes())
	for i := range int(b.NumRows()) {
		n := details.ValueLen(i)
		h.rows = append(h.rows, row{
			shape: h.rank[shapes.Value(i)], detail: rest[:n], day: days.Value(i), hours: hours.Value(i), first: first.Value(i), last: last.Value(i),
			id: trail.EventID{High: high.Value(i), Low: low.Value(i), Odd: strings.Clone(odd.Value(i))}, shared: strings.Clone(shared.Value(i)),
		})
		rest = rest[n:]
	}
}

// sort puts the rows in order by shape, detail and day: first by shape, which is
// a number, then those of each.
func (h *held) sort() {
	ends := make([]int32, len(h.shapes)+1)
	for i := range h.rows {
		ends[h.rows[i].shape+1]++
	}
	for i := range h.shapes {
		ends[i+1] += ends[i]
	}
	out := slices.Grow(h.order[:0], len(h.rows))[:len(h.rows)]
	for i := range h.rows { // ends[shape] is where its next row goes, and at last where they end
		at := &ends[h.rows[i].shape]
		out[*at] = int32(i)
		*at++
	}
	from := int32(0)
	for _, end := range ends[:len(h.shapes)] {
		slices.SortFunc(out[from:end], func(a, b int32) int {
			x, y := &h.rows[a], &h.rows[b]
			return cmp.Or(strings.Compare(x.detail, y.detail), cmp.Compare(x.day, y.day))
		})
		from = end
	}
	h.order = out
}

// each yields the observations in order; false once yield wants no more.
func (h *held) each(yield func(*trail.Observation, error) bool) (more bool, err error) {
	order := h.order
	var before facts
	for len(order) > 0 {
		one := h.rows[order[0]]
		for order = order[1:]; len(order) > 0 && one.equal(&h.rows[order[0]]); order = order[1:] {
			one.merge(&h.rows[order[0]])
		}
		o := &trail.Observation{
			Day: trail.Day(one.day), Hours: trail.Hours(one.hours), EventID: one.id.String(), Shared: one.shared,
			First: time.Unix(one.first, 0).UTC(), Last: time.Unix(one.last, 0).UTC(),
		}
		if o.Fact, err = before.decode(h.shapes[one.shape], one.detail); err != nil {
			return false, err
		}
		if !yield(o, nil) {
			return false, nil
		}
	}
	return true, nil
}

// equal: the rows are of one fact and day.
func (r *row) equal(o *row) bool { return r.shape == o.shape && r.day == o.day && r.detail == o.detail }

// merge folds a row of the same fact and day in, as [trail.Observation.Merge]
// does.
func (r *row) merge(o *row) {
	r.hours |= o.hours
	r.last = max(r.last, o.last)
	if c := cmp.Or(cmp.Compare(o.first, r.first), o.id.Compare(r.id), strings.Compare(o.shared, r.shared)); c < 0 {
		r.first, r.id, r.shared = o.first, o.id, o.shared
	}
}

// facts decodes the facts of rows in order: days of one fact come in a row, and
// share it.
type facts struct {
	shape, detail string
	fact          trail.Fact
}

func (f *facts) decode(shape, detail string) (trail.Fact, error) {
	if f.shape == shape && f.detail == detail {
		return f.fact, nil
	}
	f.shape, f.detail = shape, strings.Clone(detail) // what is kept of a fact must not keep a batch
	var err error
	f.fact, err = trail.DecodeFact(f.shape, f.detail)
	return f.fact, err
}
