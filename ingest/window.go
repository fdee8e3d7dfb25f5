package ingest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"github.com/klauspost/compress/gzip"

	"github.com/pruner/pruner/ingest/inflate"
)

// Limits on what an object may hold. An event is at most 256 kB (CloudTrail
// User Guide, "Quotas in AWS CloudTrail"), a log file inflates to some hundred
// MB; what is far beyond is a bomb.
const (
	maxRecord = 16 << 20
	maxObject = 8 << 30
)

// maxPacked is what is read of an object before it is inflated: logs are far
// smaller. What is larger is inflated as it is read, which is slower.
const maxPacked = 16 << 20

// windowSize is what a window begins with: it should stay in the processor's
// cache between inflating and scanning.
const windowSize = 1 << 20

// window is the part of an inflated object that is in memory: it slides over
// the object, so that an object of any size costs the memory of its largest
// record.
type window struct {
	data   []byte          // what is in memory and not done with
	fresh  bool            // never overwrite: the texts of records outlive them
	packed *inflate.Reader // where the object is, if it is gzip and in memory whole
	source io.Reader       // where it is otherwise
	space  []byte          // what data lies in, at its end
	done   bool            // the source has ended
	err    error           // why it ended, if not in peace
	broken error           // why what is in memory is not whole
	total  int64           // bytes inflated
	lies   int64           // bytes read of the object as it lies in the source
	sum    hash.Hash       // nil if nobody asks
}

// opener stands windows at the start of objects, one after the other, with the
// same buffers.
type opener struct {
	inflate inflate.Reader
	gz      *gzip.Reader // of what does not fit into packed
	packed  []byte
	sum     hash.Hash
	window  window
}

func newOpener(digest bool) *opener {
	o := &opener{packed: make([]byte, 0, 1<<18), window: window{space: make([]byte, 0, windowSize)}}
	if digest {
		o.sum = sha256.New()
	}
	return o
}

// open begins an object, plain or gzip, which is recognised by its magic number
// and may have several members. The window is the one of the object before.
func (o *opener) open(r io.Reader) *window {
	if o.sum != nil {
		o.sum.Reset()
	}
	w := &o.window
	*w = window{space: o.spare(), sum: o.sum}
	whole := o.read(w, r)
	packed := bytes.HasPrefix(o.packed, []byte("\x1f\x8b"))
	if packed && whole {
		o.inflate.Reset(o.packed)
		w.packed = &o.inflate
		return w
	}
	w.source = bytes.NewReader(o.packed)
	if !whole {
		w.source = io.MultiReader(w.source, &metered{r, &w.lies})
	}
	if packed {
		if o.gz == nil {
			o.gz = new(gzip.Reader)
		}
		if err := o.gz.Reset(w.source); err != nil {
			w.done, w.err = true, err
		}
		w.source = o.gz
	}
	return w
}

// read reads an object, and reports whether that was all of it.
func (o *opener) read(w *window, r io.Reader) (whole bool) {
	o.packed = o.packed[:0]
	for len(o.packed) < maxPacked {
		if len(o.packed) == cap(o.packed) {
			o.packed = slices.Grow(o.packed, len(o.packed))
		}
		n, err := r.Read(o.packed[len(o.packed):cap(o.packed)])
		o.packed = o.packed[:len(o.packed)+n]
		w.lies += int64(n)
		if err == io.EOF {
			return true
		}
		if err != nil {
			w.broken = err
			return true
		}
	}
	return false
}

// spare is the buffer of the object before, unless a huge record grew it.
func (o *opener) spare() []byte {
	if cap(o.window.space) > 4*windowSize {
		return make([]byte, 0, windowSize)
	}
	return o.window.space[:0]
}

// more reads on behind data, of which the first used bytes are done with. It
// reports whether there is more than before.
func (w *window) more(used int) bool {
	if w.done {
		return false
	}
	rest := len(w.data) - used
	if rest > maxRecord {
		w.done, w.err = true, fmt.Errorf("a record of more than %d MB; no event is larger than 256 kB", maxRecord>>20)
		return false
	}
	space := w.space
	switch size := cap(space); {
	case rest > size/2:
		space = make([]byte, 0, 2*size)
	case w.fresh && w.total > 0:
		space = make([]byte, 0, size)
	}
	kept := rest
	if w.packed != nil { // which refers to what it gave before
		kept = min(max(rest, inflate.History), len(w.space))
	}
	space = append(space[:0], w.space[len(w.space)-kept:]...)
	w.space = w.fill(space)
	w.data = w.space[kept-rest:]
	return len(w.space) > kept
}

// fill reads until the space is full or the source has ended.
func (w *window) fill(space []byte) []byte {
	before := len(space)
	var err error
	if w.packed != nil {
		space, err = w.packed.Append(space)
	} else {
		for err == nil && len(space) < cap(space) {
			var n int
			n, err = w.source.Read(space[len(space):cap(space)])
			space = space[:len(space)+n]
		}
	}
	if w.done = err != nil; w.done {
		w.ended(err)
	}
	if w.sum != nil {
		w.sum.Write(space[before:])
	}
	if w.total += int64(len(space) - before); w.total > maxObject && !w.done {
		w.done, w.err = true, fmt.Errorf("inflates to more than %d GB; no log file does", maxObject>>30)
	}
	return space
}

// ended notes why the source has ended. What broke while it was read counts
// more than what that looks like.
func (w *window) ended(err error) {
	switch {
	case w.broken != nil && (err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF)):
		w.err = w.broken
	case err != io.EOF:
		w.err = err
	}
}

// digest is the SHA-256 of what was inflated, as hexadecimal digits, or "" if
// nobody asked for it.
func (w *window) digest() string {
	if w.sum == nil {
		return ""
	}
	return hex.EncodeToString(w.sum.Sum(nil))
}

// metered adds up what is read.
type metered struct {
	io.Reader
	sum *int64
}

// Read reads and counts; see [io.Reader].
func (c *metered) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	*c.sum += int64(n)
	return n, err
}
