package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/pruner/pruner/trail"
)

// Digest is a digest file whose signature was looked at.
type Digest struct {
	*trail.Digest
	Fault string // why it proves nothing; "" for a valid one
}

// AppendDigests commits digests and what they list, whole or not at all.
func (s *Store) AppendDigests(ctx context.Context, list []Digest) error {
	err := s.transact(ctx, func(conn *sql.Conn) error {
		if err := insert(ctx, conn, "digest", digestRows(list)); err != nil {
			return err
		}
		return insert(ctx, conn, "digest_log", digestLogRows(list))
	})
	if err != nil {
		return fmt.Errorf("commit %d digests to %s: %w", len(list), s.path, hint(err))
	}
	return nil
}

// KnownDigests reads which digest files, by their [trail.FileOf], are in the
// store.
func (s *Store) KnownDigests(ctx context.Context) (*Manifest, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT file FROM digest`)
	if err != nil {
		return nil, fmt.Errorf("read the known digests: %w", err)
	}
	defer rows.Close()
	m := &Manifest{}
	for rows.Next() {
		var file string
		if err := rows.Scan(&file); err != nil {
			return nil, err
		}
		m.Add(file)
	}
	return m, rows.Err()
}

func digestRows(list []Digest) arrow.RecordBatch {
	var c columns
	c.add("file", texts(list, func(d *Digest) string { return d.File }))
	c.add("chain", texts(list, func(d *Digest) string { return d.Chain }))
	c.add("account", texts(list, func(d *Digest) string { return d.Account }))
	c.add("region", texts(list, func(d *Digest) string { return d.Region }))
	c.add("start", wides(list, func(d *Digest) int64 { return d.Start.Unix() }))
	c.add("finish", wides(list, func(d *Digest) int64 { return d.End.Unix() }))
	c.add("sha256", texts(list, func(d *Digest) string { return d.SHA256 }))
	c.add("previous", texts(list, func(d *Digest) string { return d.Previous.File }))
	c.add("previous_sha256", texts(list, func(d *Digest) string { return d.Previous.SHA256 }))
	c.add("fault", texts(list, func(d *Digest) string { return d.Fault }))
	return c.batch()
}

func digestLogRows(list []Digest) arrow.RecordBatch {
	type listed struct {
		digest string
		trail.DigestLog
	}
	var logs []listed
	for _, d := range list {
		for _, l := range d.Logs {
			logs = append(logs, listed{d.File, l})
		}
	}
	var c columns
	c.add("digest", texts(logs, func(l *listed) string { return l.digest }))
	c.add("file", texts(logs, func(l *listed) string { return l.File }))
	c.add("sha256", texts(logs, func(l *listed) string { return l.SHA256 }))
	c.add("oldest", wides(logs, func(l *listed) int64 { return l.Oldest.Unix() }))
	c.add("newest", wides(logs, func(l *listed) int64 { return l.Newest.Unix() }))
	c.add("folded", flags(logs, func(*listed) bool { return false }))
	return c.batch()
}
