// Command mutate changes one thing at a time in package eval and runs its tests
// on each change: a mutant that no test notices shows what the tests do not
// hold. All mutants are compiled at once, laid over the files, each behind a
// number; the working tree stays as it is.
//
//	go run ./scripts/mutate -sample 300 -seed 1
//
// It prints the mutants that survived and, last, the share that was killed. A
// survivor that behaves like the original is listed with its reason in
// equivalent.txt and counts for neither side. It exits with 1 below -min.
package main

import (
	"bufio"
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
	"strconv"
	"strings"
	"time"
)

//go:embed equivalent.txt
var equivalentList string

// switchboard is the file that turns mutants on.
const switchboard = `package eval

import (
	"os"
	"strconv"
)

var mutant, _ = strconv.Atoi(os.Getenv("PRUNER_MUTANT"))

func instead(on bool, a, b tri) tri {
	if on {
		return b
	}
	return a
}
`

type options struct {
	dir, only string
	sample    int
	seed      uint64
	min       float64
	timeout   time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.dir, "package", "./eval", "folder of package eval")
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
	folder, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	f := &mutator{seen: map[string]int{}}
	binary, err := build(f, o.dir, folder)
	if err != nil {
		return err
	}
	mutants, known := draw(f.mutants, o), equivalents(equivalentList)
	var killed, survived, equivalent int
	for i, m := range mutants {
		switch {
		case known[m.name()]:
			equivalent++
		case survives(o, binary, m.number):
			survived++
			fmt.Printf("survived  %s:%d  %s\n", m.file, m.line, m.name())
		default:
			killed++
		}
		fmt.Fprintf(os.Stderr, "%d of %d, %d survived\r", i+1, len(mutants), survived)
	}
	share := 100 * float64(killed) / float64(max(killed+survived, 1))
	fmt.Printf("%d of %d mutants: %d killed, %d survived, %d equivalent: %.1f %% killed\n",
		len(mutants), len(f.mutants), killed, survived, equivalent, share)
	if share < o.min {
		return fmt.Errorf("%.1f %% killed, want %.1f %%", share, o.min)
	}
	return nil
}

// build compiles the tests with every mutant in them.
func build(f *mutator, dir, folder string) (binary string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return "", err
	}
	overlay := map[string]string{}
	lay := func(name, text string) error {
		changed := filepath.Join(folder, strconv.Itoa(len(overlay))+".go")
		overlay[name] = changed
		return os.WriteFile(changed, []byte(text), 0o600)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := f.rewrite(name)
		if err := errors.Join(err, lay(name, text)); err != nil {
			return "", err
		}
	}
	if err := lay(filepath.Join(dir, "switchboard.go"), switchboard); err != nil {
		return "", err
	}
	layers, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		return "", err
	}
	list := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(list, layers, 0o600); err != nil {
		return "", err
	}
	binary = filepath.Join(folder, "mutants.test")
	if out, err := exec.Command("go", "test", "-c", "-vet=off", "-overlay", list, "-o", binary, dir).CombinedOutput(); err != nil {
		return "", fmt.Errorf("the mutants do not compile: %w\n%s", err, out)
	}
	return binary, nil
}

// survives runs the tests with one mutant on.
func survives(o *options, binary string, number int) bool {
	ctx, cancel := context.WithTimeout(context.Background(), o.timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "-test.short", "-test.failfast")
	cmd.Dir = o.dir
	cmd.Env = append(os.Environ(), "PRUNER_MUTANT="+strconv.Itoa(number))
	return cmd.Run() == nil
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
