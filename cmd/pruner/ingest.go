package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pruner/pruner/ingest"
	"github.com/pruner/pruner/store"
)

func newIngest(a *app) *cobra.Command {
	var format string
	var rebuild bool
	cmd := &cobra.Command{
		Use:   "ingest [PATH|s3://BUCKET/PREFIX|event-history|-]…",
		Short: "Bring new CloudTrail objects into the store",
		Long: `Ingest reads the objects that the store does not know yet, from PATH or from
the config's logs. What cannot be read is counted with its reason.

PATH is a folder, read whole, or a file.

s3://BUCKET/PREFIX is any part of [prefix/]AWSLogs/[o-id/]account/CloudTrail/
region/yyyy/mm/dd/, of which the days of the window are read, or a folder of
logs. A run goes on from the last key of each account and region; each week one
lists the last 30 days again for late deliveries. Credentials, region and
endpoint are those of the AWS SDK (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL,
…). It needs s3:ListBucket and s3:GetObject, and kms:Decrypt where the trail
encrypts with a key. What cannot be fetched ends the run with exit code 1 after
everything else is read; the next run tries it again.

event-history, or event-history:REGION,REGION, is CloudTrail's event history of
the credentials' account: management events of the last 90 days, about 100 a
second, so that a busy account takes hours. A run goes on with the days that are
missing; the day that is not over waits for the next. Without data events
nothing can be called unused: such an account is reported on, no policy of it is
changed. It needs cloudtrail:LookupEvents.

- is standard input: documents, one after the other, or JSON lines, plain or
gzip. The same input again is nothing new.

With --rebuild everything is read anew into a new store, which takes the place
of the old one when it is whole.`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.ingest(cmd.Context(), args, format, rebuild) },
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	cmd.Flags().BoolVar(&rebuild, "rebuild", false, "make the store anew from the logs")
	return cmd
}

func (a *app) ingest(ctx context.Context, paths []string, format string, rebuild bool) error {
	if err := checkFormat(format, "text", "json"); err != nil {
		return err
	}
	s, err := a.load()
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		paths = s.Logs
	}
	if len(paths) == 0 {
		return usageError("ingest: nothing to read; name a folder, or set logs in config.yaml")
	}
	var got ingest.Result
	if rebuild {
		got, err = a.rebuild(ctx, *s, paths)
	} else {
		got, err = a.ingestInto(ctx, s, paths)
	}
	if err != nil {
		return err
	}
	if format == "json" {
		return documentWriter(a.out).Encode(got)
	}
	_, err = fmt.Fprintf(a.out, "%d objects read, %d known already; %d events, %d not readable; %d bytes in %.1f s\n%s",
		got.Objects, got.Skipped, got.Events, got.Rejected, got.Bytes, got.Seconds, unreadable(&got))
	return err
}

// unreadable says where the first of what could not be read stand. An object's
// name is whatever somebody called it, so it is quoted.
func unreadable(got *ingest.Result) string {
	var b strings.Builder
	for _, u := range got.Unreadable {
		where := fmt.Sprintf(", record %d", u.Record)
		if u.Record < 0 {
			where = ""
		}
		fmt.Fprintf(&b, "  not readable: %q%s: %s\n", u.Object, where, u.Reason)
	}
	if more := got.Rejected - int64(len(got.Unreadable)); more > 0 && b.Len() > 0 {
		fmt.Fprintf(&b, "  and %d more; each is a hole in the coverage of its account and day\n", more)
	}
	return b.String()
}

func (a *app) ingestInto(ctx context.Context, s *settings, paths []string) (got ingest.Result, err error) {
	p, err := openPipeline(ctx, s)
	if err != nil {
		return got, err
	}
	p.stdin = a.in
	line := a.progress()
	got, err = p.ingest(ctx, paths, line)
	line.clear()
	showChanged(a.err, got.Changed)
	if err == nil {
		err = p.showIntegrity(ctx, a.err, got.Integrity)
	}
	return got, errors.Join(err, p.close())
}

// rebuild reads everything into a store beside the old one and then puts it in
// its place: whatever happens on the way, one of the two is there and whole.
func (a *app) rebuild(ctx context.Context, s settings, paths []string) (got ingest.Result, err error) {
	place := s.Store
	if err := store.Free(ctx, place); err != nil {
		return got, err
	}
	s.Store += ".rebuild"
	if err := store.Remove(s.Store); err != nil {
		return got, err
	}
	got, err = a.ingestInto(ctx, &s, paths)
	if err == nil {
		err = store.Replace(s.Store, place)
	}
	if err != nil {
		return got, errors.Join(err, store.Remove(s.Store))
	}
	return got, nil
}
