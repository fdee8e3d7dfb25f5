package diff

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// errNotText: bytes that are no UTF-8 cannot be written and read back.
var errNotText = errors.New("a new element is not UTF-8 text")

// Names from logs are chosen by whoever made the call. Each form spells a text
// so that it is read back as that text: no template, alias or tag appears.

// quoteJSON spells a text as a JSON string.
func quoteJSON(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", errNotText
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil {
		return "", err
	}
	return escapeComposing(unseen.Replace(strings.TrimSuffix(b.String(), "\n"))), nil
}

// escapeComposing spells the characters that Unicode's composition would change
// or join to what stands before them: Terraform composes every text that it
// reads, a file of JSON and its escapes ("\n" before a cedilla) too.
//
// Source: Terraform language, "Strings and Templates"; Unicode Standard Annex
// #15 "Unicode Normalization Forms", form C.
func escapeComposing(text string) string {
	if norm.NFC.IsNormalString(text) && !strings.ContainsFunc(text, composes) {
		return text
	}
	var b strings.Builder
	for _, c := range text {
		if !composes(c) {
			b.WriteRune(c)
			continue
		}
		for _, unit := range utf16.Encode([]rune{c}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// composes: the character is changed by composition, or joined to one before it.
func composes(c rune) bool {
	return c >= 0x80 && (!norm.NFC.PropertiesString(string(c)).BoundaryBefore() || norm.NFC.String(string(c)) != string(c))
}

// errComposes: Terraform's jsonencode and its policy documents compose the JSON
// that they make, escapes and all.
var errComposes = errors.New("composition would turn characters of the new element into others")

// keepsApart: no literal is changed when Terraform composes the JSON that it
// makes of the parts.
func keepsApart(parts []part) error {
	for _, p := range parts {
		if p.ref {
			continue
		}
		text, err := json.Marshal(p.text)
		if err != nil || !norm.NFC.IsNormalString(string(text)) || !norm.NFC.PropertiesString(p.text).BoundaryBefore() && p.text != "" {
			return errComposes
		}
	}
	return nil
}

// unseen spells characters that JSON takes as they are but YAML does not, or
// that a reviewer would not see.
//
// Source: YAML 1.2.2, section 5.1 "Character Set".
var unseen = func() *strings.Replacer {
	var pairs []string
	for _, from := range [][2]rune{{0x7f, 0x9f}, {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff}, {0xfffe, 0xffff}} {
		for c := from[0]; c <= from[1]; c++ {
			pairs = append(pairs, string(c), fmt.Sprintf(`\u%04x`, c))
		}
	}
	return strings.NewReplacer(pairs...)
}()

// escapeHCL spells a text inside a quoted HCL template, without interpolation.
//
// Source: HCL Native Syntax Specification, "Template Expressions".
func escapeHCL(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", errNotText
	}
	var b strings.Builder
	for i, c := range text {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case (c == '$' || c == '%') && strings.HasPrefix(text[i+1:], "{"):
			b.WriteRune(c)
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c == 0x7f || c == '\ufeff' || c == '\u2028' || c == '\u2029':
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String(), nil
}
