package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// defaultInFlight is how many objects are fetched at a time: at 20 ms a request
// 6,400 small objects a second, of which each takes 270 µs of a processor, half
// of them in the SDK (BenchmarkBucket): two processors keep up.
const defaultInFlight = 128

// s3Source is what lies below a prefix of a bucket: a trail's or an
// organisation trail's objects, or any folder of logs.
type s3Source struct {
	bucket, prefix string
	options        SourceOptions

	mu        sync.Mutex
	made      *s3.Client
	bookmarks map[string]bookmark // by region prefix: where the last run ended
	next      map[string]bookmark // where this one does
}

// newS3 reads s3://bucket/prefix. A prefix is a folder, or an object if it is
// named like a log.
func newS3(uri string, options SourceOptions) (*s3Source, error) {
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(uri, "s3://"), "/")
	if bucket == "" {
		return nil, fmt.Errorf("logs %s: no bucket; write s3://bucket/prefix", uri)
	}
	if prefix != "" && !strings.HasSuffix(prefix, "/") && !isLog(prefix) {
		prefix += "/"
	}
	return &s3Source{bucket: bucket, prefix: prefix, options: options, next: map[string]bookmark{}}, nil
}

// Name is the URI, with the "/" of a folder at the end.
func (s *s3Source) Name() string { return "s3://" + s.bucket + "/" + s.prefix }

// InFlight is how many objects are fetched at the same time.
func (s *s3Source) InFlight() int {
	if s.options.InFlight > 0 {
		return s.options.InFlight
	}
	return defaultInFlight
}

// Resume takes the bookmarks of an earlier run.
func (s *s3Source) Resume(state []byte) error {
	s.bookmarks = nil
	if len(state) == 0 {
		return nil
	}
	return json.Unmarshal(state, &s.bookmarks)
}

// State gives the bookmarks, those of regions that no longer show included.
func (s *s3Source) State() ([]byte, error) {
	for prefix, c := range s.bookmarks {
		if _, have := s.next[prefix]; !have {
			s.next[prefix] = c
		}
	}
	return json.Marshal(s.next)
}

// client is made at the first request: credentials, region and endpoint are
// those of the standard SDK configuration.
func (s *s3Source) client(ctx context.Context) (*s3.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made != nil {
		return s.made, nil
	}
	loaded, err := awsConfig(ctx, s.options, s.InFlight())
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.Name(), err)
	}
	s.made = newS3Client(loaded)
	return s.made, s.findRegion(ctx, loaded)
}

func newS3Client(c aws.Config) *s3.Client {
	return s3.NewFromConfig(c, func(o *s3.Options) {
		// An endpoint of one's own seldom has a host name for each bucket.
		o.UsePathStyle = o.BaseEndpoint != nil
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
}

// findRegion asks for one key. A bucket of another region answers with its
// region, and is asked there from then on.
func (s *s3Source) findRegion(ctx context.Context, loaded aws.Config) error {
	_, err := s.made.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &s.prefix, MaxKeys: aws.Int32(1), EncodingType: types.EncodingTypeUrl})
	if region := regionOf(err); region != "" && region != loaded.Region {
		loaded.Region = region
		s.made = newS3Client(loaded)
		_, err = s.made.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &s.prefix, MaxKeys: aws.Int32(1), EncodingType: types.EncodingTypeUrl})
	}
	if err != nil {
		s.made = nil
		return s.explain("s3:ListBucket", s.prefix, err)
	}
	return nil
}

// Retries: ten attempts, the waits between them drawn by chance below a bound
// that doubles from 100 ms to 20 s, half a minute in all on average. That
// outlasts the throttling of a prefix that S3 is still splitting (S3 User
// Guide, "Best practices design patterns").
const (
	attempts     = 10
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 20 * time.Second
)

// backoff is the wait after the n-th failure, n from 0.
func (o *SourceOptions) backoff(n int) time.Duration {
	return rand.N(min(o.maxBackoff(), firstBackoff<<min(n, 16)))
}

// awsConfig is the standard SDK configuration with retries and enough
// connections.
func awsConfig(ctx context.Context, options SourceOptions, connections int) (aws.Config, error) {
	client := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns, t.MaxIdleConnsPerHost = 2*connections, 2*connections
	})
	c, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(client), config.WithRetryer(func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.RateLimiter = attempts, ratelimit.None
			o.Backoff = retry.BackoffDelayerFunc(func(n int, _ error) (time.Duration, error) { return options.backoff(n), nil })
		})
	}))
	if err == nil && c.Region == "" {
		c.Region = "us-east-1"
	}
	return c, err
}

// Open reads one object; a body that breaks off is continued where it broke.
func (s *s3Source) Open(ctx context.Context, o Object) (io.ReadCloser, error) {
	body := &s3Body{ctx: ctx, source: s, key: s.keyOf(o), listed: o}
	return body, body.begin()
}

func (s *s3Source) keyOf(o Object) string { return strings.TrimPrefix(o.URI, "s3://"+s.bucket+"/") }
