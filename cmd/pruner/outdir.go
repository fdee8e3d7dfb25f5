package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// outDir is the folder that a run leaves behind:
//
//	summary.json  index.html  all.patch
//	roles/<account>/<name>/report.json  report.html  usage.json  change.patch
//	roles/<account>/<name>/policies/<policy>.json
type outDir struct{ path string }

// newOutDir makes the folder ready: what an earlier run left for roles goes,
// so that nothing stale stays beside the new.
func newOutDir(path string) (*outDir, error) {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("make the output folder: %w", err)
	}
	if err := os.RemoveAll(filepath.Join(path, "roles")); err != nil {
		return nil, fmt.Errorf("clear the output folder: %w", err)
	}
	return &outDir{path}, nil
}

// write puts content at a slash-separated path below the folder. The bytes go
// to a temporary file first, so a reader never sees half a report.
func (o *outDir) write(name string, content []byte) error {
	return o.writeFrom(name, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// writeFrom is write for content that is rendered.
func (o *outDir) writeFrom(name string, render func(io.Writer) error) error {
	var buf bytes.Buffer
	if err := render(&buf); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	target := filepath.Join(o.path, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	partial := target + ".partial"
	if err := os.WriteFile(partial, buf.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return os.Rename(partial, target)
}

// fileName makes one path element of a name from an account: IAM names hold
// letters, digits and +=,.@-_ only, anything else becomes %XX, and so does a
// leading dot.
//
// Source: IAM User Guide, "IAM and AWS STS quotas", section "IAM name
// requirements".
func fileName(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		c := name[i]
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			strings.IndexByte("+=,@-_", c) >= 0 || c == '.' && i > 0
		if plain {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}
