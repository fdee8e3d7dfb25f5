package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/duckdb/duckdb-go/v2"
)

// objectName stands for a URI: the first 16 bytes of its SHA-256. Two of 10⁷
// objects share one with a chance below 10⁻²⁴.
type objectName struct{ high, low uint64 }

func nameOf(uri string) objectName {
	sum := sha256.Sum256([]byte(uri))
	return objectName{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])}
}

// Manifest is the set of objects that were read, small enough to hold for
// every object of an organisation: 16 bytes each in an open-addressing table
// that is at most three quarters full.
type Manifest struct {
	slots []objectName
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
func (m *Manifest) Add(uri string) bool { return m.add(nameOf(uri)) }

func (m *Manifest) add(n objectName) bool {
	if 4*(m.count+1) > 3*len(m.slots) {
		m.grow(max(1024, 2*len(m.slots)))
	}
	at, found := m.find(n)
	if found {
		return false
	}
	m.slots[at] = n
	m.count++
	return true
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
	old := m.slots
	size := 1024
	for size < slots {
		size *= 2
	}
	m.slots = make([]objectName, size)
	for _, n := range old {
		if n != (objectName{}) {
			at, _ := m.find(n)
			m.slots[at] = n
		}
	}
}

// Known reads the manifest.
func (s *Store) Known(ctx context.Context) (*Manifest, error) {
	counts, err := s.Counts(ctx)
	if err != nil {
		return nil, err
	}
	m := &Manifest{}
	m.grow(int(counts.Objects) * 3 / 2)
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	err = conn.Raw(func(dc any) error {
		ar, err := duckdb.NewArrowFromConn(dc.(*duckdb.Conn))
		if err != nil {
			return err
		}
		rows, err := ar.QueryContext(ctx, `SELECT high, low FROM object`)
		if err != nil {
			return err
		}
		defer rows.Release()
		for rows.Next() {
			high, low := rows.RecordBatch().Column(0).(*array.Uint64), rows.RecordBatch().Column(1).(*array.Uint64)
			for i := range high.Len() {
				m.add(objectName{high.Value(i), low.Value(i)})
			}
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read the manifest: %w", err)
	}
	return m, nil
}
