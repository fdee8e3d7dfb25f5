package diff

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// layer is a text inside of another: what it says, and where in the file each
// of its bytes stands. A policy in a quoted string is JSON below the escapes of
// the string.
type layer struct {
	text []byte
	at   []int // of each byte of text, and of the end
}

// add adds what stands at an offset of the file.
func (l *layer) add(text string, at int) {
	for range len(text) {
		l.at = append(l.at, at)
	}
	l.text = append(l.text, text...)
}

// unescape reads what stands between the quotes of a string, which begins at
// base in its file. escape reads an escape at the begin of a text: what it says
// and its length. In a template, an interpolation is taken as it stands, its own
// strings and all.
func unescape(raw string, base int, template bool, escape func(string) (string, int, error)) (*layer, error) {
	l := &layer{}
	for i := 0; i < len(raw); {
		switch {
		case raw[i] == '\\':
			text, length, err := escape(raw[i:])
			if err != nil {
				return nil, fmt.Errorf("byte %d: %w", base+i, err)
			}
			l.add(text, base+i)
			i += length
		case template && (strings.HasPrefix(raw[i:], "$${") || strings.HasPrefix(raw[i:], "%%{")):
			for range 3 {
				l.add(raw[i:i+1], base+i)
				i++
			}
		case template && (strings.HasPrefix(raw[i:], "${") || strings.HasPrefix(raw[i:], "%{")):
			for end := i + closing(raw[i:]); i < end; i++ {
				l.add(raw[i:i+1], base+i)
			}
		default:
			l.add(raw[i:i+1], base+i)
			i++
		}
	}
	l.at = append(l.at, base+len(raw))
	return l, nil
}

// escapeOfHCL reads an escape of a quoted template.
//
// Source: HCL Native Syntax Specification, "Template Expressions".
func escapeOfHCL(text string) (string, int, error) {
	if len(text) < 2 {
		return "", 0, errors.New("an escape without an end")
	}
	switch text[1] {
	case 'n':
		return "\n", 2, nil
	case 'r':
		return "\r", 2, nil
	case 't':
		return "\t", 2, nil
	case '"', '\\':
		return text[1:2], 2, nil
	case 'u', 'U':
		length := map[byte]int{'u': 6, 'U': 10}[text[1]]
		if len(text) < length {
			return "", 0, errors.New("an escape without an end")
		}
		c, err := strconv.ParseUint(text[2:length], 16, 32)
		if err != nil || !utf8.ValidRune(rune(c)) {
			return "", 0, fmt.Errorf("%s is no character", text[:length])
		}
		return string(rune(c)), length, nil
	}
	return "", 0, fmt.Errorf("%s is no escape", text[:2])
}

// escapeOfJSON reads an escape of a JSON string, two for a character outside of
// the basic plane.
//
// Source: RFC 8259, section 7 "Strings".
func escapeOfJSON(text string) (string, int, error) {
	length := 2
	if strings.HasPrefix(text, `\u`) {
		length = 6
		if len(text) >= 12 && (text[2] == 'd' || text[2] == 'D') && text[6:8] == `\u` {
			length = 12
		}
	}
	for ; length <= len(text); length -= 6 {
		var out string
		if err := json.Unmarshal([]byte(`"`+text[:length]+`"`), &out); err == nil && (length != 12 || !strings.ContainsRune(out, utf8.RuneError)) {
			return out, length, nil
		}
		if length <= 6 {
			break
		}
	}
	return "", 0, fmt.Errorf("%.2q is no escape", text)
}

// lift moves a node that was read in the layer to where it stands in the file.
// There it is all in one line.
func (l *layer) lift(n *node) {
	n.start, n.end, n.style = l.at[n.start], l.at[n.end], quotedList
	if n.key > 0 {
		n.key = l.at[n.key]
	}
	for i, r := range n.regions {
		n.regions[i] = span{l.at[r.start], l.at[r.end]}
	}
	for _, i := range n.items {
		l.lift(i)
	}
	for _, m := range n.members {
		l.lift(m.value)
	}
}

// errDollar: the two would read as an escape.
var errDollar = errors.New("a dollar sign before a reference cannot be written here")

// meet: a literal dollar meets a reference.
func meet(parts []part) bool {
	for i, p := range parts {
		if !p.ref && i+1 < len(parts) && strings.HasSuffix(p.text, "$") {
			return true
		}
	}
	return false
}

// spellQuoted writes a JSON string inside a quoted HCL template, references as
// they stand.
func spellQuoted(parts []part) (string, error) {
	if meet(parts) {
		return "", errDollar
	}
	text, err := join(parts, func(s string) (string, error) {
		s, err := escapeJSON(s)
		if err != nil {
			return "", err
		}
		return escapeHCL(s)
	})
	return `\"` + text + `\"`, err
}
