package diff

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// FuzzFind: whatever a file of a repo holds, it is searched to the end, every
// address stands for one policy, and an edit of a policy that is called
// editable is made or declined.
func FuzzFind(f *testing.F) {
	names := []string{"main.tf", "main.tf.json", "t.yaml", "t.json"}
	for _, form := range forms {
		for i, name := range names {
			if filepath.Ext(form.file) == filepath.Ext(name) {
				f.Add(uint8(i), []byte(form.text))
			}
		}
	}
	f.Fuzz(func(t *testing.T, name uint8, text []byte) {
		searchAndEdit(t, names[int(name)%len(names)], text)
	})
}

// searchAndEdit finds the policies of a repo of one file, and takes the first
// statement from each that can be edited.
func searchAndEdit(t *testing.T, name string, text []byte) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := Find(dir, FindOptions{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i := range found {
		p := &found[i]
		if seen[p.Address] {
			t.Errorf("two policies at %s", p.Address)
		}
		seen[p.Address] = true
		if p.Policy == nil || !p.Editable || len(p.Policy.Statements) == 0 {
			continue
		}
		smaller := *p.Policy
		smaller.Statements = p.Policy.Statements[1:]
		var declined *Declined
		if _, err := Rewrite(dir, p.Address, &smaller); err != nil && !errors.As(err, &declined) {
			t.Errorf("%s without its first statement: %v", p.Address, err)
		}
	}
}
