package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/ingest"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/trail"
)

// interpreted is the line `pruner interpret` prints for a record.
type interpreted struct {
	EventID     string              `json:"eventID"`
	Class       interpret.Class     `json:"class"`
	EventSource string              `json:"eventSource"`
	EventName   string              `json:"eventName"`
	Principal   interpret.Principal `json:"principal"`
	Outcome     trail.Outcome       `json:"outcome"`
	Calls       []iam.Call          `json:"calls"`
	Error       string              `json:"error,omitempty"`
}

func newInterpret(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "interpret FILE…",
		Short: "Say which calls each CloudTrail event proves, a JSON line per record",
		Long: `Interpret reads CloudTrail files, plain or gzip ("-" is the standard input),
and prints a line per record, in order: who called, how it ended, and which
actions on which resources the record proves were authorised.`,
		Args: minArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.interpretFiles(args) },
	}
}

func (a *app) interpretFiles(files []string) error {
	c := catalog.Default()
	in := interpret.New(c)
	out := lineWriter(a.out)
	for _, name := range files {
		if err := a.interpretFile(in, c, name, out); err != nil {
			return err
		}
	}
	return nil
}

// interpretFile prints a line for every record; one that cannot be read gets
// a line with the error, so that lines and records stay in step.
func (a *app) interpretFile(in *interpret.Interpreter, c *catalog.Catalog, name string, out *json.Encoder) error {
	r, err := a.openInput(name)
	if err != nil {
		return err
	}
	defer r.Close()
	for record, err := range ingest.Records(r, name, ingest.RecordOptions{Params: c.Param, Below: c.ParamBelow, Cut: c.Cut, SessionKey: []byte("interpret")}) {
		line := interpreted{Class: interpret.Unmapped, Calls: []iam.Call{}}
		if err != nil {
			line.Error = err.Error()
		} else {
			line = interpretRecord(in, record)
		}
		if err := out.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

func interpretRecord(in *interpret.Interpreter, r *trail.Record) interpreted {
	o := r.Observe(true)
	got := in.Interpret(&o)
	line := interpreted{
		EventID: r.EventID, Class: got.Class,
		EventSource: r.EventSource, EventName: r.EventName,
		Principal: got.Principal, Outcome: got.Outcome, Calls: got.Calls,
	}
	if line.Calls == nil {
		line.Calls = []iam.Call{}
	}
	return line
}
