package diff

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pruner/pruner/iam"
)

// lists are the elements of a statement that hold patterns, with their names
// in a policy and in a policy document.
func lists(s *iam.Statement) []struct {
	element, argument string
	values            []iam.Pattern
} {
	return []struct {
		element, argument string
		values            []iam.Pattern
	}{
		{"Action", "actions", s.Action},
		{"NotAction", "not_actions", s.NotAction},
		{"Resource", "resources", s.Resource},
		{"NotResource", "not_resources", s.NotResource},
	}
}

// hclStrings writes texts as a list, a line for each if they are many.
func hclStrings(values []string, quote speller) (string, error) {
	var out []string
	for _, v := range values {
		text, err := quote([]part{{text: v}})
		if err != nil {
			return "", err
		}
		out = append(out, text)
	}
	if len(out) == 1 {
		return "[" + out[0] + "]", nil
	}
	return "[\n" + strings.Join(out, ",\n") + ",\n]", nil
}

func texts(values []iam.Pattern) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

// writeDocument writes a policy as an aws_iam_policy_document.
func writeDocument(b *strings.Builder, label string, p *iam.Policy) error {
	fmt.Fprintf(b, "data \"aws_iam_policy_document\" %q {\n", label)
	for i := range p.Statements {
		s := &p.Statements[i]
		if s.Principal != nil || s.NotPrincipal != nil {
			return errors.New("an identity policy names no principals")
		}
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString("statement {\n")
		if err := writeStatement(b, s); err != nil {
			return err
		}
		b.WriteString("}\n")
	}
	b.WriteString("}\n\n")
	return nil
}

func writeStatement(b *strings.Builder, s *iam.Statement) error {
	if s.Sid != "" {
		sid, err := spellDocument([]part{{text: s.Sid}})
		if err != nil {
			return err
		}
		b.WriteString("sid = " + sid + "\n")
	}
	if s.Effect != iam.Allow {
		fmt.Fprintf(b, "effect = %q\n", string(s.Effect))
	}
	for _, l := range lists(s) {
		if l.values == nil {
			continue
		}
		text, err := hclStrings(texts(l.values), spellDocument)
		if err != nil {
			return err
		}
		b.WriteString(l.argument + " = " + text + "\n")
	}
	for _, c := range s.Condition {
		values, err1 := hclStrings(c.Values, spellDocument)
		test, err2 := spellDocument([]part{{text: c.Operator}})
		variable, err3 := spellDocument([]part{{text: c.Key}})
		if err := errors.Join(err1, err2, err3); err != nil {
			return err
		}
		fmt.Fprintf(b, "\ncondition {\ntest = %s\nvariable = %s\nvalues = %s\n}\n", test, variable, values)
	}
	return nil
}

// encoded writes a policy as a jsonencode call.
func encoded(p *iam.Policy) (string, error) {
	var b strings.Builder
	version, err := spellHCL([]part{{text: p.EffectiveVersion()}})
	if err != nil {
		return "", err
	}
	b.WriteString("jsonencode({\nVersion = " + version + "\nStatement = [\n")
	for i := range p.Statements {
		b.WriteString("{\n")
		if err := encodeStatement(&b, &p.Statements[i]); err != nil {
			return "", err
		}
		b.WriteString("},\n")
	}
	b.WriteString("]\n})")
	return b.String(), nil
}

func encodeStatement(b *strings.Builder, s *iam.Statement) error {
	if s.Principal != nil || s.NotPrincipal != nil {
		return errors.New("an identity policy names no principals")
	}
	if s.Sid != "" {
		sid, err := spellHCL([]part{{text: s.Sid}})
		if err != nil {
			return err
		}
		b.WriteString("Sid = " + sid + "\n")
	}
	fmt.Fprintf(b, "Effect = %q\n", string(s.Effect))
	for _, l := range lists(s) {
		if l.values == nil {
			continue
		}
		text, err := hclStrings(texts(l.values), spellHCL)
		if err != nil {
			return err
		}
		b.WriteString(l.element + " = " + text + "\n")
	}
	if len(s.Condition) == 0 {
		return nil
	}
	b.WriteString("Condition = {\n")
	for i, c := range s.Condition {
		operator, err1 := spellHCL([]part{{text: c.Operator}})
		key, err2 := spellHCL([]part{{text: c.Key}})
		values, err3 := hclStrings(c.Values, spellHCL)
		if err := errors.Join(err1, err2, err3); err != nil {
			return err
		}
		if i == 0 || s.Condition[i-1].Operator != c.Operator {
			b.WriteString(operator + " = {\n")
		}
		b.WriteString(key + " = " + values + "\n")
		if i == len(s.Condition)-1 || s.Condition[i+1].Operator != c.Operator {
			b.WriteString("}\n")
		}
	}
	b.WriteString("}\n")
	return nil
}
