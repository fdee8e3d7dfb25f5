package store

import (
	"context"
	"database/sql"
	_ "embed" // for the queries
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
)

//go:embed judge.sql
var judgeLogs string

// Judgement is what a look at the digests says.
type Judgement struct {
	Digests  int64          `json:"digests"`  // valid ones in the store
	Logs     int64          `json:"logs"`     // that they list
	Proved   int64          `json:"proved"`   // hours of an account's region
	Findings map[Kind]int64 `json:"findings"` // objects of each kind
}

// Judge holds the logs that were read against the digests, and writes down
// what is proved and what is wrong. More is what the reader of the digests
// found: those that could not be judged.
func (s *Store) Judge(ctx context.Context, more []Finding) (j Judgement, err error) {
	err = s.transact(ctx, func(conn *sql.Conn) error {
		for _, table := range []string{"finding", "proved"} {
			if _, err := conn.ExecContext(ctx, "DELETE FROM "+table); err != nil {
				return err
			}
		}
		c, err := judgeChains(ctx, conn)
		if err != nil {
			return err
		}
		if err := insert(ctx, conn, "finding", findingRows(append(c.findings, more...))); err != nil {
			return err
		}
		if err := insert(ctx, conn, "proved", stretchRows(c.stretches)); err != nil {
			return err
		}
		return finishJudging(ctx, conn, &j)
	})
	if err != nil {
		return j, fmt.Errorf("judge the digests in %s: %w", s.path, hint(err))
	}
	return j, nil
}

// judgeChains walks all digests, chain by chain.
func judgeChains(ctx context.Context, conn *sql.Conn) (*chains, error) {
	rows, err := conn.QueryContext(ctx, `
		WITH unhashed AS (
			SELECT l.digest FROM digest_log l JOIN object o ON parse_filename(o.uri) = l.file WHERE o.sha256 = ''
			UNION ALL
			SELECT l.digest FROM digest_log l JOIN digest d ON l.digest = d.file
			JOIN (SELECT account, region, unnest(names).high AS high FROM folded WHERE NOT checked) f
			  ON f.account = d.account AND f.region = d.region AND f.high = ('0x' || left(sha256(l.file), 16))::UBIGINT
			WHERE NOT l.folded
		), loose AS (
			SELECT digest, count(*) AS n FROM unhashed GROUP BY digest
		)
		SELECT file, chain, account, region, start, finish, sha256, previous, previous_sha256, fault, coalesce(n, 0)
		FROM digest LEFT JOIN loose ON digest = file
		ORDER BY chain, start, finish, file`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	c := &chains{}
	for rows.Next() {
		l := &link{}
		err := rows.Scan(&l.file, &l.chain, &l.account, &l.region, &l.start, &l.finish, &l.sha256, &l.previous, &l.previousSHA, &l.fault, &l.unchecked)
		if err != nil {
			return nil, err
		}
		c.add(l)
	}
	return c, rows.Err()
}

// finishJudging adds what is wrong with logs, turns what is proved into hours
// and counts.
func finishJudging(ctx context.Context, conn *sql.Conn, j *Judgement) error {
	if _, err := conn.ExecContext(ctx, judgeLogs); err != nil {
		return err
	}
	_, err := conn.ExecContext(ctx, `UPDATE proved SET first = (first + 3599) // 3600, last = (last - ?) // 3600`, settle)
	if err != nil {
		return err
	}
	err = conn.QueryRowContext(ctx, `
		SELECT (SELECT count(*) FROM digest WHERE fault = ''), (SELECT count(*) FROM digest_log),
		       (SELECT coalesce(sum(greatest(last - first, 0)), 0)::BIGINT FROM proved)`).Scan(&j.Digests, &j.Logs, &j.Proved)
	if err != nil {
		return err
	}
	rows, err := conn.QueryContext(ctx, `SELECT kind, count(DISTINCT object) FROM finding GROUP BY kind`)
	if err != nil {
		return err
	}
	defer rows.Close()
	j.Findings = map[Kind]int64{}
	for rows.Next() {
		var kind Kind
		var n int64
		if err := rows.Scan(&kind, &n); err != nil {
			return err
		}
		j.Findings[kind] = n
	}
	return rows.Err()
}

func stretchRows(list []stretch) arrow.RecordBatch {
	var c columns
	c.add("account", texts(list, func(s *stretch) string { return s.account }))
	c.add("region", texts(list, func(s *stretch) string { return s.region }))
	c.add("first", wides(list, func(s *stretch) int64 { return s.start }))
	c.add("last", wides(list, func(s *stretch) int64 { return s.finish }))
	return c.batch()
}
