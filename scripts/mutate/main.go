// Command mutate changes one thing at a time in a package's source and runs
// the package's tests on each change: a mutant that no test notices shows what
// the tests do not hold. The working tree stays as it is, for the changed file
// is laid over it.
//
//	go run ./scripts/mutate -package ./eval -sample 200 -seed 1
//
// It prints the mutants that survived and, last, the share that was killed. A
// survivor that behaves like the original is listed with its reason in
// equivalent.txt and counts for neither side. It exits with 1 below -min.
package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

//go:embed equivalent.txt
var equivalentList string

type options struct {
	dir, run, only string
	sample         int
	seed           uint64
	min            float64
	timeout        time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.dir, "package", "./eval", "folder of the package to mutate")
	flag.StringVar(&o.run, "run", "", "only tests that match")
	flag.StringVar(&o.only, "only", "", "only mutants whose name contains this")
	flag.IntVar(&o.sample, "sample", 0, "how many mutants to draw; 0: all")
	flag.Uint64Var(&o.seed, "seed", 1, "of the draw")
	flag.Float64Var(&o.min, "min", 95, "the least share killed, in per cent")
	flag.DurationVar(&o.timeout, "timeout", 3*time.Minute, "for the tests of one mutant; what takes longer is killed")
	flag.Parse()
	if err := run(&o); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(o *options) error {
	mutants, err := mutantsOf(o.dir)
	if err != nil {
		return err
	}
	mutants = draw(mutants, o)
	known := equivalents(equivalentList)
	var killed, survived, equivalent, invalid int
	for i, m := range mutants {
		if known[m.name()] {
			equivalent++
			continue
		}
		verdict, err := try(o, m)
		if err != nil {
			return fmt.Errorf("mutant %s: %w", m.name(), err)
		}
		switch verdict {
		case dead:
			killed++
		case invalidCode:
			invalid++
		case alive:
			survived++
			fmt.Printf("survived  %s:%d  %s\n", m.file, m.line, m.name())
		}
		fmt.Fprintf(os.Stderr, "%d of %d, %d survived\r", i+1, len(mutants), survived)
	}
	share := 100 * float64(killed) / float64(max(killed+survived, 1))
	fmt.Printf("%d mutants: %d killed, %d survived, %d equivalent, %d do not compile: %.1f %% killed\n",
		len(mutants), killed, survived, equivalent, invalid, share)
	if share < o.min {
		return fmt.Errorf("%.1f %% killed, want %.1f %%", share, o.min)
	}
	return nil
}

func draw(mutants []mutant, o *options) []mutant {
	var out []mutant
	for _, m := range mutants {
		if strings.Contains(m.name(), o.only) {
			out = append(out, m)
		}
	}
	random := rand.New(rand.NewPCG(o.seed, 0))
	random.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	if o.sample > 0 && o.sample < len(out) {
		out = out[:o.sample]
	}
	return out
}

// equivalents reads names of mutants, each followed by a tab and a reason.
func equivalents(list string) map[string]bool {
	out := map[string]bool{}
	s := bufio.NewScanner(strings.NewReader(list))
	for s.Scan() {
		if name, _, ok := strings.Cut(s.Text(), "\t"); ok && !strings.HasPrefix(name, "#") {
			out[name] = true
		}
	}
	return out
}

type verdict int

const (
	alive verdict = iota
	dead
	invalidCode
)

// try runs the tests with the mutant laid over its file.
func try(o *options, m mutant) (verdict, error) {
	folder, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return alive, err
	}
	defer os.RemoveAll(folder)
	changed, overlay := filepath.Join(folder, "mutant.go"), filepath.Join(folder, "overlay.json")
	original, err := filepath.Abs(m.file)
	if err != nil {
		return alive, err
	}
	layers, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		return alive, err
	}
	if err := errors.Join(os.WriteFile(changed, m.source, 0o600), os.WriteFile(overlay, layers, 0o600)); err != nil {
		return alive, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), o.timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-overlay", overlay, "-short", "-failfast", "-vet=off", "-count=1", "-run", o.run, o.dir)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &output, &output, time.Second
	err = cmd.Run()
	switch {
	case err == nil:
		return alive, nil
	case bytes.Contains(output.Bytes(), []byte("[build failed]")):
		return invalidCode, nil
	}
	return dead, nil
}
