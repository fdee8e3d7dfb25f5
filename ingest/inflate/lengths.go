package inflate

// lengthOrder is the order in which the lengths of the code of code lengths
// stand.
//
// Source: RFC 1951, section 3.2.7.
var lengthOrder = [19]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// lengthBits is the longest code of a code length.
const lengthBits = 7

// fixedCodes makes the tables of the codes that need not be sent.
//
// Source: RFC 1951, section 3.2.6.
func (r *Reader) fixedCodes() error {
	if r.fixed {
		return nil
	}
	for i := range r.lengths {
		switch {
		case i >= maxLiterals:
			r.lengths[i] = 5
		case i < 144, i >= 280:
			r.lengths[i] = 8
		case i < 256:
			r.lengths[i] = 9
		default:
			r.lengths[i] = 7
		}
	}
	err := r.tables(maxLiterals, maxDistances)
	r.fixed = err == nil
	return err
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
	r.fixed = false
	if !r.literals.build(sizes[:], lengthBits, &plainSymbols, &r.order) {
		return ErrCorrupt
	}
	if err := r.readLengths(literals + distances); err != nil {
		return err
	}
	if r.lengths[256] == 0 {
		return ErrCorrupt
	}
	return r.tables(literals, distances)
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
	for r.count < lengthBits && r.pos < len(r.in) {
		r.bits |= uint64(r.in[r.pos]) << r.count
		r.pos++
		r.count += 8
	}
	e := r.literals[r.bits&(1<<lengthBits-1)]
	if e&isSpecial != 0 {
		return 0, ErrCorrupt
	}
	_, err := r.take(e.used())
	return int(e >> 16), err
}

// tables makes both tables of the lengths.
func (r *Reader) tables(literals, distances int) error {
	if !r.literals.build(r.lengths[:literals], literalBits, &literalSymbols, &r.order) ||
		!r.distances.build(r.lengths[literals:literals+distances], distanceBits, &distanceSymbols, &r.order) {
		return ErrCorrupt
	}
	return nil
}
