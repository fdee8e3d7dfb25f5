package inflate

import "math/bits"

// Codes of at most so many bits are looked up in one step.
const (
	literalBits  = 11
	distanceBits = 9
	maxCode      = 15
	maxLiterals  = 288
	maxDistances = 32
)

// entry is what the next bits of the input mean.
//
//	bits 0–7    how many bits to use up: the code's and, behind it, extra ones
//	bits 8–12   how many of them are the code's; of a subtable, its size in bits
//	bit 13      the block ends
//	bit 14      the code goes on in a subtable
//	bit 15      no symbol with a value: the block's end, or no code at all
//	bits 16–30  the literal, the least length or distance, the subtable's place
//	bit 31      a literal
type entry uint32

const (
	isEnd     entry = 1 << 13
	isSub     entry = 1 << 14
	isSpecial entry = 1 << 15
	isLiteral entry = 1 << 31
)

// used is how many bits the entry uses up.
func (e entry) used() int { return int(e & 0xff) }

// number is a length or a distance: the least one and the extra bits.
func (e entry) number(bits uint64) int {
	return int(e>>16) + int(bits&(1<<(e&63)-1)>>(e>>8&31))
}

// sub is the place in the subtable of what the next bits are.
func (e entry) sub(bits uint64) uint64 {
	return (uint64(e>>16) + bits&(1<<(e>>8&31)-1)) & (tableSize - 1)
}

// table decodes one code. A subtable holds the codes that begin alike and are
// longer than the first step; libdeflate's enough.c shows that 2,342 entries
// hold any code of 288 symbols and 15 bits whose first step takes 11.
type table [tableSize]entry

const tableSize = 4096

// symbols are what the symbols of a code mean, without the code's length.
type symbols [maxLiterals]entry

// Source: RFC 1951, section 3.2.5.
var (
	literalSymbols  = makeLiterals()
	distanceSymbols = makeDistances()
	plainSymbols    = makePlain()
)

func makeLiterals() (s symbols) {
	for i := range 256 {
		s[i] = isLiteral | entry(i)<<16
	}
	s[256] = isSpecial | isEnd
	base := 3
	for i := range 28 {
		extra := max(0, i/4-1)
		s[257+i] = entry(base)<<16 | entry(extra)
		base += 1 << extra
	}
	s[285] = maxMatch << 16
	s[286], s[287] = isSpecial, isSpecial
	return s
}

func makeDistances() (s symbols) {
	base := 1
	for i := range 30 {
		extra := max(0, i/2-1)
		s[i] = entry(base)<<16 | entry(extra)
		base += 1 << extra
	}
	s[30], s[31] = isSpecial, isSpecial
	return s
}

// makePlain: a symbol means itself, as in the code of code lengths.
func makePlain() (s symbols) {
	for i := range s {
		s[i] = entry(i) << 16
	}
	return s
}

// with is a symbol's entry behind a code of some bits.
func (e entry) with(code int) entry { return e + entry(code) + entry(code)<<8 }

// build makes the table of the code with the lengths, looked up by first bits.
// It reports whether the code is one: complete, or a single one of one bit, or
// none at all, as compressors write for distances that do not occur.
func (t *table) build(lengths []uint8, first int, means *symbols, order *[maxLiterals]uint16) bool {
	var counts, next [maxCode + 2]int
	for _, n := range lengths {
		counts[n]++
	}
	counts[0] = 0
	space := 0
	for n := 1; n <= maxCode; n++ {
		space += counts[n] << (maxCode - n)
		next[n+1] = next[n] + counts[n]
	}
	if space > 1<<maxCode {
		return false
	}
	if space < 1<<maxCode {
		if space != 0 && (space != 1<<(maxCode-1) || counts[1] != 1) {
			return false
		}
		for i := range 1 << first {
			t[i] = isSpecial
		}
	}
	total := next[maxCode+1]
	for symbol, n := range lengths {
		if n > 0 {
			order[next[n]] = uint16(symbol)
			next[n]++
		}
	}
	if space < 1<<maxCode {
		t.single(order[:total], first, means)
		return true
	}
	t.fill(order, &counts, first, means)
	return true
}

// single fills the table of the one code 0, or of none.
func (t *table) single(order []uint16, first int, means *symbols) {
	for _, symbol := range order {
		for i := 0; i < 1<<first; i += 2 {
			t[i] = means[symbol].with(1)
		}
	}
}

// fill writes the symbols, which are ordered by the length of their code. The
// codes stand in the input with their first bit lowest, so they are counted
// from the top. The part of the table that is filled doubles with each length.
func (t *table) fill(order *[maxLiterals]uint16, counts *[maxCode + 2]int, first int, means *symbols) {
	code, at := 0, 0
	size := 1
	for n := 1; n <= first; n++ {
		copy(t[size:2*size], t[:size])
		size *= 2
		for range counts[n] {
			t[code] = means[order[at]].with(n)
			at++
			code = following(code, n)
		}
	}
	free, start, subBits := 1<<first, 0, 0
	prefix := -1
	for n := first + 1; n <= maxCode; n++ {
		for left := counts[n]; left > 0; left-- {
			if p := code & (1<<first - 1); p != prefix {
				prefix, start = p, free
				subBits = subtableBits(counts, n, left, first)
				free += 1 << subBits
				t[p] = isSub | entry(start)<<16 | entry(subBits)<<8 | entry(first)
			}
			e := means[order[at]].with(n - first)
			at++
			for i := code >> first; i < 1<<subBits; i += 1 << (n - first) {
				t[start+i] = e
			}
			code = following(code, n)
		}
	}
}

// following is the code behind one of n bits, first bit lowest.
func following(code, n int) int {
	if code == 1<<n-1 {
		return code // it was the last
	}
	bit := 1 << (bits.Len(uint(code^(1<<n-1))) - 1)
	return code&(bit-1) | bit
}

// subtableBits is how many bits the subtable needs that begins with left codes
// of n bits still to come.
func subtableBits(counts *[maxCode + 2]int, n, left, first int) int {
	size := n - first
	space := left
	for space < 1<<size && n < maxCode {
		n++
		size++
		space = 2*space + counts[n]
	}
	return size
}
