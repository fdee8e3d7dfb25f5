// Package inflate decompresses gzip data that lies in memory whole. It takes
// half the time of a reader that must be ready for its input to end anywhere:
// it loads eight bytes of input at a time and copies matches inside the
// caller's buffer, which is the window that they refer to.
//
// The form of the tables is that of libdeflate.
//
// Sources: RFC 1951 (DEFLATE), RFC 1952 (gzip).
package inflate

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// History is how far a match may reach back.
const History = 32 << 10

// Room is the least free space that [Reader.Append] makes progress in: a round
// writes two literals, a match, and up to 64 bytes behind it.
const Room = maxMatch + 80

const maxMatch = 258

// The errors.
var (
	// ErrHeader is data that does not begin with a gzip header, or goes on
	// behind a member with something else than another.
	ErrHeader = errors.New("gzip: no header where one must be")
	// ErrChecksum is a member whose checksum or length is another.
	ErrChecksum = errors.New("gzip: the checksum does not agree")
	// ErrCorrupt is what no compressor writes.
	ErrCorrupt = errors.New("gzip: the compressed data makes no sense")
)

// stage is what stands next in the input.
type stage uint8

const (
	header stage = iota
	block
	stored
	coded
	trailer
	ended
)

// Reader decompresses one gzip file of any number of members after another.
// Its zero value is ready for [Reader.Reset].
type Reader struct {
	in    []byte
	pos   int
	bits  uint64 // of the input before pos that are not used yet, lowest first
	count int    // how many; below zero: more were used than there were

	stage  stage
	final  bool // the block is its member's last
	left   int  // bytes of a stored block
	sum    uint32
	length uint64 // of the member so far

	tables  *codeTables // of the block
	own     codeTables  // of the last block that brought its codes
	lengths [maxLiterals + maxDistances]uint8
	order   [maxLiterals]uint16
}

// Reset begins a file.
func (r *Reader) Reset(in []byte) {
	r.in, r.pos, r.bits, r.count, r.stage = in, 0, 0, 0, header
}

// Append decompresses to the end of out[:cap(out)], of which less than [Room]
// stays free, or to the end of the file, which gives [io.EOF]. The last
// [History] bytes of what it gave before, or all if it was less, must stand at
// the end of out.
func (r *Reader) Append(out []byte) ([]byte, error) {
	n := len(out)
	buffer := out[:cap(out)]
	for {
		start := n
		var err error
		if r.stage == stored || r.stage == coded {
			if n, err = r.content(buffer, n); n > start {
				r.sum = crc32.Update(r.sum, crc32.IEEETable, buffer[start:n])
			}
		} else {
			err = r.between()
		}
		if err != nil || len(buffer)-n < Room {
			return buffer[:n], err
		}
	}
}

// content writes what a block holds.
func (r *Reader) content(buffer []byte, n int) (int, error) {
	if r.stage == coded {
		start := n
		n, err := r.codes(buffer, n)
		r.length += uint64(n - start)
		return n, err
	}
	size := copy(buffer[n:], r.in[r.pos:r.pos+r.left])
	r.pos, r.left, r.length = r.pos+size, r.left-size, r.length+uint64(size)
	if r.left == 0 {
		r.endBlock()
	}
	return n + size, nil
}

// between reads what stands between blocks and members.
func (r *Reader) between() error {
	switch r.stage {
	case header:
		return r.header()
	case block:
		return r.block()
	case trailer:
		return r.trailer()
	}
	return io.EOF
}

func (r *Reader) endBlock() {
	if r.stage = block; r.final {
		r.stage = trailer
	}
}

// align gives back whole bytes and drops the rest of one.
func (r *Reader) align() {
	r.pos -= r.count >> 3
	r.bits, r.count = 0, 0
}

// refill brings 56 bits at least, or what is left of the input. The bits beyond
// count that eight bytes bring with them are those that come next.
func (r *Reader) refill() {
	if r.pos+8 <= len(r.in) {
		r.bits |= binary.LittleEndian.Uint64(r.in[r.pos:]) << (r.count & 63)
		r.pos += (63 - r.count) >> 3
		r.count |= 56
		return
	}
	for ; r.count < 56 && r.pos < len(r.in); r.pos++ {
		r.bits |= uint64(r.in[r.pos]) << (r.count & 63)
		r.count += 8
	}
}

// take uses the next n bits, 32 at most.
func (r *Reader) take(n int) (int, error) {
	if r.count < n {
		if r.refill(); r.count < n {
			return 0, io.ErrUnexpectedEOF
		}
	}
	v := r.bits & (1<<n - 1)
	r.bits >>= n
	r.count -= n
	return int(v), nil
}

// block reads a block's header.
func (r *Reader) block() error {
	v, err := r.take(3)
	if err != nil {
		return err
	}
	r.final = v&1 != 0
	switch v >> 1 {
	case 0:
		return r.storedBlock()
	case 1:
		r.tables = fixedTables()
	case 2:
		err = r.dynamicCodes()
	default:
		return ErrCorrupt
	}
	r.stage = coded
	return err
}

func (r *Reader) storedBlock() error {
	r.align()
	if len(r.in)-r.pos < 4 {
		return io.ErrUnexpectedEOF
	}
	size, inverse := binary.LittleEndian.Uint16(r.in[r.pos:]), binary.LittleEndian.Uint16(r.in[r.pos+2:])
	if size != ^inverse {
		return ErrCorrupt
	}
	r.pos += 4
	if len(r.in)-r.pos < int(size) {
		return io.ErrUnexpectedEOF
	}
	if r.stage, r.left = stored, int(size); size == 0 {
		r.endBlock()
	}
	return nil
}

// trailer checks a member's checksum and length.
func (r *Reader) trailer() error {
	r.align()
	if len(r.in)-r.pos < 8 {
		return io.ErrUnexpectedEOF
	}
	sum, length := binary.LittleEndian.Uint32(r.in[r.pos:]), binary.LittleEndian.Uint32(r.in[r.pos+4:])
	if sum != r.sum || length != uint32(r.length) {
		return ErrChecksum
	}
	r.pos += 8
	if r.stage = header; r.pos == len(r.in) {
		r.stage = ended
	}
	return nil
}
