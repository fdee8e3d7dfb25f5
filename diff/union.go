package diff

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/synth"
)

// One text may make many policies: a block in several accounts, a module that
// is called once for each environment. Such a text changes to what all of them
// need together.

// union is the policies of the repo that one text makes, with those of the
// accounts.
type union struct {
	twins []*Found
	makes []making
}

// making is a policy of an account beside the policy of the repo that makes it.
type making struct {
	f      *Found
	c      *synth.PolicyChange
	wanted *iam.Policy // what the proposal keeps, in the words of the code
	refs   []string    // that it brings in
	found  []words
	at     []int // of each statement of the code: its place in wanted, or -1
}

// editText changes the text that f is made of for all policies of the accounts
// that it makes. Every one of them must be in a clean proposal.
func (r *Repo) editText(f *Found, c *synth.PolicyChange, e *Edit) (Patch, error) {
	u, err := r.unionOf(f)
	if err != nil {
		return Patch{}, err
	}
	for _, other := range u.changes() {
		if other != c {
			e.With = append(e.With, who(other))
		}
	}
	slices.Sort(e.With)
	for i := range u.makes {
		if err := r.want(&u.makes[i], len(u.makes) > 1, e); err != nil {
			return Patch{}, err
		}
	}
	if len(u.makes) == 1 && len(u.twins) == 1 {
		return rewrite(r.dir, f, u.makes[0].wanted, u.makes[0].refs...)
	}
	joined, err := r.join(u)
	if err != nil {
		return Patch{}, err
	}
	e.Literals = slices.DeleteFunc(e.Literals, func(arn string) bool { return !u.writes(joined, arn) })
	slices.Sort(e.Literals)
	e.Literals = slices.Compact(e.Literals)
	if !slices.ContainsFunc(u.twins, func(t *Found) bool { return !equalText(t.Policy, joined[t]) }) {
		return Patch{}, errors.New("the block also makes " + strings.Join(e.With, ", ") + ", and together they need all of it")
	}
	if len(u.twins) == 1 {
		return rewrite(r.dir, f, joined[f], u.refs(f)...)
	}
	return r.rewriteTwins(u, joined)
}

// unionOf gathers the policies that the text of f makes.
func (r *Repo) unionOf(f *Found) (*union, error) {
	u := &union{twins: []*Found{f}}
	if f.twin {
		u.twins = r.textOf(f)
	}
	for _, t := range u.twins {
		if len(u.twins) > 1 && (!t.twin || !maps.Equal(t.places(), f.places()) || len(t.Policy.Statements) != len(f.Policy.Statements)) {
			return nil, fmt.Errorf("a part of its text is also a part of %s, which is made of other text besides", t.Address)
		}
		changes := r.agreeing(t)
		if len(changes) == 0 {
			return nil, fmt.Errorf("its text also makes %s, which is no policy that an account shows", t.Address)
		}
		for _, c := range changes {
			u.makes = append(u.makes, making{f: t, c: c})
		}
	}
	return u, nil
}

// textOf lists the policies of the repo that share a statement with f.
func (r *Repo) textOf(f *Found) []*Found {
	shares := map[*Found]bool{}
	for p := range f.places() {
		for _, t := range r.texts[p] {
			shares[t] = true
		}
	}
	return slices.SortedFunc(maps.Keys(shares), func(a, b *Found) int { return strings.Compare(a.Address, b.Address) })
}

// oneText: all of them are made of the same text, so that it does not matter
// which is meant.
func (r *Repo) oneText(found []*Found) bool {
	return !slices.ContainsFunc(found, func(f *Found) bool { return !f.twin || !maps.Equal(f.places(), found[0].places()) })
}

// changes lists the policies of the accounts, each once.
func (u *union) changes() []*synth.PolicyChange {
	var out []*synth.PolicyChange
	for _, m := range u.makes {
		if !slices.Contains(out, m.c) {
			out = append(out, m.c)
		}
	}
	return out
}

// writes: some twin's joined document has the resource.
func (u *union) writes(joined map[*Found]*iam.Policy, resource string) bool {
	return slices.ContainsFunc(u.twins, func(t *Found) bool {
		return slices.ContainsFunc(joined[t].Statements, func(s iam.Statement) bool { return slices.Contains(s.Resource, iam.Pattern(resource)) })
	})
}

// refs lists the references that the policies of a twin bring in.
func (u *union) refs(t *Found) []string {
	var out []string
	for _, m := range u.makes {
		if m.f == t {
			out = append(out, m.refs...)
		}
	}
	return out
}

// want fills in what a policy is to become, in the words of the code.
func (r *Repo) want(m *making, several bool, e *Edit) (err error) {
	if several && !r.clean[m.c] {
		return fmt.Errorf("the block also makes %s, for which there is no proved proposal", who(m.c))
	}
	if m.found, err = agree(m.f.Policy, m.c.Document); err != nil {
		return &drift{fmt.Errorf("%s: %w", m.f.Address, err)}
	}
	m.wanted = &iam.Policy{Version: m.f.Policy.Version, ID: m.f.Policy.ID}
	if m.c.New != nil {
		if m.wanted, m.refs, err = r.wantedOf(m.f, m.c, e); err != nil {
			return err
		}
	}
	var ok bool
	if m.at, ok = align(m.f.Policy.Statements, m.wanted.Statements); !ok {
		return errors.New("a statement of the new policy is none of the old ones made smaller")
	}
	return nil
}

// join gives each twin the document that says, in its words, what the
// policies of all need together, and proves that it lies between each policy
// and its proposal.
func (r *Repo) join(u *union) (map[*Found]*iam.Policy, error) {
	out := map[*Found]*iam.Policy{}
	for _, t := range u.twins {
		out[t] = &iam.Policy{Version: t.Policy.Version, ID: t.Policy.ID}
	}
	for i := range u.twins[0].Policy.Statements {
		if !slices.ContainsFunc(u.makes, func(m making) bool { return m.at[i] >= 0 }) {
			continue
		}
		lists := map[string]map[*Found][]iam.Pattern{}
		for _, element := range []string{"Action", "Resource"} {
			var err error
			if lists[element], err = u.list(i, element); err != nil {
				return nil, err
			}
		}
		for _, t := range u.twins {
			s := t.Policy.Statements[i]
			s.Action, s.Resource = lists["Action"][t], lists["Resource"][t]
			out[t].Statements = append(out[t].Statements, s)
		}
	}
	for _, m := range u.makes {
		if err := r.between(m.f, out[m.f], m.c); err != nil {
			return nil, fmt.Errorf("the block also makes %s: %w", who(m.c), err)
		}
	}
	return out, nil
}

// elementOf is the list of a statement under a name.
func elementOf(s *iam.Statement, element string) []iam.Pattern {
	if element == "Action" {
		return s.Action
	}
	return s.Resource
}

// list joins one list of a statement: for all twins if it is written once, else
// for each alone.
func (u *union) list(i int, element string) (map[*Found][]iam.Pattern, error) {
	groups := [][]*Found{u.twins}
	if !u.writtenOnce(i, element) {
		groups = nil
		for _, t := range u.twins {
			groups = append(groups, []*Found{t})
		}
	}
	out := map[*Found][]iam.Pattern{}
	for _, group := range groups {
		keep, added, err := u.needed(group, i, element)
		if err != nil {
			return nil, err
		}
		for _, t := range group {
			code := elementOf(&t.Policy.Statements[i], element)
			if code == nil {
				continue
			}
			own, want := map[string]string{}, []iam.Pattern{}
			for j, p := range code {
				own[string(p)] = string(p)
				if keep[j] || len(keep)+len(added) == 0 {
					want = append(want, p)
				}
			}
			for _, a := range added {
				x, _ := t.evaluated(i, element, a)
				want = append(want, x)
			}
			out[t] = translate(code, want, own)
		}
	}
	return out, nil
}

// writtenOnce: the list stands at one place for all twins.
func (u *union) writtenOnce(i int, element string) bool {
	at := func(t *Found) []place {
		n := t.node.get("Statement").read()[i].get(element)
		var out []place
		if n == nil {
			return nil
		}
		for _, x := range append([]*node{n}, n.items...) {
			p := place{t.File, x.start}
			if x.file != nil {
				p.file = x.file.path
			}
			out = append(out, p)
		}
		return out
	}
	first := at(u.twins[0])
	return !slices.ContainsFunc(u.twins, func(t *Found) bool { return !slices.Equal(at(t), first) })
}

// needed says which elements of a list some policy keeps, by number, and which
// new ones, as they are written, take the place of others. A new one that is not
// within what every policy grants keeps the element that it is a part of.
func (u *union) needed(group []*Found, i int, element string) (keep map[int]bool, added [][]part, err error) {
	keep = map[int]bool{}
	var members []making
	for _, m := range u.makes {
		if slices.Contains(group, m.f) {
			members = append(members, m)
		}
	}
	for _, m := range members {
		if m.at[i] < 0 {
			continue
		}
		code, kept := &m.f.Policy.Statements[i], &m.wanted.Statements[m.at[i]]
		if turned(code, kept) || extended(code, kept) {
			return nil, nil, errors.New("what a grant excludes is changed only in a block that makes one policy")
		}
		list := elementOf(code, element)
		for _, x := range elementOf(kept, element) {
			a := m.f.asWritten(i, element, x, m.refs)
			switch {
			case slices.Contains(list, x):
				keepWhere(keep, list, func(p iam.Pattern) bool { return p == x })
			case !slices.ContainsFunc(members, func(m making) bool { return !m.grants(i, element, a) }):
				added = append(added, a)
			case !keepWhere(keep, list, func(p iam.Pattern) bool { return related([]iam.Pattern{p}, []iam.Pattern{x}) }):
				keepWhere(keep, list, func(iam.Pattern) bool { return true })
			}
		}
	}
	return keep, slimmer(added, members, keep, i, element), nil
}

// asWritten is a new element with the expressions of the list that it is for.
func (f *Found) asWritten(i int, element string, x iam.Pattern, refs []string) []part {
	s := &splicer{form: f.form, refs: append(f.node.references(""), refs...)}
	return s.parts(f.node.get("Statement").read()[i].get(element), string(x))
}

// evaluated is what an element as it is written says in the policy, if all its
// expressions are the policy's too.
func (f *Found) evaluated(i int, element string, written []part) (iam.Pattern, bool) {
	var b strings.Builder
	for _, p := range written {
		text, ok := p.text, !p.ref || slices.Contains(f.node.references(""), p.text)
		for _, item := range f.node.get("Statement").read()[i].get(element).list() {
			for _, s := range item.segs {
				if p.ref && s.raw == p.text && f.form == nil {
					text, ok = s.text, true
				}
			}
		}
		if !ok {
			return "", false
		}
		b.WriteString(text)
	}
	return iam.Pattern(b.String()), true
}

// keepWhere keeps the elements that are so, and reports whether any is.
func keepWhere(keep map[int]bool, list []iam.Pattern, is func(iam.Pattern) bool) bool {
	any := false
	for j, p := range list {
		if is(p) {
			keep[j], any = true, true
		}
	}
	return any
}

// grants: the policy of the account has an element that covers the new one,
// whatever the code writes for it.
func (m *making) grants(i int, element string, written []part) bool {
	x, ok := m.f.evaluated(i, element, written)
	if !ok {
		return false
	}
	old := elementOf(&m.c.Document.Statements[i], element)
	if element == "Action" {
		return covered(old, inverted{m.found[i].action, nil}.all([]iam.Pattern{x}), iam.Pattern.Fold)
	}
	return covered(old, inverted{m.found[i].resource, stems(m.found)}.all([]iam.Pattern{x}), func(p iam.Pattern) iam.Pattern { return p })
}

// slimmer leaves out new elements that another, or one that stays, covers in
// every policy.
func slimmer(added [][]part, members []making, keep map[int]bool, i int, element string) [][]part {
	var out [][]part
	for k, a := range added {
		spare := func(m making) bool {
			x, _ := m.f.evaluated(i, element, a)
			covers := func(o iam.Pattern) bool { return o != x && o.Covers(x) && !x.Covers(o) }
			for j, p := range elementOf(&m.f.Policy.Statements[i], element) {
				if keep[j] && covers(p) {
					return true
				}
			}
			return slices.ContainsFunc(added, func(b []part) bool {
				o, _ := m.f.evaluated(i, element, b)
				return covers(o)
			})
		}
		named := slices.ContainsFunc(added[:k], func(b []part) bool { return slices.Equal(a, b) })
		if !named && slices.ContainsFunc(members, func(m making) bool { return !spare(m) }) {
			out = append(out, a)
		}
	}
	return out
}

// rewriteTwins edits the text of several policies of the repo.
func (r *Repo) rewriteTwins(u *union, joined map[*Found]*iam.Policy) (Patch, error) {
	patch, err := r.attemptTwins(u, joined, false)
	if err != nil {
		if plain, err := r.attemptTwins(u, joined, true); err == nil {
			return plain, nil
		}
	}
	return patch, err
}

// attemptTwins makes the edits, and reads every root module again that the
// policies are of.
func (r *Repo) attemptTwins(u *union, joined map[*Found]*iam.Policy, evaluated bool) (Patch, error) {
	var patch Patch
	wants := map[string]map[string]*iam.Policy{}
	roots := map[string]*Found{}
	for _, t := range u.twins {
		want, refs := joined[t], u.refs(t)
		one, err := t.splice(r.dir, want, refs, evaluated)
		marked := markPolicy(want, append(t.node.references(""), refs...))
		if len(want.Statements) == 0 {
			one, err = t.removal(r.dir)
			marked = nil
		}
		if err == nil {
			patch, err = patch.Join(one)
		}
		if err != nil {
			return Patch{}, &Declined{t.Address, err.Error()}
		}
		if roots[t.root] = t; wants[t.root] == nil {
			wants[t.root] = map[string]*iam.Policy{}
		}
		wants[t.root][t.Address] = marked
	}
	for _, root := range sortedNames(roots) {
		if err := verify(r.dir, roots[root], patch, wants[root]); err != nil {
			return Patch{}, &Declined{roots[root].Address, "the edit did not verify: " + err.Error()}
		}
	}
	return patch, nil
}
