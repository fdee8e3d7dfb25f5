package store

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/pruner/pruner/trail"
)

// columns builds an Arrow batch a column at a time.
type columns struct {
	fields []arrow.Field
	arrays []arrow.Array
	rows   int
}

func (c *columns) add(name string, a arrow.Array) {
	c.fields = append(c.fields, arrow.Field{Name: name, Type: a.DataType()})
	c.arrays = append(c.arrays, a)
	c.rows = a.Len()
}

// batch hands the columns over.
func (c *columns) batch() arrow.RecordBatch {
	b := array.NewRecordBatch(arrow.NewSchema(c.fields, nil), c.arrays, int64(c.rows))
	for _, a := range c.arrays {
		a.Release()
	}
	return b
}

// texts is a column of text, one of each element.
func texts[T any](list []T, get func(*T) string) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(len(list))
	for i := range list {
		b.Append(get(&list[i]))
	}
	return b.NewArray()
}

// blobs is a column of bytes.
func blobs[T any](list []T, get func(*T) string) arrow.Array {
	b := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	defer b.Release()
	b.Reserve(len(list))
	for i := range list {
		b.AppendString(get(&list[i]))
	}
	return b.NewArray()
}

// fixed is a column of values of one size, for which b is the builder.
func fixed[T, V any, B interface {
	Reserve(int)
	UnsafeAppend(V)
	NewArray() arrow.Array
	Release()
}](b B, list []T, get func(*T) V) arrow.Array {
	defer b.Release()
	b.Reserve(len(list))
	for i := range list {
		b.UnsafeAppend(get(&list[i]))
	}
	return b.NewArray()
}

// wides is a column of 64-bit numbers.
func wides[T any](list []T, get func(*T) int64) arrow.Array {
	return fixed(array.NewInt64Builder(memory.DefaultAllocator), list, get)
}

// narrows is a column of 32-bit numbers.
func narrows[T any](list []T, get func(*T) int32) arrow.Array {
	return fixed(array.NewInt32Builder(memory.DefaultAllocator), list, get)
}

// hashes is a column of unsigned 64-bit numbers.
func hashes[T any](list []T, get func(*T) uint64) arrow.Array {
	return fixed(array.NewUint64Builder(memory.DefaultAllocator), list, get)
}

// marks is a column of unsigned 32-bit numbers.
func marks[T any](list []T, get func(*T) uint32) arrow.Array {
	return fixed(array.NewUint32Builder(memory.DefaultAllocator), list, get)
}

// flags is a column of booleans.
func flags[T any](list []T, get func(*T) bool) arrow.Array {
	return fixed(array.NewBooleanBuilder(memory.DefaultAllocator), list, get)
}

func shapeRows(f *trail.Folding, first int64) arrow.RecordBatch {
	type shape = trail.Shape
	ids := make([]int64, len(f.Shapes))
	for i := range ids {
		ids[i] = first + int64(i)
	}
	var c columns
	c.add("id", wides(ids, func(id *int64) int64 { return *id }))
	c.add("account", texts(f.Shapes, func(s *shape) string { return s.Account }))
	c.add("principal", texts(f.Shapes, func(s *shape) string { return s.Principal }))
	c.add("text", blobs(f.Shapes, func(s *shape) string { return s.Text }))
	return c.batch()
}

// observationRows are a folding's rows; its shapes have the IDs from first on.
func observationRows(f *trail.Folding, first int64) arrow.RecordBatch {
	type row = trail.Row
	var c columns
	c.add("shape", wides(f.Rows, func(r *row) int64 { return first + int64(r.Shape) }))
	c.add("detail", blobs(f.Rows, func(r *row) string { return r.Detail }))
	c.add("day", narrows(f.Rows, func(r *row) int32 { return int32(r.Day) }))
	c.add("hours", narrows(f.Rows, func(r *row) int32 { return int32(r.Hours) }))
	c.add("first", wides(f.Rows, func(r *row) int64 { return r.First }))
	c.add("last", wides(f.Rows, func(r *row) int64 { return r.Last }))
	c.add("high", hashes(f.Rows, func(r *row) uint64 { return r.EventID.High }))
	c.add("low", hashes(f.Rows, func(r *row) uint64 { return r.EventID.Low }))
	c.add("odd", texts(f.Rows, func(r *row) string { return r.EventID.Odd }))
	c.add("shared", texts(f.Rows, func(r *row) string { return r.Shared }))
	return c.batch()
}

func presenceRows(list []trail.Presence) arrow.RecordBatch {
	var c columns
	c.add("account", texts(list, func(p *trail.Presence) string { return p.Account }))
	c.add("region", texts(list, func(p *trail.Presence) string { return p.Region }))
	c.add("day", narrows(list, func(p *trail.Presence) int32 { return int32(p.Day) }))
	c.add("hours", narrows(list, func(p *trail.Presence) int32 { return int32(p.Hours) }))
	return c.batch()
}

func rejectRows(list []Reject) arrow.RecordBatch {
	var c columns
	c.add("uri", texts(list, func(r *Reject) string { return r.URI }))
	c.add("idx", wides(list, func(r *Reject) int64 { return int64(r.Index) }))
	c.add("reason", texts(list, func(r *Reject) string { return r.Reason }))
	addPlaces(&c, list, func(r *Reject) *Place { return &r.Place })
	return c.batch()
}

func objectRows(list []Object) arrow.RecordBatch {
	names := make([]objectName, len(list))
	for i := range list {
		names[i] = nameOf(list[i].URI)
	}
	var c columns
	c.add("uri", texts(list, func(o *Object) string { return o.URI }))
	c.add("etag", texts(list, func(o *Object) string { return o.ETag }))
	c.add("high", hashes(names, func(n *objectName) uint64 { return n.high }))
	c.add("low", hashes(names, func(n *objectName) uint64 { return n.low }))
	c.add("size", wides(list, func(o *Object) int64 { return o.Size }))
	c.add("sha256", texts(list, func(o *Object) string { return o.SHA256 }))
	c.add("records", wides(list, func(o *Object) int64 { return o.Records }))
	c.add("rejects", wides(list, func(o *Object) int64 { return o.Rejects }))
	addPlaces(&c, list, func(o *Object) *Place { return &o.Place })
	c.add("delivered", narrows(list, func(o *Object) int32 { return int32(deliveryDay(o.URI)) }))
	c.add("mark", marks(list, func(o *Object) uint32 { return markOf(o.ETag) }))
	return c.batch()
}

// deliveryDay is the day that the name of a log gives, 0 if it is another name.
func deliveryDay(uri string) trail.Day {
	name, ok := trail.ParseObjectName(uri)
	if !ok || name.Digest {
		return 0
	}
	return max(0, trail.DayOf(name.Delivered))
}

func addPlaces[T any](c *columns, list []T, get func(*T) *Place) {
	c.add("account", texts(list, func(e *T) string { return get(e).Account }))
	c.add("region", texts(list, func(e *T) string { return get(e).Region }))
	c.add("first", wides(list, func(e *T) int64 { return get(e).First }))
	c.add("last", wides(list, func(e *T) int64 { return get(e).Last }))
}
