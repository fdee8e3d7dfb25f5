package main

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const committed = "../../testdata/cloudtrail"

// TestCommittedIsGenerated makes the sample anew and compares every byte.
func TestCommittedIsGenerated(t *testing.T) {
	dir := t.TempDir()
	if err := sampleWorld().write(dir, volume{seed: 1, workers: 2}, io.Discard); err != nil {
		t.Fatal(err)
	}
	made, kept := files(t, dir), files(t, committed)
	for path := range made {
		if _, known := kept[path]; !known {
			t.Errorf("%s is made and not committed: go run ./scripts/sample", path)
		}
	}
	for path, old := range kept {
		if !strings.HasPrefix(path, "logs/") && !strings.HasPrefix(path, "snapshot/") && path != "truth.json" {
			continue // written by hand
		}
		if now, known := made[path]; !known {
			t.Errorf("%s is committed and not made: go run ./scripts/sample", path)
		} else if !bytes.Equal(old, now) {
			t.Errorf("%s differs from what is made: go run ./scripts/sample", path)
		}
	}
}

func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		content, err := os.ReadFile(path)
		all[filepath.ToSlash(name)] = content
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSampleIsSmallAndLargeEnough(t *testing.T) {
	size := 0
	for _, content := range files(t, committed) {
		size += len(content)
	}
	if size > 3<<20 {
		t.Errorf("the sample has %d bytes, more than 3 MiB", size)
	}
	living := 0
	for _, r := range allRoles() {
		if !r.gone() {
			living++
		}
	}
	if living < 12 {
		t.Errorf("the sample has %d roles, fewer than 12", living)
	}
	if days := lastDay.Sub(firstDay).Hours()/24 + 1; days < 91 {
		t.Errorf("the sample has %v days, fewer than 91", days)
	}
}

// TestEveryHourButOne reads the records back: each account and region has some
// in every hour, but for the missing one.
func TestEveryHourButOne(t *testing.T) {
	for _, l := range sampleWorld().lanes(1) {
		seen := map[int64]bool{}
		for day := firstDay; !day.After(lastDay); day = day.AddDate(0, 0, 1) {
			for _, e := range l.entries(day, 1) {
				seen[e.unix/3600] = true
			}
		}
		for at := firstDay; at.Before(lastDay.AddDate(0, 0, 1)); at = at.Add(time.Hour) {
			missing := l.account == prod && l.region == mainRegion && at.Equal(missingHour)
			if seen[at.Unix()/3600] == missing {
				t.Errorf("%s %s %s: events %v, want %v", l.account.ID, l.region, at, !missing, missing)
			}
		}
	}
}

// TestRecordsAreJSON writes a record of every call and reads it back, at one
// time and then at another.
func TestRecordsAreJSON(t *testing.T) {
	for _, l := range sampleWorld().lanes(1) {
		for _, w := range l.works {
			for i, record := range w.records {
				s := w.role.at(missingHour.Unix(), 1)
				text := record.append(nil, &moment{unix: missingHour.Unix(), session: &s, random: mixed(7)})
				var read struct{ EventTime, EventName, EventID, RecipientAccountID string }
				if err := json.Unmarshal(text, &read); err != nil {
					t.Fatalf("%s %s: %v\n%s", w.role.Name, w.job.Calls[i].Name, err, text)
				}
				if read.EventTime != "2026-09-17T14:00:00Z" || read.EventName != w.job.Calls[i].Name || read.RecipientAccountID != w.role.Account.ID {
					t.Errorf("%s: read back %+v", w.role.Name, read)
				}
				if bytes.Contains(text, []byte("$(")) {
					t.Errorf("%s: placeholder left in %s", w.role.Name, text)
				}
			}
		}
	}
}

// TestVolume grows the sample and counts.
func TestVolume(t *testing.T) {
	dir := t.TempDir()
	objects, records, err := sampleWorld().writeLogs(dir, volume{seed: 1, events: 60_000, perObject: 500, level: 1, workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if records < 54_000 || records > 66_000 {
		t.Errorf("asked for 60000 records, got %d", records)
	}
	if found := int64(len(files(t, dir))); found != objects {
		t.Errorf("%d objects said, %d written", objects, found)
	}
}
