package inflate

import (
	"bytes"
	"encoding/binary"
	"io"
)

// The flags of a header.
const (
	hasChecksum = 1 << 1
	hasExtra    = 1 << 2
	hasName     = 1 << 3
	hasComment  = 1 << 4
)

// header reads the header that begins a member.
//
// Source: RFC 1952, section 2.3.
func (r *Reader) header() error {
	rest := r.in[r.pos:]
	if len(rest) < 2 || rest[0] != 0x1f || rest[1] != 0x8b {
		return ErrHeader
	}
	if len(rest) < 10 {
		return io.ErrUnexpectedEOF
	}
	if rest[2] != 8 {
		return ErrHeader
	}
	flags := rest[3]
	r.pos += 10
	for _, part := range []struct {
		flag byte
		skip func() bool
	}{{hasExtra, r.skipExtra}, {hasName, r.skipText}, {hasComment, r.skipText}, {hasChecksum, func() bool { return r.skip(2) }}} {
		if flags&part.flag != 0 && !part.skip() {
			return io.ErrUnexpectedEOF
		}
	}
	r.stage, r.sum, r.length = block, 0, 0
	return nil
}

func (r *Reader) skip(n int) bool {
	if len(r.in)-r.pos < n {
		return false
	}
	r.pos += n
	return true
}

func (r *Reader) skipExtra() bool {
	if len(r.in)-r.pos < 2 {
		return false
	}
	return r.skip(2 + int(binary.LittleEndian.Uint16(r.in[r.pos:])))
}

// skipText passes over a text that ends with a zero byte.
func (r *Reader) skipText() bool {
	n := bytes.IndexByte(r.in[r.pos:], 0)
	return n >= 0 && r.skip(n+1)
}
