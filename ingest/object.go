package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/klauspost/compress/gzip"

	"github.com/pruner/pruner/trail"
)

// maxObject bounds an inflated object: real ones stay below 200 MB, and what
// inflates further is a bomb.
const maxObject = 1 << 30

// RecordError is a record, or the rest of an object, that could not be read.
type RecordError struct {
	Object string
	Index  int // of the record in the object, from 0; -1 for the object itself
	Err    error
}

func (e *RecordError) Error() string {
	if e.Index < 0 {
		return fmt.Sprintf("read %s: %v", e.Object, e.Err)
	}
	return fmt.Sprintf("read %s, record %d: %v", e.Object, e.Index, e.Err)
}

func (e *RecordError) Unwrap() error { return e.Err }

// Records reads the records of one object, plain or gzip, in order. A record
// that cannot be read yields a [*RecordError] and the sequence goes on; one
// that leaves no way to find the next ends it.
func Records(r io.Reader, name string, options RecordOptions) iter.Seq2[*trail.Record, error] {
	return func(yield func(*trail.Record, error) bool) {
		data, err := inflate(r)
		if err != nil && len(data) == 0 {
			yield(nil, &RecordError{name, -1, err})
			return
		}
		more := scan(data, name, &options, yield)
		if more && err != nil {
			yield(nil, &RecordError{name, -1, err})
		}
	}
}

// inflate reads a whole object; gzip is recognised by its magic number, and
// may have several members.
func inflate(r io.Reader) ([]byte, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	var source io.Reader = buffered
	if magic, _ := buffered.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, err
		}
		source = z
	}
	var out bytes.Buffer
	n, err := io.Copy(&out, io.LimitReader(source, maxObject+1))
	if n > maxObject {
		return nil, fmt.Errorf("inflates to more than %d bytes; no log file does", maxObject)
	}
	return out.Bytes(), err
}

type yieldRecord func(*trail.Record, error) bool

// scan finds the records in {"Records":[…]}, a bare list, JSON lines or a
// single object. It reports whether the caller wants more.
func scan(data []byte, name string, options *RecordOptions, yield yieldRecord) bool {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	s := &scanner{cursor: cursor{data: data}, name: name, options: options, yield: yield, more: true}
	for s.more && s.peek() != 0 {
		if err := s.document(); err != nil && s.more {
			if !errors.Is(err, errStopped) {
				s.more = yield(nil, &RecordError{name, s.index, err})
			}
			return s.more
		}
	}
	return s.more
}

var errStopped = errors.New("the reader wants no more")

type scanner struct {
	cursor
	name    string
	options *RecordOptions
	yield   yieldRecord
	index   int
	more    bool
}

// document reads one top-level value.
func (s *scanner) document() error {
	switch s.peek() {
	case '[':
		return s.elements(s.one)
	case '{':
		if start := s.at; !s.isEnvelope() {
			s.at = start
			return s.one()
		}
		return s.envelope()
	}
	return s.fail("a record or a list of them")
}

// isEnvelope looks whether the object holds a Records list.
func (s *scanner) isEnvelope() bool {
	look := cursor{data: s.data, at: s.at + 1}
	key, err := look.text()
	return err == nil && string(key) == "Records"
}

func (s *scanner) envelope() error {
	return s.members(func(key []byte) error {
		if string(key) != "Records" || s.peek() != '[' {
			return s.skip()
		}
		return s.elements(s.one)
	})
}

// one reads one record. Its end is found first, so that a record which makes
// no sense does not take the next ones with it.
func (s *scanner) one() error {
	s.space()
	start := s.at
	if err := s.skip(); err != nil {
		return err
	}
	record, err := decodeRecord(s.data[start:s.at], s.options)
	if err != nil {
		record, err = nil, &RecordError{s.name, s.index, err}
	}
	s.index++
	if s.more = s.yield(record, err); !s.more {
		return errStopped
	}
	return nil
}
