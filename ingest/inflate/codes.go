package inflate

import (
	"encoding/binary"
	"io"
)

// codes decodes a block until it ends or the room does.
func (r *Reader) codes(buffer []byte, n int) (int, error) {
	member := n - int(min(r.length, History)) // where what a match may refer to begins
	n, err := r.inside(buffer, n, member)
	if err == nil && r.stage == coded {
		n, err = r.anywhere(buffer, n, member)
	}
	return n, err
}

// inside decodes while so much of the input is left that no code can reach
// behind its end: a round takes 16 bytes at most. Three literals take 33 bits
// of the 56 at least that are at hand, a length and a distance 15+5 and 15+13.
func (r *Reader) inside(buffer []byte, n, member int) (int, error) {
	in, pos, bits, count := r.in, r.pos, r.bits, r.count
	literals, distances := &r.tables.literals, &r.tables.distances
	var err error
	for pos+16 <= len(in) && len(buffer)-n >= Room {
		bits |= binary.LittleEndian.Uint64(in[pos:]) << (count & 63)
		pos += (63 - count) >> 3
		count |= 56
		e := literals[bits&(1<<literalBits-1)]
		if e&isLiteral != 0 {
			bits >>= e & 63
			count -= e.used()
			buffer[n] = byte(e >> 16)
			n++
			if e = literals[bits&(1<<literalBits-1)]; e&isLiteral != 0 {
				bits >>= e & 63
				count -= e.used()
				buffer[n] = byte(e >> 16)
				n++
				if e = literals[bits&(1<<literalBits-1)]; e&isLiteral != 0 {
					bits >>= e & 63
					count -= e.used()
					buffer[n] = byte(e >> 16)
					n++
					continue
				}
			}
			bits |= binary.LittleEndian.Uint64(in[pos:]) << (count & 63)
			pos += (63 - count) >> 3
			count |= 56
		}
		if e&isSub != 0 {
			bits >>= literalBits
			count -= literalBits
			e = literals[e.sub(bits)]
		}
		saved := bits
		bits >>= e & 63
		count -= e.used()
		if e&(isLiteral|isSpecial) != 0 {
			if e&isLiteral != 0 {
				buffer[n] = byte(e >> 16)
				n++
				continue
			}
			err = r.special(e, count)
			break
		}
		length := e.number(saved)
		e = distances[bits&(1<<distanceBits-1)]
		if e&isSub != 0 {
			bits >>= distanceBits
			count -= distanceBits
			e = distances[e.sub(bits)]
		}
		distance := e.number(bits)
		bits >>= e & 63
		count -= e.used()
		if e&isSpecial != 0 || distance > n-member {
			err = ErrCorrupt
			break
		}
		match(buffer, n, distance, length)
		n += length
	}
	r.pos, r.bits, r.count = pos, bits, count
	return n, err
}

// anywhere decodes the last bytes of the input, a code a round. At least 56 bits
// are at hand at its start, unless the input ends.
func (r *Reader) anywhere(buffer []byte, n, member int) (int, error) {
	in, pos, bits, count := r.in, r.pos, r.bits, r.count
	literals, distances := &r.tables.literals, &r.tables.distances
	var err error
	for len(buffer)-n >= Room && err == nil {
		for ; count < 56 && pos < len(in); pos++ {
			bits |= uint64(in[pos]) << (count & 63)
			count += 8
		}
		e := literals[bits&(1<<literalBits-1)]
		if e&isSub != 0 {
			bits >>= literalBits
			count -= literalBits
			e = literals[e.sub(bits)]
		}
		saved := bits
		bits >>= e & 63
		count -= e.used()
		if e&isLiteral != 0 {
			if count < 0 {
				err = io.ErrUnexpectedEOF
				continue
			}
			buffer[n] = byte(e >> 16)
			n++
			continue
		}
		if e&isSpecial != 0 {
			err = r.special(e, count)
			break
		}
		length := e.number(saved)
		e = distances[bits&(1<<distanceBits-1)]
		if e&isSub != 0 {
			bits >>= distanceBits
			count -= distanceBits
			e = distances[e.sub(bits)]
		}
		distance := e.number(bits)
		bits >>= e & 63
		count -= e.used()
		switch {
		case count < 0:
			err = io.ErrUnexpectedEOF
		case e&isSpecial != 0 || distance > n-member:
			err = ErrCorrupt
		default:
			match(buffer, n, distance, length)
			n += length
		}
	}
	r.pos, r.bits, r.count = pos, bits, count
	return n, err
}

// special takes the block's end, or what is no code.
func (r *Reader) special(e entry, count int) error {
	switch {
	case count < 0:
		return io.ErrUnexpectedEOF
	case e&isEnd == 0:
		return ErrCorrupt
	}
	r.endBlock()
	return nil
}

// match copies length bytes from distance before n to n. It may write some
// more behind them: [Room] allows for it. Most are short, and how often a loop
// runs is hard to foresee, so that 48 bytes are copied in any case.
func match(buffer []byte, n, distance, length int) {
	if distance >= 16 {
		to, from := buffer[n:n+length+64], buffer[n-distance:n-distance+length+64]
		*(*[16]byte)(to[0:16]) = [16]byte(from[0:16])
		*(*[16]byte)(to[16:32]) = [16]byte(from[16:32])
		*(*[16]byte)(to[32:48]) = [16]byte(from[32:48])
		for i := 48; i < length; i += 16 {
			*(*[16]byte)(to[i : i+16]) = [16]byte(from[i : i+16])
		}
		return
	}
	if distance >= 8 {
		to, from := buffer[n:n+length+8], buffer[n-distance:n-distance+length+8]
		for i := 0; i < length; i += 8 {
			binary.LittleEndian.PutUint64(to[i:i+8], binary.LittleEndian.Uint64(from[i:i+8]))
		}
		return
	}
	// The bytes repeat: what is copied serves as what is copied from.
	from, end := n-distance, n+length
	for n < end {
		n += copy(buffer[n:end], buffer[from:n])
	}
}
