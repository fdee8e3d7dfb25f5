package diff

import (
	"errors"
	"slices"
	"strings"
)

// part is a piece of a text: literal, or a reference "${expression}" that the
// policy holds already. Only what stands in the code counts as a reference, so
// a name from the logs never becomes one.
type part struct {
	text string
	ref  bool
}

// speller writes a text as a scalar of one file form.
type speller func([]part) (string, error)

// partsOf cuts a text at the references, the longest that fits first.
func partsOf(text string, refs []string) []part {
	var out []part
	literal := 0
	for i := 0; i < len(text); {
		ref := ""
		for _, r := range refs {
			if len(r) > len(ref) && strings.HasPrefix(text[i:], r) {
				ref = r
			}
		}
		if ref == "" {
			i++
			continue
		}
		if i > literal {
			out = append(out, part{text[literal:i], false})
		}
		out = append(out, part{ref, true})
		i += len(ref)
		literal = i
	}
	if literal < len(text) || len(out) == 0 {
		out = append(out, part{text[literal:], false})
	}
	return out
}

func hasReference(parts []part) bool {
	return slices.ContainsFunc(parts, func(p part) bool { return p.ref })
}

// join spells the literals with escape and leaves references as they are.
func join(parts []part, escape func(string) (string, error)) (string, error) {
	var b strings.Builder
	for _, p := range parts {
		text := p.text
		if !p.ref {
			var err error
			if text, err = escape(text); err != nil {
				return "", err
			}
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// spellHCL writes a quoted template, or the bare expression where the text is
// one reference.
func spellHCL(parts []part) (string, error) {
	if err := keepsApart(parts); err != nil {
		return "", err
	}
	if len(parts) == 1 && parts[0].ref {
		return strings.TrimSuffix(strings.TrimPrefix(parts[0].text, "${"), "}"), nil
	}
	text, err := join(parts, escapeHCL)
	return `"` + text + `"`, err
}

// spellDocument is [spellHCL] for aws_iam_policy_document, which turns "&{"
// into "${" and has no way to write "&{" itself.
//
// Source: Terraform AWS provider, data source aws_iam_policy_document,
// section "Context Variable Interpolation".
func spellDocument(parts []part) (string, error) {
	for _, p := range parts {
		if !p.ref && strings.Contains(p.text, "&{") {
			return "", errors.New("aws_iam_policy_document cannot hold a literal &{")
		}
	}
	return spellHCL(parts)
}

// spellJSON writes a JSON string; plain JSON has no references.
func spellJSON(parts []part) (string, error) {
	text, err := join(parts, escapeJSON)
	return `"` + text + `"`, err
}

func escapeJSON(text string) (string, error) {
	quoted, err := quoteJSON(text)
	if err != nil {
		return "", err
	}
	return quoted[1 : len(quoted)-1], nil
}

// spellHeredoc writes a JSON string inside an HCL template, where ${ and %{
// begin a sequence. Where a literal dollar meets a reference the two would
// read as an escape: such a text is declined.
func spellHeredoc(parts []part) (string, error) {
	if meet(parts) {
		return "", errDollar
	}
	text, err := join(parts, func(s string) (string, error) {
		s, err := escapeJSON(s)
		s = strings.ReplaceAll(s, "${", "$${")
		return strings.ReplaceAll(s, "%{", "%%{"), err
	})
	return `"` + text + `"`, err
}
