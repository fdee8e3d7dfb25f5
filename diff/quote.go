package diff

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Names from logs are chosen by whoever made the call. Each form spells a text
// so that it is read back as that text: no template, alias or tag appears.

// quoteJSON spells a text as a JSON string.
func quoteJSON(text string) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil {
		return "", err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// quoteHCL spells a text as a quoted HCL template without interpolation.
//
// Source: HCL Native Syntax Specification, "Template Expressions".
func quoteHCL(text string) (string, error) {
	var b strings.Builder
	b.WriteByte('"')
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
	b.WriteByte('"')
	return b.String(), nil
}

// quoteHeredoc spells a text as a JSON string inside an HCL heredoc, where
// ${ and %{ begin a template.
func quoteHeredoc(text string) (string, error) {
	quoted, err := quoteJSON(text)
	quoted = strings.ReplaceAll(quoted, "${", "$${")
	return strings.ReplaceAll(quoted, "%{", "%%{"), err
}

// quoteYAML spells a text as a YAML scalar: plain where that is safe.
func quoteYAML(text string) (string, error) {
	if plainYAML(text) {
		return text, nil
	}
	return quoteJSON(text)
}

// plainYAML: letters, digits and a few marks, beginning with a letter, are a
// string to every YAML reader, unless they are one of its words.
func plainYAML(text string) bool {
	switch strings.ToLower(text) {
	case "", "true", "false", "yes", "no", "on", "off", "null", "y", "n":
		return false
	}
	for i := range len(text) {
		c := text[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		other := c >= '0' && c <= '9' || strings.IndexByte(":/*._-", c) >= 0
		if !letter && (i == 0 || !other) {
			return false
		}
	}
	return !strings.HasSuffix(text, ":")
}
