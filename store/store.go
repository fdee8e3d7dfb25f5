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
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

//go:embed schema.sql
var schema string

// version is the layout of the tables. A store of another version is refused.
const version = "2"

// ErrLocked is a store that another process has open.
var ErrLocked = errors.New("another process has the store open; wait for it or name another store")

// ErrVersion is a store whose layout this program does not read.
var ErrVersion = errors.New("the store has another layout; run `pruner ingest --rebuild` to make it anew from the logs")

// Options are how a store is opened. The zero value works.
type Options struct {
	Memory  int64 // bytes DuckDB may use; 0 is 1 GiB
	Threads int   // 0 is DuckDB's choice
}

// Store is an open store. Its methods may be used by one goroutine at a time.
type Store struct {
	db         *sql.DB
	path       string
	sessionKey []byte
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
	connector, err := duckdb.NewConnector(path, func(exec driver.ExecerContext) error {
		for _, s := range settings {
			if _, err := exec.ExecContext(ctx, s, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, openError(path, err)
	}
	s := &Store{db: sql.OpenDB(connector), path: path}
	s.db.SetMaxOpenConns(4)
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(openError(path, err), s.db.Close())
	}
	return s, nil
}

func openError(path string, err error) error {
	if strings.Contains(err.Error(), "Could not set lock") || strings.Contains(err.Error(), "Conflicting lock") {
		return fmt.Errorf("open store %s: %w", path, ErrLocked)
	}
	return fmt.Errorf("open store %s: %w", path, err)
}

// prepare makes the tables of a new store and checks those of an old one.
func (s *Store) prepare(ctx context.Context) error {
	var tables int
	err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM information_schema.tables`).Scan(&tables)
	if err != nil {
		return err
	}
	if tables == 0 {
		return s.create(ctx)
	}
	var have, key string
	err = s.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'version'`).Scan(&have)
	if err != nil || have != version {
		return ErrVersion
	}
	err = s.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'session_key'`).Scan(&key)
	if err != nil {
		return ErrVersion
	}
	s.sessionKey, err = hex.DecodeString(key)
	return err
}

func (s *Store) create(ctx context.Context) error {
	s.sessionKey = make([]byte, 32)
	rand.Read(s.sessionKey)
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO meta VALUES ('version', ?), ('session_key', ?)`, version, hex.EncodeToString(s.sessionKey))
	if err != nil {
		return err
	}
	return tx.Commit()
}

// SessionKey keys the hashes that stand for session names in this store.
func (s *Store) SessionKey() []byte { return s.sessionKey }

// Close closes the store.
func (s *Store) Close() error { return s.db.Close() }
