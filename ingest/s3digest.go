package ingest

import (
	"context"
	"io"
	"iter"
)

// Digests yields the digest files of the window, region by region.
func (s *s3Source) Digests(ctx context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		for page := range s.listDigests(ctx) {
			for _, o := range page.objects {
				if !yield(o, nil) {
					return
				}
			}
			if page.err != nil {
				yield(Object{}, page.err)
				return
			}
		}
	}
}

// listDigests lists one region after the other, so that each chain comes in
// order.
func (s *s3Source) listDigests(ctx context.Context) <-chan listed {
	l := s.lister("CloudTrail-Digest/")
	go func() {
		defer close(l.pages)
		if err := l.begin(ctx); err != nil {
			l.send(ctx, listed{err: err})
			return
		}
		l.discover(ctx)
		from := l.windowStart(ctx)
		for _, region := range l.regions {
			after := ""
			if from != "" {
				after = region + from
			}
			if err := l.flat(ctx, region, after); err != nil {
				l.send(ctx, listed{err: err})
				return
			}
		}
	}()
	return l.pages
}

// OpenDigest reads a digest, and its signature from the object's metadata.
// Source: CloudTrail User Guide, "CloudTrail digest file structure", on
// x-amz-meta-signature.
func (s *s3Source) OpenDigest(ctx context.Context, o Object) (io.ReadCloser, string, error) {
	body := &s3Body{ctx: ctx, source: s, key: s.keyOf(o), listed: o}
	if err := body.begin(); err != nil {
		return nil, "", err
	}
	return body, body.metadata["signature"], nil
}
