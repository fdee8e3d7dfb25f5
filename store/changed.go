package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
)

// Change is an object whose ETag is not what it was when the object was read.
type Change struct {
	URI, ETag string
	Place     // what its name says, for an object of which no more is known
}

// ChangedReason is why a changed object is among the rejects.
const ChangedReason = "changed after it was read"

// Changed notes objects that changed after they were read. What they hold now
// is not read, so each is a reject, and a hole where its records lay: CloudTrail
// never rewrites an object.
func (s *Store) Changed(ctx context.Context, list []Change) error {
	err := s.transact(ctx, func(conn *sql.Conn) error {
		if _, err := conn.ExecContext(ctx, `CREATE TEMP TABLE change AS SELECT uri, etag, mark, high, low, account, region, first, last FROM object LIMIT 0`); err != nil {
			return err
		}
		if err := insert(ctx, conn, "change", changeRows(list)); err != nil {
			return err
		}
		_, err := conn.ExecContext(ctx, noteChanges)
		return err
	})
	if err != nil {
		return fmt.Errorf("note %d changed objects in %s: %w", len(list), s.path, hint(err))
	}
	return nil
}

func changeRows(list []Change) arrow.RecordBatch {
	var c columns
	c.add("uri", texts(list, func(c *Change) string { return c.URI }))
	c.add("etag", texts(list, func(c *Change) string { return c.ETag }))
	c.add("mark", marks(list, func(c *Change) uint32 { return markOf(c.ETag) }))
	c.add("high", hashes(list, func(c *Change) uint64 { return nameOf(c.URI).high }))
	c.add("low", hashes(list, func(c *Change) uint64 { return nameOf(c.URI).low }))
	addPlaces(&c, list, func(c *Change) *Place { return &c.Place })
	return c.batch()
}

// noteChanges makes a folded object a row again, of which nothing was read.
const noteChanges = `
	INSERT INTO reject
	SELECT uri, -1, '` + ChangedReason + `: its ETag was ' || o.etag || ' and is ' || change.etag, o.account, o.region, o.first, o.last
	FROM change JOIN object o USING (uri);
	INSERT INTO reject
	SELECT uri, -1, '` + ChangedReason + `: its ETag is now ' || etag, account, region, first, last FROM change ANTI JOIN object USING (uri);
	UPDATE object SET etag = change.etag, mark = change.mark, rejects = rejects + 1 FROM change WHERE object.uri = change.uri;
	INSERT INTO object
	SELECT uri, etag, high, low, 0, '', 0, 1, account, region, first, last, 0, mark FROM change ANTI JOIN object USING (uri);
	DROP TABLE change`
