package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// settings is config.yaml with everything parsed. Paths are absolute or
// relative to the working directory.
type settings struct {
	Store          string
	Logs           []string
	Account        string
	Repo           string
	Out            string
	Window         int // days
	AsOf           asOf
	MinVisibleDays int
	Memory         int64 // bytes
	Jobs           int
	Integrity      string
	IntegrityKeys  string
	Include        []string // globs over role names and ARNs
	Exclude        []string
	States         []stateFile
	Protect        []string // action patterns
	Later          bool
	SplitWeight    int

	origin func(key string) string // where a value was set, for messages
}

// kind says how a setting's text is read.
type kind int

const (
	kindPath kind = iota
	kindSources
	kindList
	kindStates
	kindDays
	kindAsOf
	kindInt
	kindSize
	kindChoice
	kindBool
	kindReserved
)

// stateFile is a state of a root module, or of a stack of a template.
type stateFile struct{ Where, File string }

// setting is one key of config.yaml.
type setting struct {
	key     string
	flag    string // "" if there is none
	kind    kind
	def     any
	choices []string
	help    string
}

// table is every setting, in the order of config.yaml. A test holds the
// shipped config.yaml against it.
var table = []setting{
	{key: "store", flag: "store", kind: kindPath, def: "pruner.duckdb", help: "the DuckDB file that observations are kept in"},
	{key: "logs", flag: "logs", kind: kindSources, def: []string{}, help: "where CloudTrail objects are: folders, s3://bucket/prefix, event-history, - (standard input)"},
	{key: "account", flag: "snapshot", kind: kindPath, def: "", help: "the snapshot folder of the accounts"},
	{key: "repo", flag: "repo", kind: kindPath, def: "", help: "the infrastructure-as-code repo that holds the policies"},
	{key: "states", flag: "state", kind: kindStates, def: []string{}, help: "FOLDER=FILE: what terraform show -json prints of the root module in a folder of the repo"},
	{key: "out", flag: "out", kind: kindPath, def: "out", help: "the folder that reports and patches are written to"},
	{key: "window", flag: "window", kind: kindDays, def: "90d", help: "how far back use is looked at"},
	{key: "as_of", flag: "as-of", kind: kindAsOf, def: "latest", help: "the window's end: latest (the last event), now, or a date"},
	{key: "min_visible_days", flag: "min-visible-days", kind: kindInt, def: 85, help: "days of the window that must be visible before a removal"},
	{key: "memory", flag: "memory", kind: kindSize, def: "2GiB", help: "memory that ingest may use; DuckDB gets half"},
	{key: "jobs", flag: "jobs", kind: kindInt, def: 0, help: "workers; 0 is one per processor"},
	{key: "integrity", flag: "integrity", kind: kindChoice, def: "off", choices: []string{"off", "warn", "require"}, help: "validation of CloudTrail digests"},
	{key: "integrity_keys", flag: "integrity-keys", kind: kindPath, def: "", help: "CloudTrail's public keys: what aws cloudtrail list-public-keys prints, in a file or a folder of them"},
	{key: "roles.include", kind: kindList, def: []string{"*"}, help: "roles to propose for: names, ARNs or globs"},
	{key: "roles.exclude", kind: kindList, def: []string{}, help: "roles to leave alone"},
	{key: "protect", kind: kindList, def: []string{}, help: "actions never to remove"},
	{key: "synth.later", flag: "later", kind: kindBool, def: false, help: "carry the removals graded later as well as the safe ones"},
	{key: "synth.split_weight", kind: kindInt, def: 0, help: "removed weight from which a statement may be split; 0 is the built-in measure"},
	{key: "stages", kind: kindReserved, def: []string{}, help: "roll-out order of shared blocks; must be empty"},
	{key: "pull_requests", kind: kindReserved, def: map[string]any{}, help: "pull-request settings; must be empty"},
}

// settingFlags holds the flags every command has.
type settingFlags struct {
	config string
	set    *pflag.FlagSet
}

// settingFlags declares --config and a flag for each setting that has one.
func (a *app) settingFlags(fs *pflag.FlagSet) {
	a.flags.set = fs
	fs.StringVar(&a.flags.config, "config", "", "config file (default config.yaml, if there is one)")
	for _, s := range table {
		switch def := s.def.(type) {
		case string:
			if s.flag != "" {
				fs.String(s.flag, def, s.help)
			}
		case int:
			if s.flag != "" {
				fs.String(s.flag, strconv.Itoa(def), s.help)
			}
		case bool:
			if s.flag != "" {
				fs.Bool(s.flag, def, s.help)
			}
		case []string:
			if s.flag != "" {
				fs.StringSlice(s.flag, def, s.help)
			}
		}
	}
}

// asOf is the end of the window.
type asOf struct {
	word string // "latest", "now" or ""
	date time.Time
}

// end gives the instant the window ends at: exclusive, the midnight after the
// last day that counts.
func (a asOf) end(latest time.Time) time.Time {
	last := a.date
	switch a.word {
	case "latest":
		last = latest
	case "now":
		last = time.Now()
	}
	return last.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
}

func parseAsOf(text string) (asOf, error) {
	switch text {
	case "latest", "now":
		return asOf{word: text}, nil
	}
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return asOf{}, fmt.Errorf("%q is not an end of the window; write latest, now, or a date such as 2026-10-31", text)
	}
	return asOf{date: d}, nil
}

// parseDays reads "90d", "12w" or a Go duration of whole days.
func parseDays(text string) (int, error) {
	wrong := fmt.Errorf("%q is not a duration; write days, such as 90d, or weeks, such as 13w", text)
	per := map[byte]int{'d': 1, 'w': 7}
	if text == "" {
		return 0, wrong
	}
	if unit := per[text[len(text)-1]]; unit > 0 {
		n, err := strconv.Atoi(text[:len(text)-1])
		if err != nil || n <= 0 || n > 4000 {
			return 0, wrong
		}
		return n * unit, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d%(24*time.Hour) != 0 {
		return 0, wrong
	}
	return int(d / (24 * time.Hour)), nil
}

var sizeUnits = []struct {
	suffix string
	bytes  int64
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"TiB", 1 << 40},
	{"KB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"TB", 1e12},
	{"B", 1},
}

// minMemory is what DuckDB and one inflated object need at the least.
const minMemory = 512 << 20

// parseSize reads "2GiB", "800MB".
func parseSize(text string) (int64, error) {
	for _, u := range sizeUnits {
		number, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || n <= 0 || n > 1<<20 {
			break
		}
		size := int64(n * float64(u.bytes))
		if size < minMemory {
			return 0, fmt.Errorf("%q is too little; the least is 512MiB", text)
		}
		return size, nil
	}
	return 0, fmt.Errorf("%q is not a size; write a number with a unit, such as 2GiB or 800MB", text)
}

// needFolder gives the folder a command cannot do without, or a usage error
// that names the key.
func (s *settings) needFolder(key, path string) (string, error) {
	if path == "" {
		return "", usageError("%s: not set; name a folder in config.yaml or PRUNER_%s", key, envName(key))
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", usageError("%s: %s: folder %s: %w; name one that exists", s.origin(key), key, path, err)
	}
	if !info.IsDir() {
		return "", usageError("%s: %s: %s is a file; name the folder", s.origin(key), key, path)
	}
	return filepath.Clean(path), nil
}

func envName(key string) string {
	return strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}
