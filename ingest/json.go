package ingest

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// maxNesting bounds how deep a record may nest; requestParameters with JSON
// inside JSON stay far below it.
const maxNesting = 200

var (
	errTruncated = errors.New("the text ends inside a value")
	errDepth     = fmt.Errorf("nested deeper than %d levels", maxNesting)
)

// cursor walks over JSON bytes in place: what nobody asks for is skipped, not
// decoded.
type cursor struct {
	data []byte
	at   int
}

func (c *cursor) space() {
	for c.at < len(c.data) {
		switch c.data[c.at] {
		case ' ', '\t', '\n', '\r':
			c.at++
		default:
			return
		}
	}
}

// peek is the next byte that is no white space, or 0 at the end.
func (c *cursor) peek() byte {
	c.space()
	if c.at < len(c.data) {
		return c.data[c.at]
	}
	return 0
}

func (c *cursor) fail(want string) error {
	if c.at >= len(c.data) {
		return errTruncated
	}
	return fmt.Errorf("byte %d: want %s, have %q", c.at, want, c.data[c.at])
}

// members calls f with each key of an object, standing at its value; f must
// consume it.
func (c *cursor) members(f func(key []byte) error) error {
	if c.peek() != '{' {
		return c.fail("an object")
	}
	c.at++
	if c.peek() == '}' {
		c.at++
		return nil
	}
	for {
		key, err := c.text()
		if err != nil {
			return err
		}
		if c.peek() != ':' {
			return c.fail("a colon")
		}
		c.at++
		if err := f(key); err != nil {
			return err
		}
		switch c.peek() {
		case ',':
			c.at++
		case '}':
			c.at++
			return nil
		default:
			return c.fail("a comma or the object's end")
		}
	}
}

// elements calls f at each element of a list; f must consume it.
func (c *cursor) elements(f func() error) error {
	if c.peek() != '[' {
		return c.fail("a list")
	}
	c.at++
	if c.peek() == ']' {
		c.at++
		return nil
	}
	for {
		if err := f(); err != nil {
			return err
		}
		switch c.peek() {
		case ',':
			c.at++
		case ']':
			c.at++
			return nil
		default:
			return c.fail("a comma or the list's end")
		}
	}
}

// text reads a string. The bytes are a slice of the input unless it holds
// escapes or invalid UTF-8.
func (c *cursor) text() ([]byte, error) {
	raw, escaped, err := c.rawText()
	if err != nil {
		return nil, err
	}
	if !escaped {
		if utf8.Valid(raw) {
			return raw, nil
		}
		return []byte(string([]rune(string(raw)))), nil
	}
	plain, err := strconv.Unquote(`"` + string(mendEscapes(raw)) + `"`)
	if err != nil {
		return nil, fmt.Errorf("byte %d: bad escape in a string", c.at)
	}
	return []byte(plain), nil
}

// rawText gives what stands between the quotes.
func (c *cursor) rawText() (raw []byte, escaped bool, err error) {
	if c.peek() != '"' {
		return nil, false, c.fail("a string")
	}
	start := c.at + 1
	for i := start; i < len(c.data); i++ {
		switch c.data[i] {
		case '\\':
			escaped = true
			i++
		case '"':
			c.at = i + 1
			return c.data[start:i], escaped, nil
		}
	}
	c.at = len(c.data)
	return nil, false, errTruncated
}

// mendEscapes turns what JSON escapes differently from Go into Go's form: \/
// is a slash, surrogate pairs are one rune, a control character is escaped.
func mendEscapes(raw []byte) []byte {
	out := make([]byte, 0, len(raw)+8)
	for i := 0; i < len(raw); i++ {
		switch {
		case raw[i] == '\\' && i+1 < len(raw) && raw[i+1] == '/':
			out = append(out, '/')
			i++
		case raw[i] == '\\' && i+5 < len(raw) && raw[i+1] == 'u':
			r, width := escapedRune(raw[i:])
			out = append(out, []byte(strconv.QuoteRune(r))[1:]...)
			out = out[:len(out)-1]
			if r == '\'' {
				out = append(out[:len(out)-2], '\'')
			}
			i += width - 1
		case raw[i] == '\\' && i+1 < len(raw):
			out = append(out, raw[i], raw[i+1])
			i++
		case raw[i] < ' ':
			out = append(out, []byte(fmt.Sprintf(`\x%02x`, raw[i]))...)
		default:
			out = append(out, raw[i])
		}
	}
	return out
}

// escapedRune reads \uXXXX or a surrogate pair; half a pair is U+FFFD.
func escapedRune(raw []byte) (r rune, width int) {
	high, err := strconv.ParseUint(string(raw[2:6]), 16, 16)
	if err != nil {
		return utf8.RuneError, 6
	}
	if high < 0xD800 || high > 0xDFFF {
		return rune(high), 6
	}
	if high < 0xDC00 && len(raw) >= 12 && raw[6] == '\\' && raw[7] == 'u' {
		low, err := strconv.ParseUint(string(raw[8:12]), 16, 16)
		if err == nil && low >= 0xDC00 && low <= 0xDFFF {
			return rune((high-0xD800)<<10|(low-0xDC00)) + 0x10000, 12
		}
	}
	return utf8.RuneError, 6
}

// scalar reads a string, number, boolean or null as its text.
func (c *cursor) scalar() (string, error) {
	switch b := c.peek(); b {
	case '"':
		t, err := c.text()
		return string(t), err
	case '{', '[':
		return "", c.skip()
	}
	start := c.at
	for c.at < len(c.data) {
		switch c.data[c.at] {
		case ',', '}', ']', ' ', '\t', '\n', '\r':
			return bare(c.data[start:c.at]), nil
		}
		c.at++
	}
	if start == c.at {
		return "", errTruncated
	}
	return bare(c.data[start:c.at]), nil
}

func bare(b []byte) string {
	if string(b) == "null" {
		return ""
	}
	return string(b)
}

// skip passes over a value of any kind, without recursion.
func (c *cursor) skip() error {
	depth := 0
	for {
		switch c.peek() {
		case 0:
			return errTruncated
		case '{', '[':
			if depth++; depth > maxNesting {
				return errDepth
			}
			c.at++
		case '}', ']':
			depth--
			c.at++
			if depth < 0 {
				return c.fail("a value")
			}
		case '"':
			if _, _, err := c.rawText(); err != nil {
				return err
			}
		case ',', ':':
			if depth == 0 {
				return c.fail("a value")
			}
			c.at++
			continue
		default:
			if _, err := c.scalar(); err != nil {
				return err
			}
		}
		if depth == 0 {
			return nil
		}
	}
}
