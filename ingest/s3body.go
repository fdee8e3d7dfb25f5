package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// s3Body reads an object. When the connection breaks it goes on from the byte
// it had reached, in the same version of the object.
type s3Body struct {
	ctx    context.Context
	source *s3Source
	key    string
	listed Object

	body     io.ReadCloser
	etag     *string
	metadata map[string]string
	size, at int64
	breaks   int
	failed   error
}

func (b *s3Body) begin() error {
	client, err := b.source.client(b.ctx)
	if err != nil {
		return &unavailableError{err}
	}
	in := &s3.GetObjectInput{Bucket: &b.source.bucket, Key: &b.key, IfMatch: b.etag}
	if b.at > 0 {
		from := fmt.Sprintf("bytes=%d-", b.at)
		in.Range = &from
	}
	out, err := client.GetObject(b.ctx, in)
	if err != nil {
		return b.source.explainObject(b.key, err)
	}
	b.body, b.etag, b.metadata = out.Body, out.ETag, out.Metadata
	if b.at > 0 {
		return b.forward(out)
	}
	// The listed size holds for the listed version: what answers with less has
	// cut it.
	if b.size = aws.ToInt64(out.ContentLength); strings.Trim(aws.ToString(out.ETag), `"`) == b.listed.ETag {
		b.size = b.listed.Size
	}
	return nil
}

// forward skips what was read before, where a server does not know ranges.
func (b *s3Body) forward(out *s3.GetObjectOutput) error {
	if out.ContentRange != nil {
		return nil
	}
	if _, err := io.CopyN(io.Discard, b.body, b.at); err != nil {
		b.body.Close()
		return b.again(err)
	}
	return nil
}

// Read reads on, over broken connections.
func (b *s3Body) Read(p []byte) (int, error) {
	for b.failed == nil {
		n, err := b.body.Read(p)
		b.at += int64(n)
		if n > 0 {
			return n, nil
		}
		if err == nil || errors.Is(err, io.EOF) && b.at >= b.size {
			return 0, err
		}
		b.body.Close()
		b.failed = b.again(err)
	}
	return 0, b.failed
}

// again asks for the rest.
func (b *s3Body) again(cause error) error {
	if b.breaks++; b.breaks >= attempts {
		return &unavailableError{fmt.Errorf("the connection broke %d times, the last time at byte %d of %d: %w", b.breaks, b.at, b.size, cause)}
	}
	if err := pause(b.ctx, b.source.options.backoff(b.breaks)); err != nil {
		return &unavailableError{err}
	}
	return b.begin()
}

// Close ends the reading.
func (b *s3Body) Close() error {
	if b.body == nil {
		return nil
	}
	return b.body.Close()
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
