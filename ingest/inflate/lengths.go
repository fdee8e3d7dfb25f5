package inflate

import (
	"io"
	"sync"
)

// lengthOrder is the order in which the lengths of the code of code lengths
// stand.
//
// Source: RFC 1951, section 3.2.7.
var lengthOrder = [19]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// lengthBits is the longest code of a code length.
const lengthBits = 7

// codeTables are the tables of a block's two codes.
type codeTables struct {
	literals, distances table
}

// fixedTables are those of the codes that need not be sent. compress/gzip ends
// each file with an empty block of them.
//
// Source: RFC 1951, section 3.2.6.
var fixedTables = sync.OnceValue(func() *codeTables {
	var lengths [maxLiterals + maxDistances]uint8
	for i := range lengths {
		switch {
		case i >= maxLiterals:
			lengths[i] = 5
		case i < 144, i >= 280:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		default:
			lengths[i] = 7
		}
	}
	t := new(codeTables)
	t.build(lengths[:maxLiterals], lengths[maxLiterals:], new([maxLiterals]uint16))
	return t
})

// build makes both tables of the lengths.
func (t *codeTables) build(literals, distances []uint8, order *[maxLiterals]uint16) error {
	if !t.literals.build(literals, literalBits, &literalSymbols, order) ||
		!t.distances.build(distances, distanceBits, &distanceSymbols, order) {
		return ErrCorrupt
	}
	return nil
}

// dynamicCodes reads the codes of a block.
func (r *Reader) dynamicCodes() error {
	v, err := r.take(14)
	if err != nil {
		return err
	}
	literals, distances := 257+v&31, 1+v>>5&31
	if literals > 286 || distances > 30 {
		return ErrCorrupt
	}
	var sizes [19]uint8
	for i := range 4 + v>>10 {
		n, err := r.take(3)
		if err != nil {
			return err
		}
		sizes[lengthOrder[i]] = uint8(n)
	}
	if !r.own.literals.build(sizes[:], lengthBits, &plainSymbols, &r.order) {
		return ErrCorrupt
	}
	if err := r.readLengths(literals + distances); err != nil {
		return err
	}
	if r.lengths[256] == 0 {
		return ErrCorrupt
	}
	r.tables = &r.own
	return r.own.build(r.lengths[:literals], r.lengths[literals:literals+distances], &r.order)
}

// readLengths reads the lengths of both codes, which stand in one list.
func (r *Reader) readLengths(total int) error {
	for i := 0; i < total; {
		symbol, err := r.lengthSymbol()
		if err != nil {
			return err
		}
		if symbol < 16 {
			r.lengths[i] = uint8(symbol)
			i++
			continue
		}
		length, extra, base := uint8(0), 7, 11
		switch symbol {
		case 16:
			if i == 0 {
				return ErrCorrupt
			}
			length, extra, base = r.lengths[i-1], 2, 3
		case 17:
			extra, base = 3, 3
		}
		times, err := r.take(extra)
		if err != nil {
			return err
		}
		if times += base; i+times > total {
			return ErrCorrupt
		}
		for range times {
			r.lengths[i] = length
			i++
		}
	}
	return nil
}

func (r *Reader) lengthSymbol() (int, error) {
	if r.count < lengthBits {
		r.refill()
	}
	e := r.own.literals[r.bits&(1<<lengthBits-1)]
	if e&isSpecial != 0 {
		return 0, ErrCorrupt
	}
	if r.bits >>= e & 63; r.count < e.used() {
		return 0, io.ErrUnexpectedEOF
	}
	r.count -= e.used()
	return int(e >> 16), nil
}
