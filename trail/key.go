package trail

import (
	"encoding/binary"
	"errors"
)

// A Fact is written in two halves. Its shape (who, where, what) is shared by
// many facts; its detail (resources, parameters, what a denial named) is often
// its own. Two facts are equal exactly when both halves are. Texts stand with
// their length before them, so no two lists of texts read the same.

// errFact is a half that AppendShape or AppendDetail did not write.
var errFact = errors.New("not the encoding of a fact")

// texts lists the shape's texts in the order they are written.
func (f *Fact) texts() [20]*string {
	return [20]*string{
		&f.Account, &f.Region, &f.Identity.IssuerARN, &f.Identity.Type, &f.Identity.ARN, &f.Identity.ID, &f.Identity.Account,
		&f.Identity.IssuerID, &f.Identity.InvokedBy, &f.Identity.Provider, &f.Identity.OnBehalf, &f.Identity.Source,
		&f.EventSource, &f.EventName, &f.EventType, &f.Category, &f.ErrorCode, &f.Denial.Policy, &f.VPCEndpoint, &f.SourceIP,
	}
}

// AppendShape writes the half that says who did what where.
func (f *Fact) AppendShape(b []byte) []byte {
	for _, s := range f.texts() {
		b = appendText(b, *s)
	}
	return append(b, byte(f.Identity.MFA), byte(f.ReadOnly), digit(f.Omitted), digit(f.Denial.Explicit))
}

// AppendDetail writes the half that says to what.
func (f *Fact) AppendDetail(b []byte) []byte {
	return appendDetail(b, f.Resources, f.Params, &f.Denial)
}

func appendDetail(b []byte, resources []Resource, params []Param, denial *Denial) []byte {
	b = binary.AppendUvarint(b, uint64(len(resources)))
	for i := range resources {
		r := &resources[i]
		b = appendText(appendText(appendText(b, r.ARN), r.Account), r.Type)
	}
	b = binary.AppendUvarint(b, uint64(len(params)))
	for i := range params {
		b = appendText(appendText(b, params[i].Path), params[i].Value)
	}
	return appendText(appendText(b, denial.Action), denial.Resource)
}

// DecodeFact reads what AppendShape and AppendDetail wrote. Its texts are parts
// of the two strings. The error says that they are not such halves.
func DecodeFact(shape, detail string) (Fact, error) {
	var f Fact
	r := reader{rest: shape}
	for _, s := range f.texts() {
		*s = r.text()
	}
	f.Identity.MFA, f.ReadOnly = Tristate(r.byte()), Tristate(r.byte())
	f.Omitted, f.Denial.Explicit = r.byte() == 1, r.byte() == 1
	whole := !r.bad && r.rest == ""
	r.rest = detail
	for range r.count() {
		f.Resources = append(f.Resources, Resource{ARN: r.text(), Account: r.text(), Type: r.text()})
	}
	for range r.count() {
		f.Params = append(f.Params, Param{Path: r.text(), Value: r.text()})
	}
	f.Denial.Action, f.Denial.Resource = r.text(), r.text()
	if r.bad || r.rest != "" || !whole {
		return Fact{}, errFact
	}
	return f, nil
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func digit(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// reader takes an encoded half apart.
type reader struct {
	rest string
	bad  bool
}

func (r *reader) byte() byte {
	if r.rest == "" {
		r.bad = true
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) number() uint64 {
	var n uint64
	for shift := 0; shift < 64; shift += 7 {
		b := r.byte()
		if n |= uint64(b&0x7f) << shift; b < 0x80 {
			return n
		}
	}
	r.bad = true
	return 0
}

// count is a list's length: no list is longer than what is left of the text.
func (r *reader) count() int {
	n := r.number()
	if n > uint64(len(r.rest)) {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *reader) text() string {
	n := r.count()
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}
