package report

import (
	"strings"
	"unicode"
)

// plain makes a text harmless on a terminal: control characters, escape
// sequences, line separators and invisible marks become visible.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp):
			return '␣' // invisible, or turns the reading direction
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
