package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/spf13/cobra"

	"github.com/pruner/pruner/diff"
	"github.com/pruner/pruner/report"
	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/synth"
	"github.com/pruner/pruner/usage"
)

func newRun(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "The scheduled job: read what is new, and leave reports and patches under out/",
		Args:  exactArgs(0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.run(cmd.Context()) },
	}
}

func (a *app) run(ctx context.Context) error {
	s, err := a.load()
	if err != nil {
		return err
	}
	for _, need := range []struct{ key, path string }{{"account", s.Account}, {"repo", s.Repo}} {
		if need.path == "" && need.key == "repo" {
			continue
		}
		if _, err := s.needFolder(need.key, need.path); err != nil {
			return err
		}
	}
	out, err := newOutDir(s.Out)
	if err != nil {
		return err
	}
	p, err := openPipeline(ctx, s)
	if err != nil {
		return err
	}
	defer p.close()
	summary, err := a.walk(ctx, p, out)
	if err != nil {
		return err
	}
	return report.SummaryText(a.out, summary, s.Out, report.Style{Colour: a.colour()})
}

// walk goes down the pipeline and writes what it leaves.
func (a *app) walk(ctx context.Context, p *pipeline, out *outDir) (*report.Summary, error) {
	if len(p.settings.Logs) > 0 {
		p.stdin = a.in
		line := a.progress()
		read, err := p.ingest(ctx, p.settings.Logs, line)
		line.clear()
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(a.err, "read %d new objects (%d known), %d events, %d not readable\n", read.Objects, read.Skipped, read.Events, read.Rejected)
		showChanged(a.err, read.Changed)
		if err := p.showIntegrity(ctx, a.err, read.Integrity); err != nil {
			return nil, err
		}
	}
	if err := p.use(ctx); err != nil {
		return nil, err
	}
	counts, err := p.store.Counts(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.store.Close(); err != nil {
		return nil, err
	}
	debug.SetMemoryLimit(p.settings.Memory*3/4 - programSize) // the store's part is free for what follows
	for _, stage := range []func() error{
		func() error { return p.rehearse(nil) }, p.propose, p.locate,
	} {
		if err := stage(); err != nil {
			return nil, err
		}
	}
	return p.write(out, counts)
}

// write leaves the output folder.
func (p *pipeline) write(out *outDir, counts store.Counts) (*report.Summary, error) {
	summary := &report.Summary{
		Schema: "pruner.summary/1", Version: p.catalog.Version(), Window: p.summaryWindow(),
		Objects: counts.Objects, Events: counts.Records, Rejected: counts.Rejects, Missing: []string{}, Yield: synth.Yield{Rows: []synth.YieldRow{}}, Roles: []report.RoleSummary{},
	}
	for _, m := range p.org.Missing {
		summary.Missing = append(summary.Missing, m.File+": "+m.Consequence)
	}
	if err := p.writeRoles(out, summary); err != nil {
		return nil, err
	}
	for i := range p.results {
		r := &p.results[i]
		changes := slices.ContainsFunc(r.proposal.Policies, func(c *synth.PolicyChange) bool { return c.Changed() })
		summary.Prove(r.verdict, changes, r.clean != nil)
	}
	summary.Rank()
	all, err := p.patch()
	if err != nil {
		return nil, err
	}
	if err := out.write("all.patch", all.Unified()); err != nil {
		return nil, err
	}
	if err := out.writeFrom("index.html", func(w io.Writer) error { return report.Index(w, summary) }); err != nil {
		return nil, err
	}
	return summary, out.writeFrom("summary.json", func(w io.Writer) error { return documentWriter(w).Encode(summary) })
}

// writeRoles leaves each role's folder, and its line in the summary. Roles share
// nothing there, and the summary is ranked, so each worker takes the next.
func (p *pipeline) writeRoles(out *outDir, summary *report.Summary) error {
	next, stop := iter.Pull2(p.holders())
	defer stop()
	var mu sync.Mutex // of next, summary and failed
	var failed error
	var running sync.WaitGroup
	one := func() bool {
		mu.Lock()
		r, h, ok := next()
		ok = ok && failed == nil
		mu.Unlock()
		if !ok {
			return false
		}
		d, folder, err := p.writeHolder(out, r, h)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			failed = errors.Join(failed, err)
			return false
		}
		summary.Add(d, h.Yield(p.catalog, r.proposal), p.org.Name(h.Account.ID), folder)
		return true
	}
	for range p.workers() {
		running.Go(func() {
			for one() {
			}
		})
	}
	running.Wait()
	return failed
}

func (p *pipeline) writeHolder(out *outDir, r *result, h *synth.Holder) (d *report.Document, folder string, err error) {
	used, err := p.usedBy(h)
	if err != nil {
		return nil, "", err
	}
	d, folder = p.document(r, h, used), "roles/"+fileName(h.Account.ID)+"/"+fileName(h.Role.Name)
	return d, folder, p.writeRole(out, folder, r, h, d, used)
}

// patch is all edits together.
func (p *pipeline) patch() (diff.Patch, error) {
	var all diff.Patch
	for _, r := range p.results {
		var err error
		if all, err = all.Join(r.patch); err != nil {
			return all, err
		}
	}
	return all, nil
}

func (p *pipeline) writeRole(out *outDir, folder string, r *result, h *synth.Holder, d *report.Document, used *usage.Usage) error {
	files := []struct {
		name   string
		render func(io.Writer) error
	}{
		{"report.json", func(w io.Writer) error { return documentWriter(w).Encode(d) }},
		{"report.html", func(w io.Writer) error { return report.HTML(w, d) }},
		{"usage.json", func(w io.Writer) error { return documentWriter(w).Encode(used) }},
		{"change.patch", func(w io.Writer) error { _, err := w.Write(r.patch.Unified()); return err }},
	}
	for _, f := range files {
		if err := out.writeFrom(folder+"/"+f.name, f.render); err != nil {
			return err
		}
	}
	for _, c := range h.Policies {
		if c.New == nil {
			continue
		}
		if err := out.write(folder+"/policies/"+fileName(c.Name)+".json", c.New.Indent()); err != nil {
			return err
		}
	}
	return nil
}
