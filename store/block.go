package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// DuckDB's file (1.5): a header that says what it is, two headers of which the
// one with the higher count is in force, then blocks of one size. Headers and
// blocks begin with a checksum of the rest. A checkpoint writes to blocks that
// are free, then the header that is not in force, which makes its work count.
const (
	headSize   = 4096
	headsAt    = headSize
	blocksAt   = 3 * headSize
	sumSize    = 8
	blockParts = 64 // of a block of metadata, each used or free
)

// head is a header of the database: checksum, count, root, list of what is free,
// number of blocks and size of a block, 8 bytes each, and zeros.
type head []byte

func (h head) field(n int) uint64 { return binary.NativeEndian.Uint64(h[8*n:]) }
func (h head) count() uint64      { return h.field(1) }

// blocks are how many blocks there are and how large; 0 where DuckDB has none of
// that size.
func (h head) blocks() (n uint64, size int64) {
	switch size := h.field(5); size {
	case 1 << 14, 1 << 15, 1 << 16, 1 << 17, 1 << 18:
		return h.field(4), int64(size)
	}
	return 0, 0
}

// heads are both headers of the database.
type heads [2]head

// errNoHeads is a file that is too short for headers.
var errNoHeads = errors.New("the file has no headers of a database")

func readHeads(f io.ReaderAt) (h heads, err error) {
	for i := range h {
		h[i] = make(head, headSize)
		if _, err := f.ReadAt(h[i], headsAt+int64(i)*headSize); errors.Is(err, io.EOF) {
			return h, errNoHeads
		} else if err != nil {
			return h, fmt.Errorf("read the store's headers: %w", err)
		}
	}
	return h, nil
}

// active is the header in force: of those that are whole the one with the higher
// count, the second of two equal ones. It is -1 where neither is whole.
func (h heads) active() int {
	first, second := whole(h[0]), whole(h[1])
	switch {
	case first && (!second || h[0].count() > h[1].count()):
		return 0
	case second:
		return 1
	}
	return -1
}

// checksum is DuckDB's of a header or a block, which stands in front of it.
func checksum(b []byte) uint64 {
	sum := uint64(5381)
	for b = b[sumSize:]; len(b) >= 8; b = b[8:] {
		sum ^= binary.NativeEndian.Uint64(b) * 0xbf58476d1ce4e5b9
	}
	return sum
}

func whole(b []byte) bool { return binary.NativeEndian.Uint64(b) == checksum(b) }
