// Command sample writes testdata/cloudtrail: the CloudTrail logs of a made-up
// organisation, the snapshot of its accounts and what the two are known to
// mean. Everything follows from the seed, nothing from the clock or the
// network, so running it again changes nothing:
//
//	go run ./scripts/sample
//
// It also makes trails of any size, for benchmarks:
//
//	go run ./scripts/sample -out /tmp/trail -events 2000000 -per-object 1500
//
// and organisations made up from a seed, for back-tests: of every role it is
// known what it goes on to do after the day of the snapshot:
//
//	go run ./scripts/sample -out /tmp/grown -organisation truth -roles 500
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("sample", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("out", "testdata/cloudtrail", "folder to write logs/, snapshot/ and truth.json in")
	v := volume{}
	flags.Uint64Var(&v.seed, "seed", 1, "what everything random follows from")
	flags.IntVar(&v.events, "events", 0, "write about so many events; 0 is the sample as committed")
	flags.IntVar(&v.perObject, "per-object", 0, "events per log object; 0 is an object a day")
	flags.IntVar(&v.level, "level", 0, "gzip level 1 to 9; 0 is 9 for the sample and 2 with -events")
	flags.IntVar(&v.workers, "workers", runtime.GOMAXPROCS(0), "objects written at the same time")
	organisation := flags.String("organisation", "sample", "sample: the one of the stories; truth: one made up from the seed, of whose future everything is known")
	g := growth{}
	flags.IntVar(&g.roles, "roles", 200, "roles of -organisation truth")
	flags.IntVar(&g.days, "days", 186, "days of -organisation truth")
	flags.IntVar(&g.known, "known", 95, "days of them before its snapshot")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	w, err := choose(*organisation, v.seed, g)
	if err != nil {
		fmt.Fprintln(stderr, "sample:", err)
		return 2
	}
	if err := w.write(*out, v, stderr); err != nil {
		fmt.Fprintln(stderr, "sample:", err)
		return 1
	}
	return 0
}

func choose(organisation string, seed uint64, g growth) (*world, error) {
	switch organisation {
	case "sample":
		return sampleWorld(), nil
	case "truth":
		if err := g.check(); err != nil {
			return nil, err
		}
		return grownWorld(seed, g), nil
	}
	return nil, fmt.Errorf("-organisation %s: want sample or truth", organisation)
}

func (w *world) write(out string, v volume, stderr io.Writer) error {
	if (v.events > 0 || w.grown) && v.perObject == 0 {
		v.perObject = 1500
	}
	if v.level == 0 {
		v.level = 9
		if v.events > 0 || w.grown {
			v.level = 2
		}
	}
	logs := filepath.Join(out, "logs")
	if err := clear(out); err != nil {
		return err
	}
	begin := time.Now()
	objects, records, err := w.writeLogs(logs, v)
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "%d events in %d objects, %s\n", records, objects, time.Since(begin).Round(time.Millisecond))
	if err := w.writeSnapshot(filepath.Join(out, "snapshot"), v.seed); err != nil {
		return err
	}
	if w.grown {
		if err := os.WriteFile(filepath.Join(out, "config.yaml"), []byte(w.config()), 0o666); err != nil {
			return err
		}
		return w.writeGrownTruth(filepath.Join(out, "truth.json"), v)
	}
	return w.writeTruth(filepath.Join(out, "truth.json"))
}

// clear removes the logs of an earlier run, and only those: a folder with logs
// that no truth.json vouches for is somebody's own.
func clear(out string) error {
	logs := filepath.Join(out, "logs")
	if _, err := os.Stat(logs); os.IsNotExist(err) {
		return nil
	}
	if _, err := os.Stat(filepath.Join(out, "truth.json")); err != nil {
		return fmt.Errorf("%s is there and was not written by this program: choose another -out", logs)
	}
	return os.RemoveAll(logs)
}
