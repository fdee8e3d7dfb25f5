package trail

import (
	"strconv"
	"strings"
)

// AppendKey writes a text that two Facts share exactly when they are equal.
func (f *Fact) AppendKey(b *strings.Builder) {
	for _, s := range []string{
		f.Identity.Type, f.Identity.ARN, f.Identity.ID, f.Identity.Account, f.Identity.IssuerARN,
		f.Identity.IssuerID, f.Identity.InvokedBy, f.Identity.Provider, f.Identity.OnBehalf, f.Identity.Source,
		f.Account, f.Region, f.EventSource, f.EventName, f.EventType, f.Category, f.ErrorCode,
		f.Denial.Action, f.Denial.Resource, f.Denial.Policy, f.VPCEndpoint, f.SourceIP,
	} {
		field(b, s)
	}
	flags := []byte{'0' + byte(f.Identity.MFA), '0' + byte(f.ReadOnly), digit(f.Omitted), digit(f.Denial.Explicit)}
	b.Write(flags)
	for _, r := range f.Resources {
		b.WriteByte('r')
		field(b, r.ARN)
		field(b, r.Account)
		field(b, r.Type)
	}
	for _, p := range f.Params {
		b.WriteByte('p')
		field(b, p.Path)
		field(b, p.Value)
	}
}

func digit(v bool) byte {
	if v {
		return '1'
	}
	return '0'
}

// field writes a text with its length before it, so that no two lists of texts
// read the same.
func field(b *strings.Builder, s string) {
	b.WriteString(strconv.Itoa(len(s)))
	b.WriteByte(':')
	b.WriteString(s)
}
