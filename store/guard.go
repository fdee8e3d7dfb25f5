package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/duckdb/duckdb-go/v2"
)

// guard keeps an [undo] beside a store while DuckDB has it open, in PATH.undo. It
// is written before a transaction commits, which may begin a checkpoint, and
// settled before DuckDB opens the file and after it closed it.
//
// The guard has the file open for as long as DuckDB has: the lock on a file is
// the process's, and closing any descriptor of the file gives it up. A nil guard
// guards nothing: the store is in memory, or the system has no such locks.
type guard struct {
	f     *os.File
	undo  string
	noted head // in force when the undo was written
}

// openGuard locks a store's file as DuckDB will, so that nobody else has it open,
// and settles what a run before left. What DuckDB cannot open either it says
// itself.
func openGuard(path string) (*guard, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, nil
	}
	g := &guard{f: f, undo: path + undoSuffix}
	switch err := lockFile(f); {
	case errors.Is(err, ErrLocked):
		return nil, errors.Join(err, f.Close())
	case err != nil:
		return nil, f.Close()
	}
	if err := g.settle(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return g, nil
}

// close settles when DuckDB has closed the file, unless another process already
// has it, which did: of a checkpoint that fails then DuckDB says nothing.
func (g *guard) close() error {
	if g == nil {
		return nil
	}
	var err error
	if lockFile(g.f) == nil {
		err = g.settle()
	}
	return errors.Join(err, g.f.Close())
}

// settle applies the undo and removes it. The file must be locked.
func (g *guard) settle() error {
	data, err := os.ReadFile(g.undo)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if u := decodeUndo(data); err == nil && u != nil {
		err = errors.Join(u.apply(g.f), g.f.Sync())
	}
	if err != nil {
		return fmt.Errorf("put right what %s says of a checkpoint: %w", g.undo, err)
	}
	return os.Remove(g.undo)
}

// querier is a connection, or any of a database's.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// note makes the undo of the next checkpoint, once until there is one. What it
// notes does not change before.
func (g *guard) note(ctx context.Context, db querier) error {
	if g == nil {
		return nil
	}
	h, err := readHeads(g.f)
	if err != nil {
		return err
	}
	at := h.active()
	if at >= 0 && bytes.Equal(h[at], g.noted) {
		return nil
	}
	if at < 0 || !whole(h[1-at]) {
		return ErrDamaged
	}
	u := &undo{Active: h[at], Other: h[1-at]}
	if u.Blocks, err = sharedBlocks(ctx, db, g.f, h[at]); err == nil {
		err = u.write(g.undo)
	}
	if err == nil && g.noted == nil {
		err = syncFolder(filepath.Dir(g.undo)) // later undos take the name that is there
	}
	if err != nil {
		return fmt.Errorf("note in %s what a checkpoint may tear: %w", g.undo, err)
	}
	g.noted = h[at]
	return nil
}

// sharedBlocks reads the blocks of metadata that have free parts. One that is
// damaged is not among them: it stays so.
func sharedBlocks(ctx context.Context, db querier, f *os.File, h head) (list []sharedBlock, err error) {
	rows, err := db.QueryContext(ctx, `SELECT block_id, free_list FROM pragma_metadata_info() WHERE free_blocks > 0`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var b sharedBlock
		var free duckdb.Composite[[]int64]
		if err := rows.Scan(&b.ID, &free); err != nil {
			return nil, err
		}
		b.Used = ^uint64(0)
		for _, i := range free.Get() {
			b.Used &^= 1 << i
		}
		data, _, err := b.read(f, h)
		if err != nil {
			return nil, err
		}
		if data != nil && whole(data) {
			b.Sum = b.sum(data)
			list = append(list, b)
		}
	}
	return list, rows.Err()
}

// write makes an undo last.
func (u *undo) write(path string) (err error) {
	data, err := u.encode()
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
