package store

import (
	"context"
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

// Kind is what a look at the digests found wrong.
type Kind string

// The kinds. All but the last three are holes in the coverage where they
// touch: something is missing there, or may be.
const (
	Edited    Kind = "edited"    // a log's content is not what was delivered, or belongs to another name
	Deleted   Kind = "deleted"   // a log that a digest lists was never there to read
	Planted   Kind = "planted"   // a log that no digest lists
	Broken    Kind = "broken"    // a digest is not valid
	Key       Kind = "key"       // a digest names a key that is not among those configured
	Chain     Kind = "chain"     // a digest is missing, or is not the one that the next one names
	Gap       Kind = "gap"       // CloudTrail made no digests: validation or logging was off
	Unchecked Kind = "unchecked" // a log was read while integrity was off: its hash is not known
	Unsigned  Kind = "unsigned"  // a copy lost the digest's signature, and no later digest holds it
	NoKeys    Kind = "nokeys"    // no public keys are configured
)

// harmless are the kinds that leave an hour unproved but make no hole.
const harmless = `('unchecked', 'unsigned', 'nokeys')`

// Finding is one thing that is wrong with logs or digests.
type Finding struct {
	Kind            Kind
	Account, Region string // "" is any
	Object          string // the log's or digest's file name or URI
	From, To        time.Time
	Detail          string
}

// Findings lists what the last look at the digests found, ordered by account,
// region and time, at most limit of them.
func (s *Store) Findings(ctx context.Context, limit int) ([]Finding, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT * FROM finding ORDER BY account, region, first, last, kind, object LIMIT ?`, limit)
	if err != nil {
		return nil, fmt.Errorf("read the findings: %w", err)
	}
	defer rows.Close()
	var list []Finding
	for rows.Next() {
		var f Finding
		var first, last int64
		if err := rows.Scan(&f.Kind, &f.Account, &f.Region, &f.Object, &first, &last, &f.Detail); err != nil {
			return nil, err
		}
		f.From, f.To = time.Unix(first, 0).UTC(), time.Unix(last, 0).UTC()
		list = append(list, f)
	}
	return list, rows.Err()
}

func findingRows(list []Finding) arrow.RecordBatch {
	var c columns
	c.add("kind", texts(list, func(f *Finding) string { return string(f.Kind) }))
	c.add("account", texts(list, func(f *Finding) string { return f.Account }))
	c.add("region", texts(list, func(f *Finding) string { return f.Region }))
	c.add("object", texts(list, func(f *Finding) string { return f.Object }))
	c.add("first", wides(list, func(f *Finding) int64 { return f.From.Unix() }))
	c.add("last", wides(list, func(f *Finding) int64 { return f.To.Unix() }))
	c.add("detail", texts(list, func(f *Finding) string { return f.Detail }))
	return c.batch()
}
