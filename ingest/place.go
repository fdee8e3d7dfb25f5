package ingest

import (
	"strings"
	"time"

	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/trail"
)

// placer finds out where and when the records of an object happened, and so
// where something may be missing for a record in it that cannot be read.
type placer struct {
	store.Place
	records bool   // there was one
	before  int64  // time of the last record
	account string // the last one seen, and its region: most objects are of the same
	region  string
	open    []int // rejects since then
	rejects []place
}

// place is a stretch of time around a reject; 0 is open.
type place struct{ from, to int64 }

// widest is the span of an object up to which a reject in it may have happened
// at any time of it. CloudTrail's span some minutes; a longer one is a
// collection, in which its neighbours say when.
const widest = 24 * 3600

// span is how long before its delivery the events of a log happened.
const span = 15 * time.Minute

func (p *placer) reset() {
	*p = placer{account: p.account, region: p.region, open: p.open[:0], rejects: p.rejects[:0]}
}

// saw takes a record. Its texts are only valid during the call.
func (p *placer) saw(r *trail.Record) {
	at := r.EventTime.Unix()
	switch {
	case !p.records:
		p.records = true
		if p.account != r.Account || p.region != r.Region {
			p.account, p.region = strings.Clone(r.Account), strings.Clone(r.Region)
		}
		p.Place = store.Place{Account: p.account, Region: p.region, First: at, Last: at}
	case p.Account != r.Account || p.Region != r.Region:
		p.mix(r)
		fallthrough
	default:
		p.First, p.Last = min(p.First, at), max(p.Last, at)
	}
	for _, i := range p.open {
		p.rejects[i].to = at
	}
	p.open, p.before = p.open[:0], at
}

// mix forgets the account or region that records do not share.
func (p *placer) mix(r *trail.Record) {
	if p.Account != r.Account {
		p.Account = ""
	}
	if p.Region != r.Region {
		p.Region = ""
	}
}

// missed takes a record that cannot be read.
func (p *placer) missed() {
	p.open = append(p.open, len(p.rejects))
	p.rejects = append(p.rejects, place{from: p.before})
}

// finish gives the object its place and its rejects theirs. Without any record
// the object's name says when it was delivered.
func (p *placer) finish(row *store.Object, rejects []store.Reject) {
	if !p.records {
		p.Place = deliveryPlace(row.URI)
	}
	row.Place = p.Place
	for i := range rejects {
		rejects[i].Place = p.Place
		if p.Last-p.First > widest && i < len(p.rejects) {
			narrow(&rejects[i].Place, p.rejects[i])
		}
	}
}

// deliveryPlace is where and when a log's records happened, as its name says.
func deliveryPlace(uri string) store.Place {
	name, ok := trail.ParseObjectName(uri)
	if !ok || name.Digest {
		return store.Place{}
	}
	return store.Place{Account: name.Account, Region: name.Region, First: name.Delivered.Add(-span).Unix(), Last: name.Delivered.Unix()}
}

// narrow brings a place down to the time between a reject's neighbours, in
// whichever order they stand.
func narrow(p *store.Place, around place) {
	if around.from == 0 {
		around.from = around.to
	}
	if around.to == 0 {
		around.to = around.from
	}
	if around.from != 0 {
		p.First, p.Last = min(around.from, around.to), max(around.from, around.to)
	}
}
