package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// The event history keeps management events of the last 90 days. LookupEvents
// gives 50 of them a page and answers twice a second per account and region.
// Source: CloudTrail API Reference, LookupEvents; User Guide, "Working with
// CloudTrail event history".
const (
	historyDays   = 90
	historyPage   = 50
	historyPause  = time.Second / 2
	historySettle = time.Hour // after a day's end until it is read: events come up to 15 minutes late
)

// HistoryPrefix begins the URIs of what was read from the event history. It
// holds no data events, whatever the trails record.
const HistoryPrefix = "event-history://"

// historySource is the event history of the account that the credentials
// belong to. An object is a region's day, so that a run goes on with the days
// that are missing; the day that is not over is left for a later run.
type historySource struct {
	regions []string // none: the configuration's
	options SourceOptions

	mu      sync.Mutex
	clients map[string]*historyClient
}

// historyClient asks one region, not more often than it may be asked.
type historyClient struct {
	*cloudtrail.Client
	turn chan time.Time // holds when the next request may start
}

// newHistory reads event-history or event-history:region,region.
func newHistory(uri string, options SourceOptions) (*historySource, error) {
	s := &historySource{options: options, clients: map[string]*historyClient{}}
	if _, list, named := strings.Cut(uri, ":"); named {
		s.regions = strings.Split(list, ",")
		if slices.Contains(s.regions, "") {
			return nil, fmt.Errorf("logs %s: a region without a name; write event-history:eu-west-1,us-east-1", uri)
		}
	}
	return s, nil
}

// List yields the days that are over, the oldest first, which are forgotten
// first.
func (s *historySource) List(ctx context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		account, err := s.begin(ctx)
		if err != nil {
			yield(Object{}, fmt.Errorf("read the event history: %w", err))
			return
		}
		for day := s.firstDay(); !day.AddDate(0, 0, 1).Add(historySettle).After(s.options.now()); day = day.AddDate(0, 0, 1) {
			for _, region := range s.regions {
				uri := HistoryPrefix + account + "/" + region + "/" + day.Format(time.DateOnly)
				if !yield(Object{URI: uri, ETag: "1", Changed: day}, nil) || ctx.Err() != nil {
					return
				}
			}
		}
	}
}

// firstDay is the first whole day that is kept and in the window.
func (s *historySource) firstDay() time.Time {
	days := historyDays
	if s.options.Window > 0 {
		days = min(days, s.options.Window)
	}
	end := s.options.now()
	first := end.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-historyDays)
	if !s.options.End.IsZero() {
		end = s.options.End
	}
	if from := end.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-days); from.After(first) {
		first = from
	}
	return first
}

// begin asks whose history it is and makes a client for each region.
func (s *historySource) begin(ctx context.Context) (account string, err error) {
	c, err := awsConfig(ctx, s.options, 4)
	if err != nil {
		return "", err
	}
	who, err := sts.NewFromConfig(c).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		what := "ask for the account of the credentials (sts:GetCallerIdentity)"
		if hint := unsent(err); hint != "" {
			return "", &hintedError{what + ": " + hint, err}
		}
		return "", fmt.Errorf("%s: %w", what, err)
	}
	if len(s.regions) == 0 {
		s.regions = []string{c.Region}
	}
	for _, region := range s.regions {
		client := &historyClient{turn: make(chan time.Time, 1)}
		client.turn <- time.Time{}
		client.Client = cloudtrail.NewFromConfig(c, func(o *cloudtrail.Options) { o.Region = region })
		s.mu.Lock()
		s.clients[region] = client
		s.mu.Unlock()
	}
	return aws.ToString(who.Account), nil
}

// lookup asks for a page when it is this region's turn.
func (c *historyClient) lookup(ctx context.Context, every time.Duration, in *cloudtrail.LookupEventsInput) (*cloudtrail.LookupEventsOutput, error) {
	select {
	case next := <-c.turn:
		err := pause(ctx, time.Until(next))
		c.turn <- time.Now().Add(every)
		if err != nil {
			return nil, err
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return c.LookupEvents(ctx, in)
}

// Open reads a region's day as JSON lines, page by page.
func (s *historySource) Open(ctx context.Context, o Object) (io.ReadCloser, error) {
	parts := strings.Split(strings.TrimPrefix(o.URI, HistoryPrefix), "/")
	s.mu.Lock()
	client := s.clients[parts[1]]
	s.mu.Unlock()
	// Both ends are included and full seconds.
	end := o.Changed.AddDate(0, 0, 1).Add(-time.Second)
	return &historyBody{ctx: ctx, client: client, region: parts[1], every: s.options.historyPause(), in: &cloudtrail.LookupEventsInput{
		StartTime: &o.Changed, EndTime: &end, MaxResults: aws.Int32(historyPage),
	}}, nil
}

func (o *SourceOptions) historyPause() time.Duration {
	if o.Backoff > 0 && o.Backoff < historyPause {
		return o.Backoff
	}
	return historyPause
}

// historyBody is the events of a day, a line each.
type historyBody struct {
	ctx    context.Context
	client *historyClient
	region string
	every  time.Duration
	in     *cloudtrail.LookupEventsInput
	lines  strings.Reader
	ended  bool
}

// Read gives the next bytes, asking for the next page when one is used up.
func (b *historyBody) Read(p []byte) (int, error) {
	for b.lines.Len() == 0 {
		if b.ended {
			return 0, io.EOF
		}
		if err := b.page(); err != nil {
			return 0, err
		}
	}
	return b.lines.Read(p)
}

func (b *historyBody) page() error {
	page, err := b.client.lookup(b.ctx, b.every, b.in)
	if err != nil {
		return &unavailableError{b.explain(err)}
	}
	var text strings.Builder
	for _, e := range page.Events {
		text.WriteString(strings.ReplaceAll(aws.ToString(e.CloudTrailEvent), "\n", " "))
		text.WriteByte('\n')
	}
	b.lines.Reset(text.String())
	b.in.NextToken = page.NextToken
	b.ended = aws.ToString(page.NextToken) == ""
	return nil
}

func (b *historyBody) explain(err error) error {
	what := "look up events of " + b.region
	switch codeOf(err) {
	case "AccessDeniedException", "AccessDenied":
		return &hintedError{what + ": access denied: the credentials need cloudtrail:LookupEvents on *", err}
	case "UnrecognizedClientException", "OptInRequired":
		return &hintedError{what + ": the account has not enabled this region, or the credentials are not valid", err}
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}

// Close does nothing: no connection is held between pages.
func (b *historyBody) Close() error { return nil }
