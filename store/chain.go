package store

import (
	"strings"
	"time"

	"github.com/pruner/pruner/trail"
)

// link is a digest as its chain is judged.
type link struct {
	file, chain, account, region string
	start, finish                int64
	sha256                       string
	previous, previousSHA        string
	fault                        string
	unchecked                    int64 // logs whose hash is not known
}

// settle is how long after an event its log is delivered. CloudTrail says "on
// average within about 5 minutes", older documents "within 15 minutes".
//
// Source: CloudTrail User Guide, "How CloudTrail works".
const settle = 15 * 60

// digestSpan is what a digest covers.
//
// Source: CloudTrail User Guide, "Validating CloudTrail log file integrity":
// "every hour".
const digestSpan = time.Hour

// stretch is a time in which logs were delivered that valid digests list.
type stretch struct {
	account, region string
	start, finish   int64 // seconds
}

// chains judges digests that come ordered by chain and start.
type chains struct {
	stretches []stretch
	findings  []Finding
	last      *link // the last valid one of the chain
}

// add takes the next digest.
func (c *chains) add(l *link) {
	if c.last != nil && c.last.chain != l.chain {
		c.last = nil
	}
	if l.fault != "" {
		c.fault(l)
		return
	}
	if c.last != nil {
		c.follow(l)
	}
	if l.unchecked == 0 && !l.backfill() {
		c.prove(l)
	}
	c.last = l
}

func (l *link) backfill() bool { return strings.HasSuffix(l.chain, "_backfill") }

// fault puts the hole where the digest's name says: its content is not to be
// trusted.
func (c *chains) fault(l *link) {
	f := Finding{Kind: Broken, Account: l.account, Region: l.region, Object: l.file, Detail: "the digest is not valid: " + l.fault}
	if name, ok := trail.ParseObjectName(l.file); ok {
		f.From, f.To = name.Delivered.Add(-digestSpan), name.Delivered
	}
	c.findings = append(c.findings, f)
}

// follow checks the link from a digest to the one before it, and that no time
// lies between them.
func (c *chains) follow(l *link) {
	before := c.last
	switch {
	case l.previous == before.file && l.previousSHA != before.sha256:
		c.find(Chain, before.start, before.finish, before.file, "the digest is not the one that "+l.file+" was chained to")
	case l.previous == before.file && (l.start <= before.finish || l.backfill()):
	case l.previous == "" && l.start <= before.finish:
	case l.previous == "" && l.backfill():
	case l.previous == "":
		c.find(Gap, before.finish, l.start, l.file, "CloudTrail made no digests: log file validation or logging was off")
	case l.backfill():
		c.missingBackfill(l)
	case l.start > before.finish:
		c.find(Chain, before.finish, l.start, l.previous, "a digest is missing")
	default:
		c.find(Chain, l.start, l.finish, l.file, "the digest is chained to "+l.previous+" and not to the one before it")
	}
}

func (c *chains) missingBackfill(l *link) {
	if name, ok := trail.ParseObjectName(l.previous); ok {
		c.find(Chain, name.Delivered.Add(-digestSpan).Unix(), name.Delivered.Unix(), l.previous, "a backfill digest is missing")
	}
}

func (c *chains) find(kind Kind, from, to int64, object, detail string) {
	c.findings = append(c.findings, Finding{
		Kind: kind, Account: c.last.account, Region: c.last.region, Object: object,
		From: time.Unix(from-settle, 0).UTC(), To: time.Unix(to, 0).UTC(), Detail: detail,
	})
}

// prove adds what a digest covers to the stretch it continues.
func (c *chains) prove(l *link) {
	if n := len(c.stretches); n > 0 && c.last != nil {
		s := &c.stretches[n-1]
		if s.account == l.account && s.region == l.region && s.start <= l.start && l.start <= s.finish {
			s.finish = max(s.finish, l.finish)
			return
		}
	}
	c.stretches = append(c.stretches, stretch{l.account, l.region, l.start, l.finish})
}
