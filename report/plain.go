package report

import (
	"strings"
	"unicode"
)

// plain makes a text harmless on a terminal: control characters, escape
// sequences and marks that turn the reading direction become visible.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u200b' || r == '\ufeff' || unicode.Is(unicode.Bidi_Control, r):
			return '␣'
		case unicode.IsControl(r):
			return '␛'
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
}

// cut shortens a text to so many characters.
func cut(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	return string(runes[:width-1]) + "…"
}
