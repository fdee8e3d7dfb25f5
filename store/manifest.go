package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/duckdb/duckdb-go/v2"

	"github.com/pruner/pruner/trail"
)

// objectName stands for a URI: the first 8 bytes of the SHA-256 of the file's
// name and of the whole. Two of 10⁷ objects with names of their own share one
// with a chance below 10⁻²⁴.
type objectName struct{ high, low uint64 }

func nameOf(uri string) objectName {
	file, whole := sha256.Sum256([]byte(trail.FileOf(uri))), sha256.Sum256([]byte(uri))
	return objectName{binary.BigEndian.Uint64(file[:8]), binary.BigEndian.Uint64(whole[:8])}
}

// compare orders names as the store does.
func (n objectName) compare(o objectName) int {
	return cmp.Or(cmp.Compare(n.high, o.high), cmp.Compare(n.low, o.low))
}

// Manifest is the set of objects that were read, small enough to hold for
// every object of an organisation: 16 bytes each, in an open-addressing table
// that is at most three quarters full, or in sorted lists where a day is folded.
type Manifest struct {
	slots []objectName
	count int
	days  map[delivery][][]objectName
	old   int // objects in days
}

// delivery is where and when an object was delivered, as its name says.
type delivery struct {
	account, region string
	day             trail.Day
}

// Len is how many objects it holds.
func (m *Manifest) Len() int { return m.count + m.old }

// Has reports whether the object was read.
func (m *Manifest) Has(uri string) bool {
	n := nameOf(uri)
	if m.count > 0 {
		if _, found := m.find(n); found {
			return true
		}
	}
	return m.folded(uri, n)
}

// Add puts an object in; it reports whether it was new.
func (m *Manifest) Add(uri string) bool {
	n := nameOf(uri)
	return !m.folded(uri, n) && m.add(n)
}

// folded reports whether the object is among those of a folded day.
func (m *Manifest) folded(uri string, n objectName) bool {
	if m.old == 0 {
		return false
	}
	name, ok := trail.ParseObjectName(uri)
	if !ok {
		return false
	}
	for _, list := range m.days[delivery{name.Account, name.Region, trail.DayOf(name.Delivered)}] {
		if _, found := slices.BinarySearchFunc(list, n, objectName.compare); found {
			return true
		}
	}
	return false
}

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
	m := &Manifest{days: map[delivery][][]objectName{}}
	var recent int
	err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM object`).Scan(&recent)
	if err == nil {
		m.grow(recent * 3 / 2)
		err = s.eachBatch(ctx, `SELECT high, low FROM object`, m.addRecent)
	}
	if err == nil {
		texts := map[string]string{}
		err = s.eachBatch(ctx, `SELECT account, region, day, high, low FROM folded`, func(rows arrow.RecordBatch) { m.addFolded(rows, texts) })
	}
	if err != nil {
		return nil, fmt.Errorf("read the manifest: %w", err)
	}
	return m, nil
}

// eachBatch shows a query's rows as they come. Their texts are only valid
// during the call.
func (s *Store) eachBatch(ctx context.Context, query string, show func(arrow.RecordBatch)) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(dc any) error {
		ar, err := duckdb.NewArrowFromConn(dc.(*duckdb.Conn))
		if err != nil {
			return err
		}
		rows, err := ar.QueryContext(ctx, query)
		if err != nil {
			return err
		}
		defer rows.Release()
		for rows.Next() {
			show(rows.RecordBatch())
		}
		return rows.Err()
	})
}

func (m *Manifest) addRecent(rows arrow.RecordBatch) {
	high, low := rows.Column(0).(*array.Uint64), rows.Column(1).(*array.Uint64)
	for i := range high.Len() {
		m.add(objectName{high.Value(i), low.Value(i)})
	}
}

// addFolded takes rows of folded days. Texts holds one of each text.
func (m *Manifest) addFolded(rows arrow.RecordBatch, texts map[string]string) {
	text := func(column, i int) string {
		s := rows.Column(column).(*array.String).Value(i)
		if _, have := texts[s]; !have {
			s = strings.Clone(s)
			texts[s] = s
		}
		return texts[s]
	}
	days := rows.Column(2).(*array.Int32)
	highs, lows := rows.Column(3).(*array.List), rows.Column(4).(*array.List)
	high, low := highs.ListValues().(*array.Uint64), lows.ListValues().(*array.Uint64)
	for i := range int(rows.NumRows()) {
		start, end := highs.ValueOffsets(i)
		other, _ := lows.ValueOffsets(i)
		list := make([]objectName, end-start)
		for k := range list {
			list[k] = objectName{high.Value(int(start) + k), low.Value(int(other) + k)}
		}
		at := delivery{text(0, i), text(1, i), trail.Day(days.Value(i))}
		m.days[at] = append(m.days[at], list)
		m.old += len(list)
	}
}
