package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/duckdb/duckdb-go/v2"

	"github.com/pruner/pruner/trail"
)

// Object is a manifest row: one log object that was read.
type Object struct {
	URI, ETag, SHA256      string
	Size, Records, Rejects int64
}

// Reject is a record that could not be read; Index -1 means the object.
type Reject struct {
	URI    string
	Index  int
	Reason string
}

// Hour is an hour in which an account's region had a record.
type Hour struct {
	Account, Region string
	Hour            int64 // hours since 1970-01-01
}

// Batch is what one transaction adds.
type Batch struct {
	Objects      []Object
	Rejects      []Reject
	Observations []*trail.Observation
	Hours        []Hour
}

// Append commits a batch whole or not at all. Rows go in as Arrow batches
// through a view; see the Arrow section of ARCHITECTURE.md.
func (s *Store) Append(ctx context.Context, b *Batch) (err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	for _, table := range []struct {
		name   string
		record arrow.RecordBatch
	}{
		{"observation", observationRows(b.Observations)},
		{"hour", hourRows(b.Hours)},
		{"reject", rejectRows(b.Rejects)},
		{"object", objectRows(b.Objects)},
	} {
		if err := insert(ctx, conn, table.name, table.record); err != nil {
			_, rollback := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
			return errors.Join(fmt.Errorf("append to %s: %w", table.name, err), rollback)
		}
	}
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit %d objects: %w", len(b.Objects), err)
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

func newRows(fields ...arrow.Field) *array.RecordBuilder {
	return array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
}

func text(name string) arrow.Field { return arrow.Field{Name: name, Type: arrow.BinaryTypes.String} }

func wide(name string) arrow.Field {
	return arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Int64}
}

func narrow(name string) arrow.Field {
	return arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Int32}
}

func appendText(b *array.RecordBuilder, column int, s string) {
	b.Field(column).(*array.StringBuilder).Append(s)
}

func appendWide(b *array.RecordBuilder, column int, n int64) {
	b.Field(column).(*array.Int64Builder).Append(n)
}

func appendNarrow(b *array.RecordBuilder, column int, n int32) {
	b.Field(column).(*array.Int32Builder).Append(n)
}

func observationRows(list []*trail.Observation) arrow.RecordBatch {
	b := newRows(narrow("day"), text("account"), text("principal"), text("fact"), wide("first"), wide("last"), narrow("hours"), text("event_id"), text("shared"))
	defer b.Release()
	for _, o := range list {
		fact, err := json.Marshal(&o.Fact)
		if err != nil {
			panic("store: a fact always encodes: " + err.Error())
		}
		appendNarrow(b, 0, int32(o.Day))
		appendText(b, 1, o.Account)
		appendText(b, 2, principalOf(&o.Fact))
		appendText(b, 3, string(fact))
		appendWide(b, 4, o.First.Unix())
		appendWide(b, 5, o.Last.Unix())
		appendNarrow(b, 6, int32(o.Hours))
		appendText(b, 7, o.EventID)
		appendText(b, 8, o.Shared)
	}
	return b.NewRecordBatch()
}

// principalOf is what observations are ordered by: the role of a session, else
// the caller's ARN, else whatever names the caller.
func principalOf(f *trail.Fact) string {
	for _, name := range []string{f.Identity.IssuerARN, f.Identity.ARN, f.Identity.InvokedBy, f.Identity.ID} {
		if name != "" {
			return name
		}
	}
	return f.Identity.Type
}

func hourRows(list []Hour) arrow.RecordBatch {
	b := newRows(text("account"), text("region"), wide("hour"))
	defer b.Release()
	for _, h := range list {
		appendText(b, 0, h.Account)
		appendText(b, 1, h.Region)
		appendWide(b, 2, h.Hour)
	}
	return b.NewRecordBatch()
}

func rejectRows(list []Reject) arrow.RecordBatch {
	b := newRows(text("uri"), wide("idx"), text("reason"))
	defer b.Release()
	for _, r := range list {
		appendText(b, 0, r.URI)
		appendWide(b, 1, int64(r.Index))
		appendText(b, 2, r.Reason)
	}
	return b.NewRecordBatch()
}

func objectRows(list []Object) arrow.RecordBatch {
	b := newRows(text("uri"), text("etag"), wide("size"), text("sha256"), wide("records"), wide("rejects"))
	defer b.Release()
	for _, o := range list {
		appendText(b, 0, o.URI)
		appendText(b, 1, o.ETag)
		appendWide(b, 2, o.Size)
		appendText(b, 3, o.SHA256)
		appendWide(b, 4, o.Records)
		appendWide(b, 5, o.Rejects)
	}
	return b.NewRecordBatch()
}
