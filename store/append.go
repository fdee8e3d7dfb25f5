package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/duckdb/duckdb-go/v2"

	"github.com/pruner/pruner/trail"
)

// Object is a manifest row: one log object that was read.
type Object struct {
	URI, ETag, SHA256      string
	Size, Records, Rejects int64
	Place                  // of its records; of its delivery if it has none
}

// Place is where and when records happened. An empty account or region stands
// for several, or an unknown one.
type Place struct {
	Account, Region string
	First, Last     int64 // seconds since 1970-01-01, both inclusive; 0: unknown
}

// Reject is a record that could not be read; Index -1 means the object.
type Reject struct {
	URI    string
	Index  int
	Reason string
	Place  // where something may be missing for it
}

// Batch is what a transaction adds: whole objects, and what they held.
type Batch struct {
	Objects []Object
	Rejects []Reject
	Folding *trail.Folding // may be nil
}

// Append commits all of some batches or nothing, as on [ErrFull]. Rows go in as
// Arrow batches through a view.
func (s *Store) Append(ctx context.Context, batches ...*Batch) error {
	objects := 0
	err := s.transact(ctx, func(conn *sql.Conn) error {
		for _, b := range batches {
			objects += len(b.Objects)
			if err := insertAll(ctx, conn, b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("commit %d objects to %s: %w", objects, s.path, hint(err))
	}
	return nil
}

// transact makes all the changes of f or none. All that is committed to a store
// that is open passes through it: a commit may begin a checkpoint.
func (s *Store) transact(ctx context.Context, f func(*sql.Conn) error) (err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	if err = f(conn); err == nil {
		err = s.guard.note(ctx, conn)
	}
	if err != nil {
		_, rollback := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return errors.Join(err, rollback)
	}
	_, err = conn.ExecContext(ctx, "COMMIT")
	return err
}

func insertAll(ctx context.Context, conn *sql.Conn, b *Batch) error {
	folding := b.Folding
	if folding == nil {
		folding = trail.NewFolding()
	}
	var first int64
	if err := conn.QueryRowContext(ctx, `SELECT coalesce(max(id) + 1, 0) FROM shape`).Scan(&first); err != nil {
		return err
	}
	for _, table := range []struct {
		name   string
		record arrow.RecordBatch
	}{
		{"shape", shapeRows(folding, first)},
		{"observation", observationRows(folding, first)},
		{"presence", presenceRows(folding.Presence())},
		{"reject", rejectRows(b.Rejects)},
		{"object", objectRows(b.Objects)},
	} {
		if err := insert(ctx, conn, table.name, table.record); err != nil {
			return fmt.Errorf("append to %s: %w", table.name, err)
		}
	}
	return nil
}

// insert hands an Arrow batch to DuckDB and copies it into the table.
func insert(ctx context.Context, conn *sql.Conn, table string, record arrow.RecordBatch) error {
	defer record.Release()
	if record.NumRows() == 0 {
		return nil
	}
	reader, err := array.NewRecordReader(record.Schema(), []arrow.RecordBatch{record})
	if err != nil {
		return err
	}
	defer reader.Release()
	view := "incoming_" + table
	err = conn.Raw(func(dc any) error {
		ar, err := duckdb.NewArrowFromConn(dc.(*duckdb.Conn))
		if err != nil {
			return err
		}
		release, err := ar.RegisterView(reader, view)
		if err != nil {
			return err
		}
		defer release()
		rows, err := ar.QueryContext(ctx, "INSERT INTO "+table+" SELECT * FROM "+view)
		if err != nil {
			return err
		}
		rows.Release()
		return nil
	})
	if err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "DROP VIEW "+view)
	return err
}
