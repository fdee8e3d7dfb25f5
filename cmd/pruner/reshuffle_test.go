package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// reshuffle is the command of scripts that delivers logs again as nobody would:
//
//	reshuffle LOGS DIR
//
// All records stand in DIR in another order, a thousand a file, as JSON lines,
// and some of them twice.
func reshuffle(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: reshuffle LOGS DIR")
	}
	var records []json.RawMessage
	ts.Check(filepath.WalkDir(args[0], func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".json.gz") || strings.Contains(path, "CloudTrail-Digest") {
			return err
		}
		list, err := recordsOf(path)
		records = append(records, list...)
		return err
	}))
	records = append(records, records[:len(records)/3]...)
	rand.New(rand.NewPCG(9, 9)).Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
	dir := ts.MkAbs(args[1])
	ts.Check(os.MkdirAll(dir, 0o755))
	for i := 0; len(records) > 0; i++ {
		n := min(1000, len(records))
		var lines bytes.Buffer
		for _, r := range records[:n] {
			lines.Write(r)
			lines.WriteByte('\n')
		}
		ts.Check(os.WriteFile(filepath.Join(dir, fmt.Sprint(i, ".jsonl")), lines.Bytes(), 0o644))
		records = records[n:]
	}
}

func recordsOf(path string) ([]json.RawMessage, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var log struct{ Records []json.RawMessage }
	err = json.NewDecoder(z).Decode(&log)
	return log.Records, err
}
