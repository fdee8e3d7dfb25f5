package diff

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// binding is what each expression of the code stands for in the account. One
// binding must fit the whole document.
type binding map[string]string

// segments cuts a text at its references: literal, reference, literal, …
func segments(text string) (literals, references []string) {
	for {
		at := strings.Index(text, "${")
		if at < 0 {
			return append(literals, text), references
		}
		depth, end := 0, len(text)
		for i := at + 1; i < len(text); i++ {
			switch text[i] {
			case '{':
				depth++
			case '}':
				depth--
			}
			if depth == 0 {
				end = i + 1
				break
			}
		}
		literals = append(literals, text[:at])
		references = append(references, text[at:end])
		text = text[end:]
	}
}

// namePattern is a name with its references as wildcards.
func namePattern(text string) iam.Pattern {
	literals, _ := segments(text)
	return iam.Pattern(strings.Join(literals, "*"))
}

// fits extends the binding so that the code's text becomes the live one. What
// a policy itself writes as ${…} (a policy variable) fits as it is.
func (b binding) fits(code, live string) bool {
	if code == live {
		return true
	}
	literals, references := segments(code)
	if len(references) == 0 {
		return false
	}
	rest, ok := strings.CutPrefix(live, literals[0])
	if !ok {
		return false
	}
	return b.bind(references, literals[1:], rest)
}

func (b binding) bind(references, literals []string, live string) bool {
	if len(references) == 0 {
		return live == ""
	}
	name := references[0]
	if value, bound := b[name]; bound {
		rest, ok := strings.CutPrefix(live, value+literals[0])
		return ok && b.bind(references[1:], literals[1:], rest)
	}
	for end := len(live); end >= 0; end-- {
		rest, ok := strings.CutPrefix(live[end:], literals[0])
		if !ok || len(references) == 1 && rest != "" {
			continue
		}
		b[name] = live[:end]
		if b.bind(references[1:], literals[1:], rest) {
			return true
		}
		delete(b, name)
	}
	return false
}

// words are the code's words, by the account's, of a statement's actions and
// resources, excluded ones too: "*" may be an expression in one of the lists.
type words struct{ action, resource map[string]string }

// agree checks that the code's document is the live one under one binding, and
// gives for each statement the code's word of every live action and resource.
func agree(code, live *iam.Policy) (found []words, err error) {
	if len(code.Statements) != len(live.Statements) {
		return nil, fmt.Errorf("the code has %d statements, the account %d", len(code.Statements), len(live.Statements))
	}
	b := binding{}
	for i := range code.Statements {
		c, l := &code.Statements[i], &live.Statements[i]
		w := words{map[string]string{}, map[string]string{}}
		if c.Sid != l.Sid || c.Effect != l.Effect ||
			!b.list(c.Action, l.Action, w.action) || !b.list(c.NotAction, l.NotAction, w.action) ||
			!b.list(c.Resource, l.Resource, w.resource) || !b.list(c.NotResource, l.NotResource, w.resource) ||
			!b.conditions(c.Condition, l.Condition) {
			return nil, fmt.Errorf("statement %d of the code is not what the account has", i)
		}
		found = append(found, w)
	}
	return found, nil
}

// list matches two lists as sets: services and providers reorder them.
func (b binding) list(code, live []iam.Pattern, words map[string]string) bool {
	if len(code) != len(live) {
		return false
	}
	// What leaves least choice goes first: texts with most literal characters.
	order := slices.Clone(code)
	slices.SortStableFunc(order, func(x, y iam.Pattern) int { return fixed(y) - fixed(x) })
	budget := 10_000
	return b.assign(order, live, make([]bool, len(live)), words, &budget)
}

// fixed counts the characters of a text that stand outside references; a text
// without any comes before all others.
func fixed(p iam.Pattern) int {
	literals, references := segments(string(p))
	if len(references) == 0 {
		return 1 << 20
	}
	return len(strings.Join(literals, ""))
}

// assign finds a live element for each of the code's, going back where an
// early choice leaves a later one without.
func (b binding) assign(code, live []iam.Pattern, used []bool, words map[string]string, budget *int) bool {
	if len(code) == 0 {
		return true
	}
	for i, l := range live {
		if used[i] {
			continue
		}
		if *budget--; *budget < 0 {
			return false
		}
		before := maps.Clone(b)
		if b.fits(string(code[0]), string(l)) {
			used[i] = true
			words[string(l)] = string(code[0])
			if b.assign(code[1:], live, used, words, budget) {
				return true
			}
			used[i] = false
			delete(words, string(l))
		}
		clear(b)
		maps.Copy(b, before)
	}
	return false
}

func (b binding) conditions(code, live []iam.Condition) bool {
	if len(code) != len(live) {
		return false
	}
	for _, c := range code {
		if !slices.ContainsFunc(live, func(l iam.Condition) bool {
			return c.Operator == l.Operator && c.Key == l.Key && b.list(asPatterns(c.Values), asPatterns(l.Values), map[string]string{})
		}) {
			return false
		}
	}
	return true
}

func asPatterns(values []string) []iam.Pattern {
	out := make([]iam.Pattern, len(values))
	for i, v := range values {
		out[i] = iam.Pattern(v)
	}
	return out
}

// inCode translates the wanted document, a live one made smaller, into the
// words of the code: what stood there keeps its expression and order.
func inCode(code, live, want *iam.Policy, found []words) *iam.Policy {
	out := &iam.Policy{Version: code.Version, ID: code.ID}
	next := 0
	for i := range live.Statements {
		if next >= len(want.Statements) || !follows(&live.Statements[i], &want.Statements[next]) {
			continue
		}
		s := code.Statements[i]
		if turned(&s, &want.Statements[next]) {
			s.NotAction, s.Action = slices.Clone(want.Statements[next].NotAction), slices.Clone(want.Statements[next].Action)
		} else {
			s.Action = translate(s.Action, want.Statements[next].Action, found[i].action)
			s.NotAction = translate(s.NotAction, want.Statements[next].NotAction, found[i].action)
		}
		s.Resource = translate(code.Statements[i].Resource, want.Statements[next].Resource, found[i].resource)
		out.Statements = append(out.Statements, s)
		next++
	}
	return out
}

// translate keeps the code's elements that are wanted, in the code's order,
// with new ones in place of the first that goes.
func translate(code, want []iam.Pattern, words map[string]string) []iam.Pattern {
	if want == nil {
		return nil
	}
	kept := map[iam.Pattern]bool{}
	var added []iam.Pattern
	for _, w := range want {
		if c, ok := words[string(w)]; ok {
			kept[iam.Pattern(c)] = true
		} else {
			added = append(added, w)
		}
	}
	out := []iam.Pattern{}
	for _, c := range code {
		if kept[c] {
			out = append(out, c)
			continue
		}
		out = append(out, added...)
		added = nil
	}
	return append(out, added...)
}
