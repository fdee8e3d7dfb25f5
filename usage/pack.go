package usage

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/interpret"
	"github.com/pruner/pruner/trail"
)

// A packed usage takes a tenth of what it takes as Go values. Texts stand with
// their length before them and numbers as varints; unpacked texts are parts of
// the packed one.

// errPacked is a text that pack did not write.
var errPacked = errors.New("not a packed usage")

func pack(b []byte, u *Usage) []byte {
	p := &u.Principal
	b = packTexts(b, string(p.ARN), p.ID, p.Account, p.Kind, p.How)
	b = packUses(b, u.Uses)
	b = packUses(b, u.Denied)
	b = binary.AppendUvarint(b, uint64(len(u.Unmapped)))
	for i := range u.Unmapped {
		m := &u.Unmapped[i]
		b = packTexts(b, m.EventSource, m.EventName, m.Service, m.EventID)
	}
	b = binary.AppendUvarint(b, uint64(len(u.Refusals)))
	for i := range u.Refusals {
		b = packRefusal(b, &u.Refusals[i])
	}
	return b
}

func packTexts(b []byte, texts ...string) []byte {
	for _, s := range texts {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return b
}

func packUses(b []byte, uses []Use) []byte {
	b = binary.AppendUvarint(b, uint64(len(uses)))
	for i := range uses {
		u := &uses[i]
		b = packTexts(b, string(u.Call.Action), string(u.Call.Kind), string(u.Call.Resolution), string(u.Outcome), u.EventID)
		b = packList(b, u.Call.Resources)
		b = binary.AppendUvarint(b, uint64(len(u.Call.Context)))
		for _, a := range u.Call.Context {
			b = packList(packTexts(b, a.Key), a.Values)
		}
		b = binary.AppendUvarint(b, uint64(len(u.Days)))
		before := Day(0)
		for _, d := range u.Days {
			b = binary.AppendVarint(b, int64(d-before))
			before = d
		}
		b = binary.AppendUvarint(b, uint64(u.Hours)<<1|flag(u.Apart))
		b = binary.AppendVarint(b, u.First.Unix())
		b = binary.AppendVarint(b, u.Last.Unix())
	}
	return b
}

func flag(v bool) uint64 {
	if v {
		return 1
	}
	return 0
}

func packList[T ~string](b []byte, list []T) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = packTexts(b, string(s))
	}
	return b
}

func packRefusal(b []byte, r *Refusal) []byte {
	b = packTexts(b, r.EventSource, r.EventName, string(r.Action), r.Resource, r.Policy, r.EventID)
	b = binary.AppendUvarint(b, flag(r.Explicit))
	b = binary.AppendVarint(b, int64(r.Last))
	return packList(b, r.Read)
}

// unpack is the inverse of pack.
func unpack(text string) (*Usage, error) {
	r := unpacker{rest: text}
	u := &Usage{Principal: interpret.Principal{ARN: iam.ARN(r.text()), ID: r.text(), Account: r.text(), Kind: r.text(), How: r.text()}}
	u.Uses, u.Denied = r.uses(), r.uses()
	u.Unmapped = make([]Unmapped, r.count())
	for i := range u.Unmapped {
		u.Unmapped[i] = Unmapped{EventSource: r.text(), EventName: r.text(), Service: r.text(), EventID: r.text()}
	}
	if n := r.count(); n > 0 {
		u.Refusals = make([]Refusal, n)
	}
	for i := range u.Refusals {
		u.Refusals[i] = r.refusal()
	}
	if r.bad || r.rest != "" {
		return nil, errPacked
	}
	return u, nil
}

type unpacker struct {
	rest string
	bad  bool
}

func (r *unpacker) uses() []Use {
	out := make([]Use, r.count())
	for i := range out {
		u := &out[i]
		u.Call.Action, u.Call.Kind, u.Call.Resolution = iam.Action(r.text()), iam.Kind(r.text()), iam.Resolution(r.text())
		u.Outcome, u.EventID = trail.Outcome(r.text()), r.text()
		u.Call.Resources = unpackList[iam.Pattern](r)
		for range r.count() {
			u.Call.Context = append(u.Call.Context, iam.Attribute{Key: r.text(), Values: unpackList[string](r)})
		}
		u.Days = make([]Day, r.count())
		before := Day(0)
		for j := range u.Days {
			before += Day(r.signed())
			u.Days[j] = before
		}
		hours := r.number()
		u.Hours, u.Apart = trail.Hours(hours>>1), hours&1 == 1
		u.First, u.Last = r.time(), r.time()
	}
	return out
}

func (r *unpacker) refusal() Refusal {
	f := Refusal{EventSource: r.text(), EventName: r.text(), Action: iam.Action(r.text()), Resource: r.text(), Policy: r.text(), EventID: r.text()}
	f.Explicit, f.Last = r.number() == 1, Day(r.signed())
	f.Read = unpackList[iam.Action](r)
	return f
}

func unpackList[T ~string](r *unpacker) []T {
	out := make([]T, r.count())
	for i := range out {
		out[i] = T(r.text())
	}
	return out
}

// count is a list's length: no list is longer than what is left of the text.
func (r *unpacker) count() int {
	n := r.number()
	if n > uint64(len(r.rest)) {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *unpacker) text() string {
	n := r.count()
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

func (r *unpacker) number() uint64 {
	n, size := binary.Uvarint([]byte(r.rest[:min(len(r.rest), binary.MaxVarintLen64)]))
	return n & r.past(size)
}

func (r *unpacker) signed() int64 {
	n, size := binary.Varint([]byte(r.rest[:min(len(r.rest), binary.MaxVarintLen64)]))
	return n & int64(r.past(size))
}

// time is one that can be written: JSON has no years past 9999.
func (r *unpacker) time() time.Time {
	t := time.Unix(r.signed(), 0).UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		r.bad = true
	}
	return t
}

// past moves on by a number's size, and gives zero where there was none.
func (r *unpacker) past(size int) uint64 {
	if size <= 0 {
		r.bad, r.rest = true, ""
		return 0
	}
	r.rest = r.rest[size:]
	return ^uint64(0)
}
