package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// stdinSource is standard input, one object: documents one after the other or
// JSON lines, plain or gzip. It is kept in a temporary file, because its name
// is the hash of its content: the same input again is nothing new.
type stdinSource struct {
	in   io.Reader
	file *os.File
}

// List reads standard input to its end.
func (s *stdinSource) List(ctx context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		o, err := s.spool(ctx)
		if err != nil {
			err = fmt.Errorf("read standard input: %w", err)
		}
		if err != nil || o.Size > 0 {
			yield(o, err)
		}
	}
}

func (s *stdinSource) spool(ctx context.Context) (Object, error) {
	if s.in == nil {
		return Object{}, errors.New("there is none")
	}
	file, err := os.CreateTemp("", "pruner-stdin-")
	if err != nil {
		return Object{}, err
	}
	s.file = file
	// The file stays readable; where a system keeps open files, it stays there.
	os.Remove(file.Name())
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(file, sum), &interrupted{ctx, s.in})
	name := hex.EncodeToString(sum.Sum(nil))
	return Object{URI: "stdin:" + name, Size: size, ETag: name}, err
}

// Open reads what was kept.
func (s *stdinSource) Open(context.Context, Object) (io.ReadCloser, error) {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return s.file, nil
}

// interrupted is a reader that ends with its context.
type interrupted struct {
	ctx context.Context
	in  io.Reader
}

func (r *interrupted) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.in.Read(p)
}
