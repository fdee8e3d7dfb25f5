// Package store keeps observations, the manifest of what was read, and what
// could not be read, in a DuckDB file. It is the one home of DuckDB and Arrow.
//
// DuckDB lets one process at a time have the file open.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	_ "embed" // for the schema
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

//go:embed schema.sql
var schema string

// version is the layout of the tables. A store of another version is refused,
// save those that [migrations] know.
const version = "5"

// ErrLocked is a store that another process has open.
var ErrLocked = errors.New("another process has the store open; wait for it or name another store")

// ErrVersion is a store whose layout this program does not read.
var ErrVersion = errors.New("the store has another layout; run `pruner ingest --rebuild` to make it anew from the logs")

// ErrDamaged is a store whose file was damaged: cut off, or something in it that
// is not what was written.
var ErrDamaged = errors.New("the store's file is damaged; run `pruner ingest --rebuild` to make it anew from the logs")

// ErrForeign is a file that is no store: it is neither read nor replaced.
var ErrForeign = errors.New("the file is no store of pruner's; name another")

// ErrFull is a disk, or a limit on a file's size, that leaves no room to write.
// What was committed before stays.
var ErrFull = errors.New("no room to write; make room, or lift the limit on file sizes, and run it again: what is committed is kept")

// Options are how a store is opened. The zero value works.
type Options struct {
	Memory  int64 // bytes DuckDB may use; 0 is 1 GiB
	Threads int   // 0 is DuckDB's choice
}

// Store is an open store. Its methods may be used by one goroutine at a time.
type Store struct {
	db         *sql.DB
	guard      *guard
	path       string
	sessionKey []byte
	memory     int64 // bytes DuckDB may use
}

// Open opens or makes the store at path. The errors [ErrLocked] and
// [ErrVersion] say what to do.
func Open(ctx context.Context, path string, options Options) (*Store, error) {
	if options.Memory == 0 {
		options.Memory = 1 << 30
	}
	settings := []string{fmt.Sprintf("SET memory_limit = '%dMB'", options.Memory>>20), "SET preserve_insertion_order = false"}
	if options.Threads > 0 {
		settings = append(settings, fmt.Sprintf("SET threads = %d", options.Threads))
	}
	source, err := dataSource(path)
	if err == nil {
		err = makeNew(ctx, path)
	}
	if err != nil {
		return nil, openError(path, err)
	}
	g, err := openGuard(path)
	if err != nil {
		return nil, openError(path, err)
	}
	connector, err := duckdb.NewConnector(source, func(exec driver.ExecerContext) error {
		for _, s := range settings {
			if _, err := exec.ExecContext(ctx, s, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(openError(path, err), g.close())
	}
	s := &Store{db: sql.OpenDB(connector), guard: g, path: path, memory: options.Memory}
	s.db.SetMaxOpenConns(4)
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(openError(path, err), s.Close())
	}
	return s, nil
}

// dataSource is the path as DuckDB's driver takes it, which is a URL: it would
// cut what looks like a query off, and takes "a:b" for a scheme.
func dataSource(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	if !filepath.IsAbs(path) {
		path = "." + string(filepath.Separator) + path
	}
	if _, err := url.Parse(path); err != nil || strings.Contains(path, "?") {
		return "", errors.New("DuckDB's driver takes no path with a question mark, a percent sign that escapes nothing, or a control character; name another store")
	}
	return path, nil
}

// makeNew makes an empty store beside the path and moves it there when it is
// whole: a run that is killed, or finds the disk full, leaves no half a file. Of
// several processes one makes it.
func makeNew(ctx context.Context, path string) (err error) {
	if there(path) {
		return nil
	}
	defer lockFolder(filepath.Dir(path))()
	if there(path) {
		return nil // another process was first
	}
	half := path + ".new"
	if err := errors.Join(Remove(half), removeBeside(path)); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = Remove(half) // the error that led here says more
		}
	}()
	source, err := dataSource(half)
	if err != nil {
		return err
	}
	db, err := sql.Open("duckdb", source)
	if err != nil {
		return err
	}
	if err := errors.Join(create(ctx, db), db.Close()); err != nil {
		return err
	}
	return os.Rename(half, path)
}

func openError(path string, err error) error {
	if strings.Contains(err.Error(), "Could not set lock") || strings.Contains(err.Error(), "Conflicting lock") {
		return fmt.Errorf("open store %s: %w", path, ErrLocked)
	}
	return fmt.Errorf("open store %s: %w", path, hint(err))
}

// hints are what DuckDB says, which only has a text, or the system, in small
// letters, and what that means.
var hints = []struct {
	text string
	is   error
}{
	{"no space left on device", ErrFull},
	{"file too large", ErrFull},
	{"disk quota exceeded", ErrFull},
	{"corrupt database file", ErrDamaged},
	{"could not read enough bytes from file", ErrDamaged},
	{"not a valid duckdb database file", ErrForeign},
}

// hint adds what to do to an error of DuckDB's.
func hint(err error) error {
	if err == nil {
		return nil
	}
	said := strings.ToLower(err.Error())
	for _, h := range hints {
		if strings.Contains(said, h.text) {
			return fmt.Errorf("%w (%w)", h.is, err)
		}
	}
	return err
}

// prepare checks the layout and reads the key.
func (s *Store) prepare(ctx context.Context) error {
	var have, key string
	err := s.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'version'`).Scan(&have)
	if err != nil && strings.Contains(err.Error(), "Catalog Error") {
		return ErrForeign // a database of somebody else's
	}
	if steps := migrations[have]; err == nil && steps != "" {
		if err := s.migrate(ctx, steps); err != nil {
			return err
		}
		have = version
	}
	if err != nil || have != version {
		return errors.Join(ErrVersion, wrongFile(err))
	}
	err = s.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'session_key'`).Scan(&key)
	if err != nil {
		return errors.Join(ErrVersion, wrongFile(err))
	}
	s.sessionKey, err = hex.DecodeString(key)
	return err
}

// wrongFile keeps what DuckDB says unless it is that the table or row is not
// there, as in another layout.
func wrongFile(err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) || strings.Contains(err.Error(), "Catalog Error") {
		return nil
	}
	return err
}

// create makes the tables of a new store.
func create(ctx context.Context, db *sql.DB) error {
	key := make([]byte, 32)
	rand.Read(key)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO meta VALUES ('version', ?), ('session_key', ?)`, version, hex.EncodeToString(key))
	if err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `FORCE CHECKPOINT`) // closing would not say if it failed
	return err
}

// Free reports [ErrLocked] where another process has the store at path open, and
// [ErrForeign] where the file is none. A store that is not there, or that cannot
// be read, is free.
func Free(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	s, err := Open(ctx, path, Options{})
	switch {
	case err == nil:
		return s.Close()
	case errors.Is(err, ErrLocked), errors.Is(err, ErrForeign):
		return err
	}
	return nil
}

func there(path string) bool {
	_, err := os.Stat(path)
	return path == "" || err == nil && !empty(path)
}

// empty: the file has nothing in it, as mktemp makes one, or a crash.
func empty(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() == 0
}

// OneThread lets DuckDB work in its caller's thread alone until done is called.
// Where others keep the processors busy, its threads wait for each other by
// turning: of 4.3 s of processor time that ingest took for 500,000 events on
// two processors, that was 0.9 s.
func (s *Store) OneThread(ctx context.Context) (done func() error, err error) {
	var threads int64
	if err := s.db.QueryRowContext(ctx, `SELECT current_setting('threads')`).Scan(&threads); err != nil {
		return nil, fmt.Errorf("ask for the threads of %s: %w", s.path, err)
	}
	set := func(n int64) error {
		_, err := s.db.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("SET threads = %d", n))
		return err
	}
	return func() error { return set(threads) }, set(1)
}

// SessionKey keys the hashes that stand for session names in this store.
func (s *Store) SessionKey() []byte { return s.sessionKey }

// Close closes the store.
func (s *Store) Close() error {
	err := s.beforeClosing()
	err = errors.Join(err, s.db.Close(), s.guard.close())
	s.guard = nil
	return err
}

// beforeClosing makes the undo of the checkpoint that closing makes where a log is
// left. Where it cannot, there is no checkpoint either, and what is committed
// stays in the log.
func (s *Store) beforeClosing() error {
	if _, err := os.Stat(s.path + logSuffix); err != nil || s.guard == nil {
		return nil
	}
	ctx := context.Background()
	err := s.guard.note(ctx, s.db)
	if err == nil {
		return nil
	}
	_, off := s.db.ExecContext(ctx, `PRAGMA disable_checkpoint_on_shutdown`)
	return fmt.Errorf("close the store %s: %w", s.path, hint(errors.Join(err, off)))
}
