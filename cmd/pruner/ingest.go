package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

func newIngest(a *app) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "ingest [PATH…]",
		Short: "Bring new CloudTrail objects into the store",
		Long: `Ingest reads the objects that the store does not know yet, from PATH or from
the config's logs. What cannot be read is counted with its reason.`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.ingest(cmd.Context(), args, format) },
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}

func (a *app) ingest(ctx context.Context, paths []string, format string) error {
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
	p, err := openPipeline(ctx, s)
	if err != nil {
		return err
	}
	defer p.close()
	got, err := p.ingest(ctx, paths, a.progress())
	if err != nil {
		return err
	}
	if format == "json" {
		return documentWriter(a.out).Encode(got)
	}
	_, err = fmt.Fprintf(a.out, "%d objects read, %d known already; %d events, %d not readable; %d bytes in %.1f s\n",
		got.Objects, got.Skipped, got.Events, got.Rejected, got.Bytes, got.Seconds)
	return err
}
