package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/pruner/pruner/trail"
)

// objectName stands for a URI: the first 8 bytes of the SHA-256 of the file's
// name and of the whole. Two of 10⁷ objects with names of their own share one
// with a chance below 10⁻²⁴.
type objectName struct{ high, low uint64 }

func nameOf(uri string) objectName {
	var short [256]byte // holds most names, and costs no garbage
	text := append(short[:0], uri...)
	file, whole := sha256.Sum256(text[len(uri)-len(trail.FileOf(uri)):]), sha256.Sum256(text)
	return objectName{binary.BigEndian.Uint64(file[:8]), binary.BigEndian.Uint64(whole[:8])}
}

// markOf stands for an ETag: one that is another has another mark with a chance
// of all but 2⁻³². 0 is no ETag.
func markOf(etag string) uint32 {
	if etag == "" {
		return 0
	}
	return max(1, crc32.ChecksumIEEE([]byte(etag)))
}

// Manifest is the set of objects that were read, and what their ETags were,
// small enough to hold for every object of an organisation: 20 bytes each in an
// open-addressing table that is at most three quarters full.
type Manifest struct {
	slots []objectName
	marks []uint32
	count int
}

// Len is how many objects it holds.
func (m *Manifest) Len() int { return m.count }

// Has reports whether the object was read.
func (m *Manifest) Has(uri string) bool {
	if m.count == 0 {
		return false
	}
	n := nameOf(uri)
	_, found := m.find(n)
	return found
}

// Add puts an object in; it reports whether it was new.
func (m *Manifest) Add(uri string) bool {
	_, added := m.Enter(uri)
	return added
}

// Entry is an object's place in a manifest, until another is entered.
type Entry struct {
	manifest *Manifest
	at       int
}

// Enter puts an object in, of which no ETag is known then; added reports whether
// it was new.
func (m *Manifest) Enter(uri string) (e Entry, added bool) {
	at, added := m.add(nameOf(uri), 0)
	return Entry{m, at}, added
}

// Marked reports whether the object's ETag is known.
func (e Entry) Marked() bool { return e.manifest.marks[e.at] != 0 }

// Differs reports whether the object's ETag is known and another one. It
// counts as the known one from then on.
func (e Entry) Differs(etag string) bool {
	old, mark := e.manifest.marks[e.at], markOf(etag)
	if old == 0 || mark == 0 || mark == old {
		return false
	}
	e.manifest.marks[e.at] = mark
	return true
}

func (m *Manifest) add(n objectName, mark uint32) (at int, added bool) {
	if 4*(m.count+1) > 3*len(m.slots) {
		m.grow(max(1024, 2*len(m.slots)))
	}
	at, found := m.find(n)
	if found {
		return at, false
	}
	m.slots[at], m.marks[at] = n, mark
	m.count++
	return at, true
}

// find gives the slot of a name, or the free one where it belongs. The zero
// name marks a free slot.
func (m *Manifest) find(n objectName) (at int, found bool) {
	mask := uint64(len(m.slots) - 1)
	for i := n.high & mask; ; i = (i + 1) & mask {
		if m.slots[i] == n {
			return int(i), true
		}
		if m.slots[i] == (objectName{}) {
			return int(i), false
		}
	}
}

// grow makes room for at least the given number of slots, a power of two.
func (m *Manifest) grow(slots int) {
	old, marks := m.slots, m.marks
	size := 1024
	for size < slots {
		size *= 2
	}
	m.slots, m.marks = make([]objectName, size), make([]uint32, size)
	for i, n := range old {
		if n != (objectName{}) {
			at, _ := m.find(n)
			m.slots[at], m.marks[at] = n, marks[i]
		}
	}
}

// Known reads the manifest, of folded days too.
func (s *Store) Known(ctx context.Context) (*Manifest, error) {
	counts, err := s.Counts(ctx)
	if err != nil {
		return nil, err
	}
	m := &Manifest{}
	m.grow(int(counts.Objects) * 3 / 2)
	err = s.batches(ctx, func(rows arrow.RecordBatch) {
		m.addAll(rows.Columns(), 0, int(rows.NumRows()))
	}, `SELECT high, low, mark FROM object`)
	if err == nil {
		err = s.batches(ctx, func(rows arrow.RecordBatch) {
			lists := rows.Column(0).(*array.List)
			names := lists.ListValues().(*array.Struct)
			start, _ := lists.ValueOffsets(0)
			_, end := lists.ValueOffsets(lists.Len() - 1)
			m.addAll([]arrow.Array{names.Field(0), names.Field(1), names.Field(2)}, int(start), int(end))
		}, `SELECT names FROM folded`)
	}
	if err != nil {
		return nil, fmt.Errorf("read the manifest: %w", err)
	}
	return m, nil
}

// addAll adds the names and marks from start up to end.
func (m *Manifest) addAll(columns []arrow.Array, start, end int) {
	high, low, marks := columns[0].(*array.Uint64), columns[1].(*array.Uint64), columns[2].(*array.Uint32)
	for i := start; i < end; i++ {
		m.add(objectName{high.Value(i), low.Value(i)}, marks.Value(i))
	}
}
