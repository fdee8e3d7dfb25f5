package diff

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

var token = regexp.MustCompile(`[A-Za-z0-9_.:*-]+|\s+|.`)

// mangle cuts, doubles, exchanges and replaces some words or lines of a text.
func mangle(r *rand.Rand, text []byte) []byte {
	parts := token.FindAll(text, -1)
	if r.IntN(3) == 0 {
		parts = bytes.SplitAfter(text, []byte("\n"))
	}
	for range 1 + r.IntN(3) {
		if len(parts) < 2 {
			break
		}
		i, j := r.IntN(len(parts)), r.IntN(len(parts))
		switch r.IntN(5) {
		case 0:
			parts = slices.Delete(parts, min(i, j), min(max(i, j), min(i, j)+1+r.IntN(5)))
		case 1:
			parts = slices.Insert(parts, i, parts[j])
		case 2:
			parts[i], parts[j] = parts[j], parts[i]
		case 3:
			parts[i] = parts[j]
		default:
			parts[i] = []byte(nasty[r.IntN(len(nasty))])
		}
	}
	return bytes.Join(parts, nil)
}

// sources are the texts of the forms, and of the real files where they are.
func sources(t *testing.T) map[string][]byte {
	out := map[string][]byte{}
	for i, form := range forms {
		out[fmt.Sprintf("%d/%s", i, form.file)] = []byte(form.text)
	}
	err := filepath.WalkDir("../../shared/iac", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil && len(text) < 20_000 && filepath.Ext(path) != ".tsv" {
			out[path] = text
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestMangled: files that somebody broke are searched to the end, and what is
// still found there is edited or declined.
func TestMangled(t *testing.T) {
	texts := sources(t)
	var names []string
	for name := range texts {
		names = append(names, name)
	}
	slices.Sort(names)
	rounds := 300
	if n := os.Getenv("PRUNER_MANGLED"); n != "" {
		if _, err := fmt.Sscan(n, &rounds); err != nil {
			t.Fatal(err)
		}
	}
	for n := range rounds {
		r := rand.New(rand.NewPCG(uint64(n), 5))
		name := names[r.IntN(len(names))]
		text := mangle(r, texts[name])
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			defer func() {
				if e := recover(); e != nil {
					t.Errorf("%s: %v in\n%s", name, e, text)
					panic(e)
				}
			}()
			searchAndEdit(t, filepath.Base(name), text)
		})
	}
}

// TestSameAddress: of two blocks of one name none is edited, and each is listed.
func TestSameAddress(t *testing.T) {
	for name, text := range map[string]string{
		"main.tf": terraformPolicy(`jsonencode({ Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })`),
		"t.json":  `"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": ` + plainPolicy + `}}`,
	} {
		twice := text + "\n" + text
		if name == "t.json" {
			twice = `{"Resources": {` + text + ", " + text + "}}"
		}
		found, err := Find(writeRepo(t, map[string]string{name: twice}), FindOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(found) != 2 || found[0].Address == found[1].Address || found[0].Editable || found[1].Editable {
			t.Errorf("%s: %+v", name, found)
		}
	}
}
