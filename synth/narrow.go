package synth

import (
	"strconv"
	"strings"

	"github.com/pruner/pruner/iam"
)

// narrower makes one policy smaller.
type narrower struct {
	*synthesizer
	change  *PolicyChange
	holders []*Holder
	at      *iam.Statement // the old statement that is being narrowed
	name    string         // its Sid or number
	out     []Finding
	names   []string // of the statements that stay
	aged    bool     // whether youth is known
	youth   string   // see young
}

// document gives the smaller document, or nil if it allows nothing any more.
// Statements keep their order, Sids and conditions; a deny stays as it is.
func (n *narrower) document(old *iam.Policy) *iam.Policy {
	smaller := &iam.Policy{Version: old.Version, ID: old.ID}
	empty := true
	for i := range old.Statements {
		kept := n.statement(old, i)
		smaller.Statements = append(smaller.Statements, kept...)
		for range kept {
			n.names = append(n.names, n.name)
		}
		empty = empty && len(kept) == 0
	}
	if empty {
		return nil
	}
	return smaller
}

func statementName(s *iam.Statement, i int) string {
	if s.Sid != "" {
		return s.Sid
	}
	return "#" + strconv.Itoa(i)
}

// statement narrows one statement, to none if nothing is left of it.
func (n *narrower) statement(old *iam.Policy, i int) []iam.Statement {
	s := cloneStatement(&old.Statements[i])
	n.at = &old.Statements[i]
	name := statementName(&s, i)
	n.name = name
	switch {
	case s.Effect == iam.Deny:
		n.note(Finding{Finding: Kept, Statement: name, Action: words(s.Action, s.NotAction), Reason: "a deny is never touched"})
		return []iam.Statement{s}
	case s.NotResource != nil:
		n.notesAll(&s, BlockExclude)
		n.note(Finding{
			Finding: Blind, Statement: name, Action: words(s.Action, s.NotAction), Resource: words(s.Resource, s.NotResource),
			Reason: "grants on everything but some resources; which it means is not known", Blocker: "exclusion",
		})
		return []iam.Statement{s}
	case s.NotAction != nil:
		return n.exclusion(&s, name)
	}
	actions := []iam.Pattern{}
	var fates []fate
	for _, word := range s.Action {
		kept, all := n.word(&s, name, word)
		actions = append(actions, kept...)
		fates = append(fates, all...)
	}
	if len(actions) == 0 {
		return nil
	}
	s.Action = actions
	return n.resources(old, &s, name, fates)
}

// exclusion makes a NotAction grant positive: it grants every action that is
// not named, so what stays of those is named instead.
func (n *narrower) exclusion(s *iam.Statement, name string) []iam.Statement {
	var gone []iam.Action
	var stay, leave []fate
	for _, a := range n.catalog.Actions() {
		if matchesAny(s.NotAction, a.Name) {
			gone = append(gone, a.Name)
			continue
		}
		f := n.fate(s, "*", a.Name)
		n.notes(&f)
		if f.goes(n.options) {
			gone = append(gone, a.Name)
			leave = append(leave, f)
		} else {
			stay = append(stay, f)
		}
	}
	n.noteWord(name, stay, leave)
	switch {
	case len(leave) == 0:
		return []iam.Statement{*s}
	case len(stay) == 0:
		return nil
	}
	s.NotAction, s.Action = nil, spell("*", actionsOf(stay), gone)
	return []iam.Statement{*s}
}

func words(list, not []iam.Pattern) string {
	out := make([]string, 0, len(list)+len(not))
	for _, p := range list {
		out = append(out, string(p))
	}
	for _, p := range not {
		out = append(out, "not "+string(p))
	}
	return strings.Join(out, ", ")
}

// word narrows one Action element.
func (n *narrower) word(s *iam.Statement, name string, word iam.Pattern) ([]iam.Pattern, []fate) {
	expanded := n.catalog.Expand(word)
	if len(expanded) == 0 {
		n.note(Finding{Finding: Blind, Statement: name, Action: string(word), Reason: "the catalog knows no such action; it stays", Blocker: "unknown action"})
		return []iam.Pattern{word}, []fate{{action: iam.Action(word), kind: Blind, reason: "unknown"}}
	}
	var stay, leave []fate
	for _, a := range expanded {
		f := n.fate(s, word, a)
		n.notes(&f)
		if f.goes(n.options) {
			leave = append(leave, f)
		} else {
			stay = append(stay, f)
		}
	}
	n.noteWord(name, stay, leave)
	switch {
	case len(leave) == 0:
		return []iam.Pattern{word}, stay
	case len(stay) == 0:
		return nil, nil
	}
	return spell(word, actionsOf(stay), actionsOf(leave)), stay
}
