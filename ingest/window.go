package ingest

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/gzip"
)

// Limits on what an object may hold. An event is at most 256 kB (CloudTrail
// User Guide, "Quotas in AWS CloudTrail"), a log file inflates to some hundred
// MB; what is far beyond is a bomb.
const (
	maxRecord = 16 << 20
	maxObject = 8 << 30
)

// windowSize is what a window begins with: it should stay in the processor's
// cache between inflating and scanning.
const windowSize = 1 << 20

// window is the part of an inflated object that is in memory: it slides over
// the object, so that an object of any size costs the memory of its largest
// record.
type window struct {
	data   []byte // what is in memory and not done with
	fresh  bool   // never overwrite: the texts of records outlive them
	source io.Reader
	space  []byte    // what data lies in
	done   bool      // the source has ended
	err    error     // why it ended, if not in peace
	total  int64     // bytes inflated
	sum    hash.Hash // nil if nobody asks
}

// opener stands windows at the start of objects, one after the other, with the
// same buffers.
type opener struct {
	gz    *gzip.Reader
	file  *bufio.Reader
	sum   hash.Hash
	space []byte
}

func newOpener(digest bool) *opener {
	o := &opener{file: bufio.NewReaderSize(nil, 1<<16), space: make([]byte, windowSize)}
	if digest {
		o.sum = sha256.New()
	}
	return o
}

// open begins an object, plain or gzip, which is recognised by its magic number
// and may have several members.
func (o *opener) open(r io.Reader) *window {
	o.file.Reset(r)
	if o.sum != nil {
		o.sum.Reset()
	}
	w := &window{source: o.file, space: o.space, sum: o.sum}
	magic, err := o.file.Peek(2)
	switch {
	case err != nil && err != io.EOF:
		w.done, w.err = true, err
	case string(magic) == "\x1f\x8b":
		if o.gz == nil {
			o.gz = new(gzip.Reader)
		}
		w.source = o.gz
		if err := o.gz.Reset(o.file); err != nil {
			w.done, w.err = true, err
		}
	}
	return w
}

// close keeps the buffer for the next object, unless a huge record grew it.
func (o *opener) close(w *window) {
	if len(w.space) <= 4*windowSize {
		o.space = w.space
	}
}

// more reads on behind data, of which the first used bytes are done with. It
// reports whether there is more than before.
func (w *window) more(used int) bool {
	if w.done {
		return false
	}
	rest := w.data[used:]
	space := w.space
	switch {
	case len(rest) > maxRecord:
		w.done, w.err = true, fmt.Errorf("a record of more than %d MB; no event is larger than 256 kB", maxRecord>>20)
		return false
	case len(rest) > len(space)/2:
		space = make([]byte, 2*len(space))
	case w.fresh && w.total > 0:
		space = make([]byte, len(space))
	}
	n := copy(space, rest)
	read := w.fill(space[n:])
	w.space, w.data = space, space[:n+read]
	return read > 0
}

// fill reads until the buffer is full or the source has ended.
func (w *window) fill(buffer []byte) (n int) {
	for n < len(buffer) && !w.done {
		read, err := w.source.Read(buffer[n:])
		n += read
		switch {
		case err == io.EOF:
			w.done = true
		case err != nil:
			w.done, w.err = true, err
		}
	}
	if w.sum != nil {
		w.sum.Write(buffer[:n])
	}
	if w.total += int64(n); w.total > maxObject && !w.done {
		w.done, w.err = true, fmt.Errorf("inflates to more than %d GB; no log file does", maxObject>>30)
	}
	return n
}

// digest is the SHA-256 of what was inflated, as hexadecimal digits, or "" if
// nobody asked for it.
func (w *window) digest() string {
	if w.sum == nil {
		return ""
	}
	return hex.EncodeToString(w.sum.Sum(nil))
}
