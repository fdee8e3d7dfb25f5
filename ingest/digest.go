package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/trail"
)

// Digested is a source that holds CloudTrail's digest files beside its logs.
type Digested interface {
	Source
	// Digests yields the digest files, those of a chain in the order of time,
	// as their keys are.
	Digests(ctx context.Context) iter.Seq2[Object, error]
	// OpenDigest reads one. The signature, in hexadecimal digits, is kept
	// beside the content and "" where a copy lost it.
	OpenDigest(ctx context.Context, o Object) (body io.ReadCloser, signature string, err error)
}

// digestBatch is how many digests share a transaction.
const digestBatch = 5000

// CheckDigests reads the digest files that are new in the sources, verifies
// their signatures and holds all logs that were read against them. What is
// wrong is a finding in the store, not an error. Call it after [Run] with
// Options.Digest.
//
// A copy of a bucket loses the signatures, which are metadata of the objects.
// Each digest holds the signature of the one before it, so only the newest of
// each chain cannot be verified then: it is left for the next run, unless a
// file with its name and ".signature" behind it holds the digits.
func CheckDigests(ctx context.Context, st *store.Store, sources []Source, keys Keys) (store.Judgement, error) {
	known, err := st.KnownDigests(ctx)
	if err != nil {
		return store.Judgement{}, err
	}
	c := &digestChecker{store: st, keys: keys, known: known, tails: map[string]*unsigned{}}
	for _, s := range sources {
		if d, ok := s.(Digested); ok {
			if err := c.source(ctx, d); err != nil {
				return store.Judgement{}, err
			}
		}
	}
	if err := c.finish(ctx); err != nil {
		return store.Judgement{}, err
	}
	return st.Judge(ctx, c.findings)
}

// digestChecker reads digests and verifies each as soon as its signature is
// known.
type digestChecker struct {
	store    *store.Store
	keys     Keys
	known    *store.Manifest
	tails    map[string]*unsigned // by chain: the newest, which waits for its signature
	batch    []store.Digest
	findings []store.Finding
}

// unsigned is a digest whose signature is not known yet.
type unsigned struct{ *trail.Digest }

func (c *digestChecker) source(ctx context.Context, s Digested) error {
	for got := range readDigests(ctx, s) {
		if got.err != nil {
			return got.err
		}
		if err := c.digest(ctx, &got); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// digest takes the next digest of its chain.
func (c *digestChecker) digest(ctx context.Context, got *readDigest) error {
	name, _ := trail.ParseObjectName(got.URI)
	if !c.known.Add(name.File) {
		return nil
	}
	if got.fault != nil {
		return c.keep(ctx, store.Digest{Digest: &trail.Digest{ObjectName: name, Start: name.Delivered, End: name.Delivered}, Fault: got.fault.Error()})
	}
	d := got.digest
	if tail := c.tails[d.Chain]; tail != nil && tail.File == d.Previous.File {
		delete(c.tails, d.Chain)
		if err := c.verify(ctx, tail.Digest, d.Previous.Signature); err != nil {
			return err
		}
	}
	if got.signature != "" {
		return c.verify(ctx, d, got.signature)
	}
	c.giveUp(c.tails[d.Chain])
	c.tails[d.Chain] = &unsigned{d}
	return nil
}

// giveUp notes a digest that nothing signs.
func (c *digestChecker) giveUp(u *unsigned) {
	if u != nil {
		c.held(u.Digest, store.Unsigned, "its signature was not copied with it, and no later digest holds it: put the digits into "+u.File+".signature")
	}
}

// held notes a digest that cannot be verified now. It is not kept, so that the
// next run looks at it again.
func (c *digestChecker) held(d *trail.Digest, kind store.Kind, detail string) {
	c.findings = append(c.findings, store.Finding{
		Kind: kind, Account: d.Account, Region: d.Region, Object: d.File, From: d.Start, To: d.End, Detail: "digest " + d.File + ": " + detail,
	})
}

// verify checks a digest's signature and keeps what comes of it.
func (c *digestChecker) verify(ctx context.Context, d *trail.Digest, signature string) error {
	key, err := c.keys.find(d)
	switch {
	case errors.Is(err, errNoKeys):
		c.held(d, store.NoKeys, err.Error())
		return nil
	case err != nil:
		c.held(d, store.Key, err.Error())
		return nil
	}
	row := store.Digest{Digest: d}
	if err := d.Verify(key, signature); err != nil {
		row = store.Digest{Digest: &trail.Digest{ObjectName: d.ObjectName, Start: d.Start, End: d.End}, Fault: err.Error()}
	}
	return c.keep(ctx, row)
}

func (c *digestChecker) keep(ctx context.Context, row store.Digest) error {
	if c.batch = append(c.batch, row); len(c.batch) < digestBatch {
		return nil
	}
	return c.flush(ctx)
}

func (c *digestChecker) flush(ctx context.Context) error {
	if len(c.batch) == 0 {
		return nil
	}
	err := c.store.AppendDigests(ctx, c.batch)
	c.batch = nil
	return err
}

func (c *digestChecker) finish(ctx context.Context) error {
	for _, tail := range c.tails {
		c.giveUp(tail)
	}
	return c.flush(ctx)
}

// Digests yields the digest files of the folder, wherever they lie in it.
func (s folderSource) Digests(ctx context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if name, ok := trail.ParseObjectName(filepath.ToSlash(path)); !d.Type().IsRegular() || !ok || !name.Digest || !isLog(path) {
				return ctx.Err()
			}
			if !yield(Object{URI: filepath.ToSlash(path)}, nil) {
				return filepath.SkipAll
			}
			return ctx.Err()
		})
		if err != nil {
			yield(Object{}, fmt.Errorf("list the digests of %s: %w", s.dir, err))
		}
	}
}

// OpenDigest reads a digest, and its signature from the file beside it.
func (s folderSource) OpenDigest(ctx context.Context, o Object) (io.ReadCloser, string, error) {
	signature, err := os.ReadFile(filepath.FromSlash(o.URI) + ".signature")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	body, err := s.Open(ctx, o)
	return body, strings.TrimSpace(string(signature)), err
}
