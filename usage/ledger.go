package usage

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Ledger holds what every principal used, packed, so that an organisation's use
// fits: up to a bound in memory, past it in a file that nobody else sees.
// Reading it is for any number of goroutines, once [Gather] has filled it.
type Ledger struct {
	dir   string
	bound int

	parts  map[Key][]part
	mem    []byte // the text from offset on
	file   *os.File
	offset int64 // length of the file
}

// part is one packed usage of a principal: what one stretch of the stream held.
type part struct {
	from Key // the key that the events gave, see keeper
	seq  int // of the stretch
	at   int64
	size int
}

// NewLedger makes an empty ledger. Past bound bytes it makes a file in dir,
// which disappears with the process.
func NewLedger(dir string, bound int) *Ledger {
	return &Ledger{dir: dir, bound: bound, parts: map[Key][]part{}}
}

// LedgerOf is a ledger of usage that is there already.
func LedgerOf(all map[Key]*Usage) *Ledger {
	l := NewLedger("", int(^uint(0)>>1))
	for i, key := range sortedKeys(all) {
		if err := l.add(key, key, i, all[key]); err != nil {
			panic("usage: a ledger in memory failed: " + err.Error())
		}
	}
	return l
}

// Close gives the file back.
func (l *Ledger) Close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// Keys lists the principals in order.
func (l *Ledger) Keys() []Key {
	keys := make([]Key, 0, len(l.parts))
	for k := range l.parts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareKeys)
	return keys
}

func compareKeys(a, b Key) int {
	return cmp.Or(strings.Compare(string(a.ARN), string(b.ARN)), strings.Compare(a.ID, b.ID))
}

func (l *Ledger) add(key, from Key, seq int, u *Usage) error {
	start := len(l.mem)
	l.mem = pack(l.mem, u)
	l.parts[key] = append(l.parts[key], part{from: from, seq: seq, at: l.offset + int64(start), size: len(l.mem) - start})
	if len(l.mem) <= l.bound {
		return nil
	}
	return l.spill()
}

// spill moves the memory's text to the file. The file has no name from the
// start, so that no run, however it ends, leaves it behind.
func (l *Ledger) spill() error {
	if l.file == nil {
		f, err := os.CreateTemp(l.dir, "usage-*")
		if err != nil {
			return fmt.Errorf("make a file for usage that does not fit in memory: %w", err)
		}
		if err := os.Remove(f.Name()); err != nil {
			return fmt.Errorf("make a file for usage that does not fit in memory: %w", err)
		}
		l.file = f
	}
	n, err := l.file.WriteAt(l.mem, l.offset)
	if err != nil {
		return fmt.Errorf("write usage that does not fit in memory to a file in %s: %w", l.dir, err)
	}
	l.offset, l.mem = l.offset+int64(n), l.mem[:0]
	return nil
}

// Get is what a principal used, nil if it was never seen. The result is the
// caller's.
func (l *Ledger) Get(key Key) (*Usage, error) {
	parts := slices.Clone(l.parts[key])
	if len(parts) == 0 {
		return nil, nil
	}
	slices.SortFunc(parts, func(a, b part) int {
		exact := func(p part) int {
			if p.from == key {
				return 0
			}
			return 1
		}
		return cmp.Or(exact(a)-exact(b), compareKeys(a.from, b.from), a.seq-b.seq)
	})
	var out *Usage
	for _, p := range parts {
		text, err := l.text(p)
		if err != nil {
			return nil, fmt.Errorf("read the usage of %s: %w", key.ARN, err)
		}
		u, err := unpack(text)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read the usage of %s: %w", key.ARN, err)
		case out == nil:
			out = u
			out.Principal.ARN, out.Principal.ID = key.ARN, key.ID
		default:
			out.merge(u)
		}
	}
	return out, nil
}

// All is everybody's use at once.
func (l *Ledger) All() (map[Key]*Usage, error) {
	out := make(map[Key]*Usage, len(l.parts))
	for key := range l.parts {
		u, err := l.Get(key)
		if err != nil {
			return nil, err
		}
		out[key] = u
	}
	return out, nil
}

func (l *Ledger) text(p part) (string, error) {
	if p.at >= l.offset {
		start := int(p.at - l.offset)
		return string(l.mem[start : start+p.size]), nil
	}
	b := make([]byte, p.size)
	if _, err := l.file.ReadAt(b, p.at); err != nil {
		return "", err
	}
	return string(b), nil
}
