package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"
)

// load reads the settings: defaults, then the config file, then PRUNER_*,
// then flags. Whatever is wrong is a usage error that names the file and line,
// the key, and what would be right.
func (a *app) load() (*settings, error) {
	file, err := a.configFile()
	if err != nil {
		return nil, err
	}
	c := &config{v: viper.New(), file: file, flags: a.flags}
	if err := c.read(); err != nil {
		return nil, err
	}
	s := &settings{origin: c.origin}
	for _, set := range table {
		if err := c.apply(s, set); err != nil {
			return nil, usageError("%s: %s: %w", c.origin(set.key), set.key, err)
		}
	}
	return s, nil
}

// configFile is the file to read: the one named, else config.yaml if there is
// one, else none.
func (a *app) configFile() (string, error) {
	if named := a.flags.config; named != "" {
		if _, err := os.Stat(named); err != nil {
			return "", usageError("--config: %w; name a file that exists", err)
		}
		return named, nil
	}
	if env := os.Getenv("PRUNER_CONFIG"); env != "" {
		if _, err := os.Stat(env); err != nil {
			return "", usageError("PRUNER_CONFIG: %w; name a file that exists", err)
		}
		return env, nil
	}
	if _, err := os.Stat("config.yaml"); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return "config.yaml", nil
}

// config is one reading of the settings.
type config struct {
	v     *viper.Viper
	file  string
	lines map[string]int // dotted key of the file → line
	flags settingFlags
}

func (c *config) read() error {
	if c.file != "" {
		if err := c.readFile(); err != nil {
			return err
		}
	}
	for _, s := range table {
		c.v.SetDefault(s.key, s.def)
		if s.kind == kindReserved {
			continue
		}
		if err := c.v.BindEnv(s.key, "PRUNER_"+envName(s.key)); err != nil {
			return err
		}
		if f := c.flags.set.Lookup(s.flag); f != nil && s.flag != "" {
			if err := c.v.BindPFlag(s.key, f); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *config) readFile() error {
	data, err := os.ReadFile(c.file)
	if err != nil {
		return usageError("read config: %w", err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return usageError("read config %s: %w", c.file, err)
	}
	c.lines = map[string]int{}
	if len(root.Content) > 0 {
		if root.Content[0].Kind != yaml.MappingNode {
			return usageError("%s:1: a config is a list of `key: value` lines", c.file)
		}
		if err := c.checkKeys(root.Content[0], ""); err != nil {
			return err
		}
	}
	c.v.SetConfigFile(c.file)
	c.v.SetConfigType("yaml")
	if err := c.v.ReadInConfig(); err != nil {
		return usageError("read config %s: %w", c.file, err)
	}
	return nil
}

// checkKeys notes the line of each key and refuses one that is not in the
// table.
func (c *config) checkKeys(node *yaml.Node, prefix string) error {
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], node.Content[i+1]
		key := prefix + name.Value
		c.lines[key] = name.Line
		switch {
		case slices.ContainsFunc(table, func(s setting) bool { return s.key == key }):
		case isSection(key) && value.Kind == yaml.MappingNode:
			if err := c.checkKeys(value, key+"."); err != nil {
				return err
			}
		case isSection(key) && value.Tag == "!!null":
		case isSection(key):
			return usageError("%s:%d: %s: want keys below it: %s", c.file, name.Line, key, strings.Join(below(key), ", "))
		default:
			return usageError("%s:%d: unknown key %q%s", c.file, name.Line, key, nearest(key))
		}
	}
	return nil
}

func isSection(key string) bool { return len(below(key)) > 0 }

func below(key string) []string {
	var keys []string
	for _, s := range table {
		if rest, ok := strings.CutPrefix(s.key, key+"."); ok {
			keys = append(keys, rest)
		}
	}
	return keys
}

// nearest names the known key that shares most with an unknown one.
func nearest(key string) string {
	best, bestDistance := "", len(key)/2+1
	var all []string
	for _, s := range table {
		all = append(all, s.key)
		if d := editDistance(key, s.key); d < bestDistance {
			best, bestDistance = s.key, d
		}
	}
	if best == "" {
		return "; the keys are " + strings.Join(all, ", ")
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// editDistance is the Levenshtein distance in bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// origin says where a value comes from: a flag, the environment, a line of
// the file, or the default.
func (c *config) origin(key string) string {
	for _, s := range table {
		if s.key == key && c.fromFlag(s) {
			return "--" + s.flag
		}
	}
	if _, ok := os.LookupEnv("PRUNER_" + envName(key)); ok {
		return "PRUNER_" + envName(key)
	}
	if line, ok := c.lines[key]; ok {
		return c.file + ":" + strconv.Itoa(line)
	}
	return "default"
}

func (c *config) fromFlag(s setting) bool {
	f := c.flags.set.Lookup(s.flag)
	return s.flag != "" && f != nil && f.Changed
}

// folder is what a relative path of this key is relative to: the config
// file's folder, but the working directory for flags and environment.
func (c *config) folder(key string) string {
	if o := c.origin(key); c.file == "" || strings.HasPrefix(o, "--") || strings.HasPrefix(o, "PRUNER_") {
		return ""
	}
	return filepath.Dir(c.file)
}

func (c *config) path(key, text string) string {
	if text == "" || filepath.IsAbs(text) {
		return text
	}
	return filepath.Join(c.folder(key), text)
}

// apply parses one setting into s.
func (c *config) apply(s *settings, set setting) (err error) {
	switch set.kind {
	case kindPath:
		err = c.applyPath(s, set)
	case kindSources:
		s.Logs, err = c.sources(set.key)
	case kindList:
		err = c.applyList(s, set)
	case kindDays:
		s.Window, err = parseDays(c.v.GetString(set.key))
	case kindAsOf:
		s.AsOf, err = parseAsOf(c.dateText(set.key))
	case kindInt:
		err = c.applyInt(s, set)
	case kindSize:
		s.Memory, err = parseSize(c.v.GetString(set.key))
	case kindChoice:
		s.Integrity = c.v.GetString(set.key)
		// YAML reads a bare off as false.
		if s.Integrity == "false" {
			s.Integrity = "off"
		}
		if !slices.Contains(set.choices, s.Integrity) {
			err = fmt.Errorf("%q; write one of %s", s.Integrity, strings.Join(set.choices, ", "))
		}
	case kindBool:
		s.Later, err = strconv.ParseBool(c.v.GetString(set.key))
		if err != nil {
			err = fmt.Errorf("%q; write true or false", c.v.GetString(set.key))
		}
	case kindStates:
		s.States, err = c.states(set.key)
	case kindReserved:
		err = c.reserved(set.key)
	}
	return err
}

// dateText undoes YAML's reading of a bare date as a timestamp.
func (c *config) dateText(key string) string {
	text := c.v.GetString(key)
	if len(text) > 10 && text[10] == ' ' {
		return text[:10]
	}
	return text
}

func (c *config) applyPath(s *settings, set setting) error {
	value, ok := c.v.Get(set.key).(string)
	if !ok && c.v.Get(set.key) != nil {
		return fmt.Errorf("want one path, have %v", c.v.Get(set.key))
	}
	value = c.path(set.key, value)
	switch set.key {
	case "store":
		s.Store = value
	case "account":
		s.Account = value
	case "repo":
		s.Repo = value
	case "out":
		s.Out = value
	case "integrity_keys":
		s.IntegrityKeys = value
	}
	return nil
}

func (c *config) sources(key string) ([]string, error) {
	list, err := c.list(key)
	for i, source := range list {
		if source != "-" && source != "event-history" && !strings.HasPrefix(source, "event-history:") && !strings.Contains(source, "://") {
			list[i] = c.path(key, source)
		}
	}
	return list, err
}

// states reads entries FOLDER=FILE; the file is a path as others are.
func (c *config) states(key string) ([]stateFile, error) {
	list, err := c.list(key)
	var out []stateFile
	for _, entry := range list {
		where, file, ok := strings.Cut(entry, "=")
		if !ok || file == "" {
			return nil, fmt.Errorf("entry %q; write FOLDER=FILE, the folder as in the repo", entry)
		}
		out = append(out, stateFile{where, c.path(key, file)})
	}
	return out, err
}

func (c *config) applyList(s *settings, set setting) error {
	list, err := c.list(set.key)
	switch set.key {
	case "roles.include":
		s.Include = list
	case "roles.exclude":
		s.Exclude = list
	case "protect":
		s.Protect = list
	}
	return err
}

// list reads a list, or one text with commas as the environment gives it.
func (c *config) list(key string) ([]string, error) {
	switch v := c.v.Get(key).(type) {
	case nil:
		return nil, nil
	case string:
		return strings.FieldsFunc(v, func(r rune) bool { return r == ',' }), nil
	case []string:
		return slices.Clone(v), nil
	case []any:
		list := make([]string, len(v))
		for i, e := range v {
			text, ok := e.(string)
			if !ok {
				return nil, fmt.Errorf("entry %d is %v; want a text", i+1, e)
			}
			list[i] = text
		}
		return list, nil
	default:
		return nil, fmt.Errorf("want a list, have %v", v)
	}
}

func (c *config) applyInt(s *settings, set setting) error {
	text := c.v.GetString(set.key)
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return fmt.Errorf("%q; write a whole number from 0", text)
	}
	switch set.key {
	case "min_visible_days":
		s.MinVisibleDays = n
	case "jobs":
		s.Jobs = n
	case "synth.split_weight":
		s.SplitWeight = n
	}
	return nil
}

// reserved refuses a value for a key whose feature this version does not have.
func (c *config) reserved(key string) error {
	switch v := c.v.Get(key).(type) {
	case []any:
		if len(v) == 0 {
			return nil
		}
	case map[string]any:
		if len(v) == 0 {
			return nil
		}
	case nil, []string:
		return nil
	}
	return errors.New("this version cannot act on it; leave it empty")
}
