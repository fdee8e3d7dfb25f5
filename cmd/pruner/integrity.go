package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/ingest"
	"github.com/pruner/pruner/store"
)

// keys reads CloudTrail's public keys, if integrity asks for them.
func (s *settings) keys() (ingest.Keys, error) {
	if s.Integrity == "off" || s.IntegrityKeys == "" {
		return nil, nil
	}
	keys, err := ingest.LoadKeys(s.IntegrityKeys)
	if err != nil {
		return nil, usageError("%s: integrity_keys: %w", s.origin("integrity_keys"), err)
	}
	return keys, nil
}

// showChanged warns of objects that are not what they were.
func showChanged(w io.Writer, uris []string) {
	if len(uris) > 0 {
		fmt.Fprintf(w, "%d objects changed after they were read, the first %q: CloudTrail never rewrites one. Their hours count as not covered; find out who did, and run `pruner ingest --rebuild` to read what is there now\n",
			len(uris), uris[0])
	}
}

// maxShown bounds the findings that are printed; the store holds them all.
const maxShown = 20

// showIntegrity prints what the digests say and the first of what is wrong.
func (p *pipeline) showIntegrity(ctx context.Context, w io.Writer, j *store.Judgement) error {
	if j == nil {
		return nil
	}
	fmt.Fprintf(w, "integrity: %d valid digests list %d logs and prove %d hours", j.Digests, j.Logs, j.Proved)
	var total int64
	for _, kind := range slices.Sorted(maps.Keys(j.Findings)) {
		fmt.Fprintf(w, "; %d %s", j.Findings[kind], kind)
		total += j.Findings[kind]
	}
	fmt.Fprintln(w)
	found, err := p.store.Findings(ctx, maxShown)
	if err != nil {
		return err
	}
	for _, f := range found {
		place := strings.TrimSpace(f.Account + " " + f.Region)
		fmt.Fprintf(w, "  %-9s %s %s to %s: %.200q\n", f.Kind, place, f.From.Format(time.RFC3339), f.To.Format(time.RFC3339), f.Detail)
	}
	if more := total - int64(len(found)); more > 0 {
		fmt.Fprintf(w, "  … and %d more\n", more)
	}
	return nil
}
