package ingest

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// listers is how many list requests are under way at a time: a page holds a
// thousand keys, so fewer are needed than to fetch them.
const listers = 32

// The layout of what CloudTrail delivers: [prefix/]AWSLogs/[o-id/]account/
// CloudTrail/region/yyyy/mm/dd/. Source: CloudTrail User Guide, "Getting and
// viewing your CloudTrail log files" and, for organisation trails, "Creating a
// trail for an organization".
var (
	aboveAccounts = regexp.MustCompile(`(^|/)AWSLogs/(o-[a-z0-9]+/)?$`)
	accountFolder = regexp.MustCompile(`(^|/)AWSLogs/(o-[a-z0-9]+/)?\d{12}/$`)
	regionFolder  = regexp.MustCompile(`(^|/)\d{12}/CloudTrail(-Digest)?/[a-z0-9-]+/$`)
	datedFolder   = regexp.MustCompile(`(^|/)\d{12}/CloudTrail(-Digest)?/[a-z0-9-]+/\d{4}/`)
	accountOrOrg  = regexp.MustCompile(`^(\d{12}|o-[a-z0-9]+)/$`)
)

// notLogs are the folders beside CloudTrail/ that hold what is no use: digests,
// insights and network activity. Any other name may be a trail's prefix.
var notLogs = map[string]bool{"CloudTrail-Digest/": true, "CloudTrail-Insight/": true, "CloudTrail-NetworkActivity/": true, "CloudTrail-Aggregated/": true}

// lister lists the parts of a bucket side by side.
type lister struct {
	source *s3Source
	client *s3.Client
	below  string // the folder of an account to look at: CloudTrail/ or CloudTrail-Digest/
	slots  chan struct{}
	pages  chan listed
	group  sync.WaitGroup

	mu      sync.Mutex
	regions []string // region folders that were discovered
}

// listed is a page, or why listing ends.
type listed struct {
	objects []Object
	err     error
}

// List yields each log object once, in no certain order: what is new since the
// last run's bookmarks, or all of the window. Pages are listed side by side.
func (s *s3Source) List(ctx context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		for page := range s.list(ctx) {
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

// list starts listing. The channel is closed when all is listed; end ctx to
// stop before.
func (s *s3Source) list(ctx context.Context) <-chan listed {
	l := s.lister("CloudTrail/")
	go func() {
		defer close(l.pages)
		if err := l.begin(ctx); err != nil {
			l.send(ctx, listed{err: err})
			return
		}
		l.discover(ctx)
		starts := l.plan(ctx)
		for _, region := range l.regions {
			l.spawn(ctx, func() error { return l.region(ctx, region, starts[region]) })
		}
		l.group.Wait()
	}()
	return l.pages
}

func (s *s3Source) lister(below string) *lister {
	return &lister{source: s, below: below, slots: make(chan struct{}, listers), pages: make(chan listed)}
}

func (l *lister) begin(ctx context.Context) (err error) {
	l.client, err = l.source.client(ctx)
	return err
}

// discover finds the region folders; log objects that lie elsewhere are sent.
func (l *lister) discover(ctx context.Context) {
	l.spawn(ctx, func() error { return l.folder(ctx, l.source.prefix) })
	l.group.Wait()
	slices.Sort(l.regions)
}

// folder looks into a folder and what is below.
func (l *lister) folder(ctx context.Context, prefix string) error {
	inLayout := regionFolder.MatchString(prefix) || datedFolder.MatchString(prefix)
	switch {
	case inLayout && !strings.Contains("/"+prefix, "/"+l.below):
		return nil // it is the other kind's
	case regionFolder.MatchString(prefix):
		l.mu.Lock()
		defer l.mu.Unlock()
		l.regions = append(l.regions, prefix)
		return nil
	case datedFolder.MatchString(prefix), isLog(prefix):
		return l.flat(ctx, prefix, "")
	case accountFolder.MatchString(prefix):
		return l.folder(ctx, prefix+l.below)
	}
	return l.eachFolder(ctx, prefix, func(child string) {
		if l.wanted(prefix, child[len(prefix):]) {
			l.spawn(ctx, func() error { return l.folder(ctx, child) })
		}
	})
}

// wanted reports whether a child of a folder may hold what is looked for.
func (l *lister) wanted(prefix, child string) bool {
	if aboveAccounts.MatchString(prefix) {
		return accountOrOrg.MatchString(child)
	}
	return child == l.below || !notLogs[child]
}

// flat lists all keys of a prefix behind after, one page after the other.
func (l *lister) flat(ctx context.Context, prefix, after string) error {
	return l.eachPage(ctx, prefix, after, func(*s3.ListObjectsV2Output) bool { return true })
}

// eachPage lists a prefix behind after, sends its objects and shows each page
// to then, which reports whether to go on.
func (l *lister) eachPage(ctx context.Context, prefix, after string, then func(*s3.ListObjectsV2Output) bool) error {
	in := &s3.ListObjectsV2Input{Bucket: &l.source.bucket, Prefix: &prefix}
	if after != "" {
		in.StartAfter = &after
	}
	return l.each(ctx, in, true, then)
}

// eachFolder shows the folders right below a prefix. Objects there are sent
// where no part of the layout begins yet.
func (l *lister) eachFolder(ctx context.Context, prefix string, then func(child string)) error {
	in := &s3.ListObjectsV2Input{Bucket: &l.source.bucket, Prefix: &prefix, Delimiter: aws.String("/")}
	loose := !regionFolder.MatchString(prefix) && !datedFolder.MatchString(prefix)
	return l.each(ctx, in, loose, func(page *s3.ListObjectsV2Output) bool {
		for _, p := range page.CommonPrefixes {
			then(aws.ToString(p.Prefix))
		}
		return true
	})
}

func (l *lister) each(ctx context.Context, in *s3.ListObjectsV2Input, send bool, then func(*s3.ListObjectsV2Output) bool) error {
	for {
		page, err := l.page(ctx, in, send)
		if err != nil {
			return err
		}
		if !then(page) || !aws.ToBool(page.IsTruncated) {
			return nil
		}
		in.ContinuationToken = page.NextContinuationToken
	}
}

// page asks for one page. Its slot is held until the objects are sent, which
// bounds the pages in memory.
func (l *lister) page(ctx context.Context, in *s3.ListObjectsV2Input, send bool) (*s3.ListObjectsV2Output, error) {
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-l.slots }()
	in.EncodingType = types.EncodingTypeUrl
	page, err := l.client.ListObjectsV2(ctx, in)
	if err == nil {
		err = decodeKeys(page)
	}
	if err != nil {
		return nil, l.source.explain("s3:ListBucket", aws.ToString(in.Prefix), err)
	}
	if send {
		l.send(ctx, listed{objects: l.objects(page.Contents)})
	}
	return page, nil
}

// decodeKeys gives a page its keys as they are. Whoever may write to a bucket may
// name an object by what no XML can hold, and then no page with it could be read.
//
// Source: S3 API Reference, ListObjectsV2, encoding-type.
func decodeKeys(page *s3.ListObjectsV2Output) error {
	if page.EncodingType != types.EncodingTypeUrl {
		return nil // a server that does not know of it
	}
	for i := range page.Contents {
		if err := decodeKey(&page.Contents[i].Key); err != nil {
			return err
		}
	}
	for i := range page.CommonPrefixes {
		if err := decodeKey(&page.CommonPrefixes[i].Prefix); err != nil {
			return err
		}
	}
	return nil
}

func decodeKey(key **string) error {
	plain, err := url.QueryUnescape(aws.ToString(*key))
	if err != nil {
		return fmt.Errorf("a key of the listing: %w", err)
	}
	*key = &plain
	return nil
}

// objects are the log objects of a page; of digests, the digest files.
func (l *lister) objects(contents []types.Object) []Object {
	var out []Object
	for _, c := range contents {
		key := aws.ToString(c.Key)
		if !isLog(key) || isDigest(key) != (l.below == "CloudTrail-Digest/") {
			continue
		}
		out = append(out, Object{
			URI: "s3://" + l.source.bucket + "/" + key, Size: aws.ToInt64(c.Size),
			ETag: strings.Trim(aws.ToString(c.ETag), `"`), Changed: aws.ToTime(c.LastModified),
		})
	}
	return out
}

func (l *lister) send(ctx context.Context, page listed) {
	if len(page.objects) == 0 && page.err == nil {
		return
	}
	select {
	case l.pages <- page:
	case <-ctx.Done():
	}
}

// spawn runs a part of the listing beside the others.
func (l *lister) spawn(ctx context.Context, part func() error) {
	l.group.Go(func() {
		if err := part(); err != nil {
			l.send(ctx, listed{err: err})
		}
	})
}
