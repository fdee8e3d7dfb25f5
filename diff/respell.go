package diff

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// stem is the beginning of an element, as the account has it and as the code
// writes it: whatever follows, both say the same.
type stem struct{ live, code string }

// stems cuts what the code writes with references at every slash and colon of
// its literal end, the longest first.
func stems(found []words) []stem {
	var out []stem
	for _, w := range found {
		for _, live := range sortedNames(w.resource) {
			code := w.resource[live]
			literals, references := segments(code)
			if len(references) == 0 || code == live {
				continue
			}
			tail := literals[len(literals)-1]
			for cut := len(tail); cut >= 0; cut-- {
				if cut == len(tail) || tail[cut] == '/' || tail[cut] == ':' {
					rest := len(tail) - cut
					out = append(out, stem{live[:len(live)-rest], code[:len(code)-rest]})
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b stem) int { return len(b.live) - len(a.live) })
	return out
}

// respell writes the resources that are new to the code as it writes others:
// with the expressions of the policy, else with those of its module, else with
// what a state says of the ARN. It gives the references it brought in and the
// ARNs that stay literals.
func (f *Found) respell(wanted *iam.Policy, found []words, states []*State) (refs, literals []string) {
	known := stems(found)
	for i := range wanted.Statements {
		s := &wanted.Statements[i]
		s.Resource = slices.Clone(s.Resource)
		for j, r := range s.Resource {
			if f.writes(r) {
				continue
			}
			text, ref, ok := f.spelled(string(r), known, states)
			switch {
			case ok:
				s.Resource[j] = iam.Pattern(text)
				refs = append(refs, ref...)
			case f.writtenOut(r):
				literals = append(literals, string(r))
			}
		}
	}
	return refs, literals
}

// writtenOut: the element is an ARN as it is, where the policy names others by
// reference.
func (f *Found) writtenOut(r iam.Pattern) bool {
	return strings.HasPrefix(string(r), "arn:") && !f.writes(r) && slices.ContainsFunc(f.Policy.Statements, func(s iam.Statement) bool {
		return slices.ContainsFunc(s.Resource, func(have iam.Pattern) bool {
			_, references := segments(string(have))
			return len(references) > 0
		})
	})
}

// writes: the code has the element already.
func (f *Found) writes(r iam.Pattern) bool {
	return slices.ContainsFunc(f.Policy.Statements, func(s iam.Statement) bool { return slices.Contains(s.Resource, r) })
}

func (f *Found) spelled(text string, known []stem, states []*State) (spelled string, refs []string, ok bool) {
	for _, s := range known {
		rest, ok := strings.CutPrefix(text, s.live)
		if ok && s.live != "" && (rest == "" || rest[0] == '/' || rest[0] == ':') {
			return s.code + rest, nil, true
		}
	}
	if f.mod != nil {
		if ref, rest := f.mod.bucketOf(text); ref != "" {
			return ref + rest, []string{ref}, true
		}
	}
	if ref, rest := f.inState(text, states); ref != "" {
		return ref + rest, []string{ref}, true
	}
	return "", nil, false
}

// bucketOf is the module's reference to the bucket that an ARN names, and what
// follows it. A bucket's name is enough: it is one bucket's in a partition.
//
// Source: Amazon S3 User Guide, "General purpose bucket naming rules".
func (m *tfModule) bucketOf(arn string) (ref, rest string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[2] != "s3" || parts[3] != "" || parts[4] != "" {
		return "", ""
	}
	name, key, slash := strings.Cut(parts[5], "/")
	for _, b := range m.order {
		a := b.block.Body.Attributes["bucket"]
		if b.address != "aws_s3_bucket."+b.block.Labels[1] || a == nil || len(m.repeated(b)) > 0 ||
			b.block.Body.Attributes["count"] != nil || b.block.Body.Attributes["for_each"] != nil {
			continue
		}
		if n := m.value(b.file, a.Expr); !n.exact || n.guess || n.text != name {
			continue
		}
		if ref != "" {
			return "", "" // two blocks of one name: neither is sure
		}
		ref = "${" + b.address + ".arn}"
	}
	if slash {
		key = "/" + key
	}
	return ref, key
}
