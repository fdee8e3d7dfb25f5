package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strconv"
)

// slice is a part of what is stored that fits in memory: of a number of
// principals in order, both ends in it, or of a large one some of its facts.
type slice struct {
	first, last string
	after       fact  // not in it; the zero fact is before all others
	upTo        *fact // in it; nil is the end
}

// fact is the two halves of a fact as they are stored and ordered.
type fact struct{ shape, detail []byte }

func (f fact) compare(o fact) int {
	return cmp.Or(bytes.Compare(f.shape, o.shape), bytes.Compare(f.detail, o.detail))
}

func (p *slice) end() fact {
	if p.upTo == nil {
		return noFact
	}
	return *p.upTo
}

// sizesQuery is how many bytes of memory each principal's observations take.
const sizesQuery = `
	WITH facts AS (
		SELECT principal, sum(? + ? * octet_length(detail)) AS bytes
		FROM observation JOIN shape ON shape = shape.id WHERE ? = '' OR principal = ? GROUP BY principal
	), shapes AS (
		SELECT principal, sum(? + ? * octet_length(text)) AS bytes FROM shape GROUP BY principal
	)
	SELECT principal, (facts.bytes + shapes.bytes)::BIGINT FROM facts JOIN shapes USING (principal) ORDER BY principal`

// slices cuts the principals, in order, into slices whose observations fit in
// memory; one principal's where it is named.
func (s *Store) slices(ctx context.Context, only string) ([]slice, error) {
	rows, err := s.db.QueryContext(ctx, sizesQuery, bytesPerRow, detailCopies, only, only, bytesPerShape, shapeCopies)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	type size struct {
		principal string
		bytes     int64
	}
	var sizes []size
	for rows.Next() {
		var p size
		if err := rows.Scan(&p.principal, &p.bytes); err != nil {
			return nil, err
		}
		sizes = append(sizes, p)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	most := max(1, s.memory/2)
	var out []slice
	held := most
	for _, p := range sizes {
		if p.bytes > most {
			parts, err := s.cut(ctx, p.principal, p.bytes/most+1)
			if err != nil {
				return nil, err
			}
			out, held = append(out, parts...), most
			continue
		}
		if held+p.bytes > most {
			out, held = append(out, slice{first: p.principal, after: noFact}), 0
		}
		out[len(out)-1].last = p.principal
		held += p.bytes
	}
	return out, nil
}

var noFact = fact{shape: []byte{}, detail: []byte{}}

// samples are drawn for each part that a principal is cut into, so that few
// parts are much larger than the others.
const samples = 64

// cut divides a principal's rows at facts that are drawn by chance. Where it is
// cut does not show in what is read.
func (s *Store) cut(ctx context.Context, principal string, parts int64) ([]slice, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT text, detail FROM (SELECT text, detail FROM observation JOIN shape ON shape = shape.id WHERE principal = ?)
		USING SAMPLE reservoir(`+strconv.FormatInt(samples*parts, 10)+` ROWS)`, principal)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var drawn []fact
	for rows.Next() {
		var f fact
		if err := rows.Scan(&f.shape, &f.detail); err != nil {
			return nil, err
		}
		drawn = append(drawn, f)
	}
	slices.SortFunc(drawn, fact.compare)
	out := []slice{{first: principal, last: principal, after: noFact}}
	step := max(1, len(drawn)/int(parts))
	for i := step - 1; i < len(drawn)-1; i += step {
		end := &out[len(out)-1]
		if end.after.compare(drawn[i]) < 0 {
			end.upTo = &drawn[i]
			out = append(out, slice{first: principal, last: principal, after: drawn[i]})
		}
	}
	return out, rows.Err()
}
