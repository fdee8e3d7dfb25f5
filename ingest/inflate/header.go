package inflate

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// maxText bounds a name or comment in a header, its zero byte included, as
// compress/gzip does.
const maxText = 512

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
	flags, start := rest[3], r.pos
	r.pos += 10
	for _, part := range []struct {
		flag byte
		skip func() error
	}{{hasExtra, r.skipExtra}, {hasName, r.skipText}, {hasComment, r.skipText}, {hasChecksum, func() error { return r.checkHeader(start) }}} {
		if flags&part.flag != 0 {
			if err := part.skip(); err != nil {
				return err
			}
		}
	}
	r.stage, r.sum, r.length = block, 0, 0
	return nil
}

func (r *Reader) skip(n int) error {
	if len(r.in)-r.pos < n {
		return io.ErrUnexpectedEOF
	}
	r.pos += n
	return nil
}

func (r *Reader) skipExtra() error {
	if len(r.in)-r.pos < 2 {
		return io.ErrUnexpectedEOF
	}
	return r.skip(2 + int(binary.LittleEndian.Uint16(r.in[r.pos:])))
}

// skipText passes over a text that ends with a zero byte.
func (r *Reader) skipText() error {
	rest := r.in[r.pos:]
	n := bytes.IndexByte(rest[:min(len(rest), maxText)], 0)
	switch {
	case n >= 0:
		return r.skip(n + 1)
	case len(rest) >= maxText:
		return ErrHeader
	default:
		return io.ErrUnexpectedEOF
	}
}

// checkHeader compares the header's checksum, where it has one, with its bytes.
func (r *Reader) checkHeader(start int) error {
	at := r.pos
	if err := r.skip(2); err != nil {
		return err
	}
	if binary.LittleEndian.Uint16(r.in[at:]) != uint16(crc32.ChecksumIEEE(r.in[start:at])) {
		return ErrHeader
	}
	return nil
}
