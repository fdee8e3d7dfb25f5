package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/pruner/pruner/trail"
)

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
// that leaves no way to find the next ends it. The records are the caller's.
func Records(r io.Reader, name string, options RecordOptions) iter.Seq2[*trail.Record, error] {
	return func(yield func(*trail.Record, error) bool) {
		o := newOpener(false)
		w := o.open(r)
		w.fresh = true
		s := newScanner(newDecoder(&options))
		s.scan(w, name, func(r *trail.Record, err error) bool {
			if r != nil {
				own := *r
				own.Resources = append([]trail.Resource(nil), r.Resources...)
				own.Params = append([]trail.Param(nil), r.Params...)
				r = &own
			}
			return yield(r, err)
		})
	}
}

type yieldRecord func(*trail.Record, error) bool

// scanner finds the records of an object in {"Records":[…]}, a bare list, JSON
// lines or a single object. It tries each step on what is in memory; a step
// that reaches the end of that is tried again with more.
type scanner struct {
	*decoder
	window *window
	name   string
	yield  yieldRecord
	index  int
	depth  int  // of envelopes
	more   bool // the caller wants more
}

// maxEnvelopes bounds {"Records":[{"Records":[…]}]}.
const maxEnvelopes = 8

// errEnvelope is an object that holds records and is none.
var errEnvelope = errors.New("a list of records, not a record")

func newScanner(d *decoder) *scanner { return &scanner{decoder: d} }

// scan yields the records of the object that the window stands at. The texts
// of a record, and the record itself, are only valid during the call.
func (s *scanner) scan(w *window, name string, yield yieldRecord) {
	s.window, s.name, s.yield, s.index, s.depth, s.more = w, name, yield, 0, 0, true
	s.data, s.at = nil, 0
	s.skipMark()
	for s.more && s.any() {
		err := s.document()
		if err == nil || !s.more {
			continue
		}
		if s.more = s.yield(nil, &RecordError{name, s.index, err}); !s.more || !s.nextLine() {
			break
		}
	}
	if s.more && w.err != nil {
		s.more = s.yield(nil, &RecordError{name, -1, w.err})
	}
}

// skipMark passes over a byte order mark.
func (s *scanner) skipMark() {
	if s.peekMore() == 0xef && bytes.HasPrefix(s.data[s.at:], []byte("\xef\xbb\xbf")) {
		s.at += 3
	}
}

// try takes a step. Where the bytes in memory end within it, it is taken again
// from its start with more of them.
func (s *scanner) try(step func() error) error {
	for {
		start := s.at
		err := step()
		if !errors.Is(err, errTruncated) {
			return err
		}
		s.at = start
		if !s.refill() {
			return err
		}
	}
}

// refill drops what is done with and reads more.
func (s *scanner) refill() bool {
	more := s.window.more(s.at)
	if more {
		s.data, s.at = s.window.data, 0
	}
	return more
}

// peekMore is the next byte that is no white space, or 0 at the object's end.
func (s *scanner) peekMore() byte {
	for {
		if b := s.peek(); b != 0 || s.at < len(s.data) || !s.refill() {
			return b
		}
	}
}

func (s *scanner) any() bool { return s.peekMore() != 0 || s.at < len(s.data) }

// nextLine goes on behind a line that makes no sense, in an object that had
// records before it.
func (s *scanner) nextLine() bool {
	if s.index == 0 {
		return false
	}
	s.index++
	for {
		if n := bytes.IndexByte(s.data[s.at:], '\n'); n >= 0 {
			s.at += n + 1
			return true
		}
		if s.at = len(s.data); !s.refill() {
			return false
		}
	}
}

// document reads one top-level value.
func (s *scanner) document() error {
	switch s.peekMore() {
	case '[':
		return s.list()
	case '{':
		return s.one()
	}
	return s.fail("a record or a list of them")
}

// envelope reads {"Records":[…], …}.
func (s *scanner) envelope() error {
	if s.depth++; s.depth > maxEnvelopes {
		return errDepth
	}
	defer func() { s.depth-- }()
	s.at++
	for {
		records := false
		err := s.try(func() error {
			key, err := s.key()
			if err == nil && s.peek() == 0 {
				err = errTruncated
			}
			records = string(key) == "Records" && s.peek() == '['
			return err
		})
		if err != nil {
			return err
		}
		if records {
			err = s.list()
		} else {
			err = s.try(s.skip)
		}
		if err != nil || !s.comma() {
			return errors.Join(err, s.end('}', err))
		}
	}
}

// list reads the records of a list.
func (s *scanner) list() error {
	s.at++
	if s.peekMore() == ']' {
		s.at++
		return nil
	}
	for {
		if err := s.one(); err != nil || !s.more {
			return err
		}
		if !s.comma() {
			return s.end(']', nil)
		}
	}
}

// comma steps over a comma.
func (s *scanner) comma() bool {
	if s.peekMore() != ',' {
		return false
	}
	s.at++
	return true
}

// end steps over the bracket that must stand here, unless reading ended before.
func (s *scanner) end(bracket byte, before error) error {
	if before != nil || !s.more {
		return nil
	}
	if s.peekMore() != bracket {
		return s.fail("a comma or " + string(bracket))
	}
	s.at++
	return nil
}

// one reads one record. If it makes no sense its end is looked for, so that it
// does not take the next ones with it.
func (s *scanner) one() error {
	s.peekMore()
	var bad error
	err := s.try(func() error {
		start := s.at
		bad = s.decode()
		switch {
		case bad == nil || errors.Is(bad, errTruncated):
			return bad
		case errors.Is(bad, errEnvelope):
			s.at = start
			return errEnvelope
		}
		s.at = start
		return s.skip()
	})
	if errors.Is(err, errEnvelope) {
		return s.envelope()
	}
	if err != nil {
		return err
	}
	record := s.record
	if bad != nil {
		record, bad = nil, &RecordError{s.name, s.index, bad}
	}
	s.index++
	s.more = s.yield(record, bad)
	return nil
}
