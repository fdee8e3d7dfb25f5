// Command operations brings catalog/data/no_same_named_operation.tsv up to
// date: the IAM actions that no operation of an AWS SDK is named after, so that
// no CloudTrail event has their name and silence proves nothing. The table was
// made against an SDK that is frozen; this takes out the actions that today's
// AWS SDK for Go has an operation for. It never adds any.
//
// The operations are read from the modules pinned in
// scripts/operations/modules.tsv, each checked against its hash.
//
// Usage: go run ./scripts/operations   (from the repository's root)
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/trail"
)

const (
	pins  = "scripts/operations/modules.tsv"
	table = "catalog/data/no_same_named_operation.tsv"
)

func main() {
	log.SetFlags(0)
	if err := compile(); err != nil {
		log.Fatalf("list the operations: %v", err)
	}
}

// module is one service module of the SDK.
type module struct {
	Path, Version, Sum, Dir string
	operations              map[string]bool // lower case
}

func compile() error {
	modules, err := download()
	if err != nil {
		return err
	}
	named := map[string]map[string]bool{} // prefix → operations of its modules
	for _, m := range modules {
		for _, prefix := range prefixesOf(m) {
			if named[prefix] == nil {
				named[prefix] = map[string]bool{}
			}
			for op := range m.operations {
				named[prefix][op] = true
			}
		}
	}
	old, err := oldRows()
	if err != nil {
		return err
	}
	report(modules)
	return write(named, old)
}

// report logs how many operations of the modules the interpreter maps to an
// action, or to none that is needed, and lists the others.
func report(modules []*module) {
	in := interpret.New(catalog.Default())
	all, mapped := 0, 0
	for _, m := range modules {
		source := path.Base(m.Path) + ".amazonaws.com"
		if prefixes := prefixesOf(m); len(prefixes) > 0 {
			source = prefixes[0] + ".amazonaws.com"
		}
		if s, ok := sources[path.Base(m.Path)]; ok {
			source = s
		}
		for _, op := range slices.Sorted(maps.Keys(m.operations)) {
			all++
			got := in.Interpret(&trail.Observation{Fact: trail.Fact{EventSource: source, EventName: op}})
			if got.Class == interpret.Unmapped {
				log.Printf("no action is known for %s %s", path.Base(m.Path), op)
				continue
			}
			mapped++
		}
	}
	log.Printf("%d of %d operations (%.1f %%) map to an action or need none", mapped, all, 100*float64(mapped)/float64(all))
}

// sources are the event sources of modules whose operations are not named
// after the actions that they need, or of which several prefixes have as many.
var sources = map[string]string{
	"apigateway": "apigateway.amazonaws.com", "apigatewayv2": "apigateway.amazonaws.com",
	"keyspaces": "cassandra.amazonaws.com", "wafregional": "waf-regional.amazonaws.com",
	"sso": "sso.amazonaws.com", "ssooidc": "sso.amazonaws.com",
}

// download fetches the pinned modules and lists their operations: each has a
// file api_op_<Name>.go.
func download() ([]*module, error) {
	text, err := os.ReadFile(pins)
	if err != nil {
		return nil, err
	}
	args := []string{"mod", "download", "-json"}
	sums := map[string]string{}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		args = append(args, f[0]+"@"+f[1])
		sums[f[0]] = f[2]
	}
	command := exec.Command("go", args...)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go mod download: %w", err)
	}
	var modules []*module
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		m := &module{operations: map[string]bool{}}
		if err := dec.Decode(m); errors.Is(err, io.EOF) {
			return modules, nil
		} else if err != nil {
			return nil, err
		}
		if m.Sum != sums[m.Path] {
			return nil, fmt.Errorf("%s@%s: hash %s, pinned is %s", m.Path, m.Version, m.Sum, sums[m.Path])
		}
		files, err := filepath.Glob(filepath.Join(m.Dir, "api_op_*.go"))
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(f), "api_op_"), ".go")
			if !strings.HasSuffix(name, "_test") {
				m.operations[strings.ToLower(name)] = true
			}
		}
		modules = append(modules, m)
	}
}

// leastShare is the share of a module's operations that must be actions of a
// prefix for the module to speak for it: S3, which renames most, reaches 0.4.
const leastShare = 0.3

// prefixesOf finds the IAM prefix whose actions a module's operations are, or
// several that fit alike (waf and waf-regional).
func prefixesOf(m *module) []string {
	hits := map[string]int{}
	best := 0
	c := catalog.Default()
	for _, prefix := range c.Services() {
		s, _ := c.Service(prefix)
		for _, a := range s.Actions {
			if m.operations[strings.ToLower(a.Name.Name())] {
				hits[prefix]++
			}
		}
		best = max(best, hits[prefix])
	}
	var out []string
	for _, prefix := range c.Services() {
		n := float64(hits[prefix])
		if n > 0 && n >= 0.95*float64(best) && n >= leastShare*float64(len(m.operations)) {
			out = append(out, prefix)
		}
	}
	return out
}

// oldRows are the rows of the table as it stands, by prefix.
func oldRows() (map[string][]string, error) {
	text, err := os.ReadFile(table)
	if err != nil {
		return nil, err
	}
	rows := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if f := strings.SplitN(line, "\t", 2); f[0] != "iam_prefix" {
			rows[f[0]] = append(rows[f[0]], line)
		}
	}
	return rows, nil
}

// write keeps the rows of actions that no module has an operation for.
func write(named map[string]map[string]bool, old map[string][]string) error {
	var b strings.Builder
	b.WriteString("iam_prefix\taction\taccess_level\tnote\n")
	kept, gone := 0, 0
	for _, prefix := range slices.Sorted(maps.Keys(old)) {
		for _, row := range old[prefix] {
			if action := strings.Split(row, "\t")[1]; named[prefix][strings.ToLower(action)] {
				gone++
				continue
			}
			kept++
			b.WriteString(row)
		}
	}
	log.Printf("%d prefixes have modules; %d actions stay silent, %d have an operation today", len(named), kept, gone)
	return os.WriteFile(table, []byte(b.String()), 0o644)
}
