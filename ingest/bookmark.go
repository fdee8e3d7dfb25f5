package ingest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/pruner/pruner/trail"
)

// CloudTrail delivers in the order of the keys, nearly: the key holds the
// minute of delivery and then chance, and deliveries that fail are tried again
// for 30 days (CloudTrail User Guide, "How CloudTrail works"). So a run lists
// an hour again, and each week a run lists these days again.
const (
	listAgain   = time.Hour
	relistEvery = 7 * 24 * time.Hour
	relistDays  = 30
)

// Settled is the day before which nothing more is delivered: what the store
// knows of the objects of earlier days may be folded.
func Settled(now time.Time) trail.Day { return trail.DayOf(now.AddDate(0, 0, -relistDays)) }

const keyDay = "2006/01/02"

// bookmark is how far an account's region was listed.
type bookmark struct {
	From     string `json:"from"`     // the first day, as in keys; "" all there is
	After    string `json:"after"`    // the greatest key, the region's folder left out
	Relisted int64  `json:"relisted"` // seconds since 1970-01-01
}

// start gives what to list from: a key, the region's folder left out.
func (c *bookmark) start(from string, now time.Time) string {
	if c.After == "" || from < c.From {
		c.From, c.Relisted = from, now.Unix()
		return from
	}
	if now.Sub(time.Unix(c.Relisted, 0)) >= relistEvery {
		c.Relisted = now.Unix()
		return max(from, c.daysBefore(relistDays))
	}
	return max(from, c.back())
}

// daysBefore is the day that lies n days before the greatest key's.
func (c bookmark) daysBefore(n int) string {
	day, err := time.Parse(keyDay, c.After[:min(len(keyDay), len(c.After))])
	if err != nil {
		return ""
	}
	return day.AddDate(0, 0, -n).Format(keyDay)
}

// back is the key that lies an hour before the greatest.
func (c bookmark) back() string {
	name, ok := trail.ParseObjectName(c.After)
	if !ok {
		return c.daysBefore(0)
	}
	at := name.Delivered.Add(-listAgain)
	return at.Format(keyDay) + "/" + name.Account + "_CloudTrail_" + name.Region + "_" + at.Format("20060102T1504Z")
}

// plan decides for each region where to start. The window ends at the options'
// end, or with the newest day that anything was delivered on.
func (l *lister) plan(ctx context.Context) map[string]string {
	from := l.windowStart(ctx)
	starts := map[string]string{}
	for _, region := range l.regions {
		c := l.source.bookmarks[region]
		starts[region] = c.start(from, l.source.options.now())
		l.source.next[region] = c
	}
	return starts
}

// windowStart is the day of keys that the window begins with. Records are
// delivered on their day or later; a day is added for the zone of the end.
func (l *lister) windowStart(ctx context.Context) string {
	o := l.source.options
	if o.Window <= 0 {
		return ""
	}
	end := o.End
	if end.IsZero() {
		var err error
		if end, err = time.Parse(keyDay, l.newest(ctx)); err != nil {
			return ""
		}
	}
	return end.UTC().AddDate(0, 0, -o.Window-1).Format(keyDay)
}

// newest is the newest day of any region.
func (l *lister) newest(ctx context.Context) string {
	newest := ""
	for _, region := range l.regions {
		l.spawn(ctx, func() error {
			days, err := l.days(ctx, region, l.source.bookmarks[region].daysBefore(0), true)
			l.mu.Lock()
			defer l.mu.Unlock()
			if len(days) > 0 {
				newest = max(newest, days[len(days)-1])
			}
			return err
		})
	}
	l.group.Wait()
	return newest
}

// days finds the days of a region that have a folder, from a day on; the last
// alone if that is asked.
func (l *lister) days(ctx context.Context, region, from string, last bool) ([]string, error) {
	found := []string{""}
	for range strings.Split(keyDay, "/") {
		var next []string
		for _, folder := range found {
			err := l.eachFolder(ctx, region+folder, func(child string) {
				child = strings.TrimPrefix(child, region)
				if stem := strings.TrimSuffix(child, "/"); stem >= from[:min(len(stem), len(from))] {
					next = append(next, child)
				}
			})
			if err != nil {
				return nil, err
			}
		}
		if found = next; last && len(found) > 0 {
			found = found[len(found)-1:]
		}
	}
	for i := range found {
		found[i] = strings.TrimSuffix(found[i], "/")
	}
	slices.Sort(found)
	return found, nil
}

// region lists a region's folder: a quiet one is one page, in a busy one the
// days are listed side by side.
func (l *lister) region(ctx context.Context, region, start string) error {
	after := ""
	if start != "" {
		after = region + start
	}
	last := ""
	err := l.eachPage(ctx, region, after, func(page *s3.ListObjectsV2Output) bool {
		last = l.reached(region, page)
		return false
	})
	if err != nil || last == "" {
		return err
	}
	days, err := l.days(ctx, region, last[:min(len(last), len(keyDay))], false)
	for _, day := range days {
		after := ""
		if strings.HasPrefix(last, day+"/") {
			after = region + last
		}
		l.spawn(ctx, func() error {
			return l.eachPage(ctx, region+day+"/", after, func(page *s3.ListObjectsV2Output) bool {
				l.reached(region, page)
				return true
			})
		})
	}
	return err
}

// reached moves the region's bookmark; it gives the page's last key if there
// are more behind it.
func (l *lister) reached(region string, page *s3.ListObjectsV2Output) string {
	if len(page.Contents) == 0 {
		return ""
	}
	last := strings.TrimPrefix(aws.ToString(page.Contents[len(page.Contents)-1].Key), region)
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.source.next[region]
	c.After = max(c.After, last)
	l.source.next[region] = c
	if !aws.ToBool(page.IsTruncated) {
		return ""
	}
	return last
}
