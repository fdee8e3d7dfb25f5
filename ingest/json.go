package ingest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// maxNesting bounds how deep the parameters of a record may nest;
// requestParameters with JSON inside JSON stay far below it.
const maxNesting = 200

var (
	errTruncated = errors.New("the text ends inside a value")
	errDepth     = fmt.Errorf("nested deeper than %d levels", maxNesting)
)

// cursor walks over JSON bytes in place: what nobody asks for is skipped, not
// decoded. The texts it gives are views of the bytes.
type cursor struct {
	data []byte
	at   int
}

// peek is the next byte that is no white space, or 0 at the end.
func (c *cursor) peek() byte {
	for c.at < len(c.data) {
		b := c.data[c.at]
		if b > ' ' {
			return b
		}
		if b != ' ' && b != '\n' && b != '\t' && b != '\r' {
			return b
		}
		c.at++
	}
	return 0
}

func (c *cursor) fail(want string) error {
	if c.at >= len(c.data) {
		return errTruncated
	}
	return fmt.Errorf("want %s, have %q", want, c.data[c.at])
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
		key, err := c.key()
		if err != nil {
			return err
		}
		if err := f(key); err != nil {
			return err
		}
		if more, err := c.next('}'); !more {
			return err
		}
	}
}

// next steps over what stands behind a member or an element: a comma, or the
// bracket that is the end.
func (c *cursor) next(end byte) (more bool, err error) {
	b := c.peek()
	if b != ',' && b != end {
		return false, c.fail("a comma or " + string(end))
	}
	c.at++
	return b == ',', nil
}

// key reads a member's name and the colon behind it.
func (c *cursor) key() ([]byte, error) {
	key, err := c.text()
	if err != nil {
		return nil, err
	}
	if c.peek() != ':' {
		return nil, c.fail("a colon")
	}
	c.at++
	return key, nil
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
		if more, err := c.next(']'); !more {
			return err
		}
	}
}

// text reads a string. The bytes are a slice of the input unless it holds
// escapes or invalid UTF-8.
func (c *cursor) text() ([]byte, error) {
	if c.peek() != '"' {
		return nil, c.fail("a string")
	}
	start := c.at + 1
	end, kind := stringEnd(c.data, start)
	if end < 0 {
		c.at = len(c.data)
		return nil, errTruncated
	}
	c.at = end + 1
	raw := c.data[start:end]
	switch {
	case kind&hasEscape != 0:
		return unescape(raw)
	case kind&hasHigh != 0 && !utf8.Valid(raw):
		return []byte(string([]rune(string(raw)))), nil
	}
	return raw, nil
}

// What stringEnd met on its way.
const (
	hasEscape = 1 << iota
	hasHigh   // a byte that is not ASCII
)

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
	quotes   = '"' * lowBits
	slashes  = '\\' * lowBits
)

// stringEnd finds the quote that ends the string whose first byte is at i, or
// -1. It looks at eight bytes at a time.
func stringEnd(data []byte, i int) (end, kind int) {
	var high uint64
	for i+8 <= len(data) {
		w := binary.LittleEndian.Uint64(data[i:])
		q, s := w^quotes, w^slashes
		found := ((q-lowBits)&^q | (s-lowBits)&^s) & highBits
		if found == 0 {
			high |= w
			i += 8
			continue
		}
		n := bits.TrailingZeros64(found)
		high |= w & (1<<n - 1)
		i += n >> 3
		if data[i] == '"' {
			return i, kind | highKind(high)
		}
		kind |= hasEscape
		i += 2
	}
	for ; i < len(data); i++ {
		switch b := data[i]; {
		case b == '"':
			return i, kind | highKind(high)
		case b == '\\':
			kind |= hasEscape
			i++
		default:
			high |= uint64(b)
		}
	}
	return -1, kind
}

func highKind(w uint64) int {
	if w&highBits != 0 {
		return hasHigh
	}
	return 0
}

// escapes are the letters behind a backslash that stand for one character.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescape decodes the inside of a string.
func unescape(raw []byte) ([]byte, error) {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			continue
		}
		if i++; i == len(raw) {
			return nil, errEscape
		}
		if plain := escapes[raw[i]]; plain != 0 {
			out = append(out, plain)
			continue
		}
		r, width := escapedRune(raw[i:])
		if width == 0 {
			return nil, errEscape
		}
		out = utf8.AppendRune(out, r)
		i += width - 1
	}
	if !utf8.Valid(out) {
		return []byte(string([]rune(string(out)))), nil
	}
	return out, nil
}

var errEscape = errors.New("bad escape in a string")

// escapedRune reads uXXXX, or a surrogate pair; half a pair is U+FFFD. The
// width is 0 if it is neither.
func escapedRune(raw []byte) (r rune, width int) {
	high, ok := hex4(raw)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(high) {
		return high, 5
	}
	if len(raw) > 5 && raw[5] == '\\' {
		if low, ok := hex4(raw[6:]); ok {
			if r := utf16.DecodeRune(high, low); r != utf8.RuneError {
				return r, 11
			}
		}
	}
	return utf8.RuneError, 5
}

// hex4 reads uXXXX.
func hex4(raw []byte) (rune, bool) {
	if len(raw) < 5 || raw[0] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(raw[1:5]), 16, 16)
	return rune(n), err == nil
}

// scalar reads a string, number, boolean or null as its text; a list or object
// is passed over and reads as "".
func (c *cursor) scalar() (string, error) {
	switch b := c.peek(); b {
	case '"':
		t, err := c.text()
		return unsafe.String(unsafe.SliceData(t), len(t)), err
	case '{', '[':
		return "", c.skip()
	}
	start := c.at
	for c.at < len(c.data) {
		switch c.data[c.at] {
		case ',', '}', ']', ' ', '\t', '\n', '\r':
			return c.bare(start)
		}
		c.at++
	}
	return "", errTruncated
}

// bare is the word that starts there and ends here.
func (c *cursor) bare(start int) (string, error) {
	word := c.data[start:c.at]
	switch {
	case len(word) == 0:
		return "", c.fail("a value")
	case string(word) == "null":
		return "", nil
	}
	return unsafe.String(unsafe.SliceData(word), len(word)), nil
}

// skip passes over a value of any kind, without recursion.
func (c *cursor) skip() error {
	switch c.peek() {
	case '"':
		end, _ := stringEnd(c.data, c.at+1)
		if end < 0 {
			c.at = len(c.data)
			return errTruncated
		}
		c.at = end + 1
		return nil
	case '{', '[':
		return c.skipNested()
	}
	_, err := c.scalar()
	return err
}

// skipNested passes over an object or a list: only strings and brackets count.
func (c *cursor) skipNested() error {
	depth := 0
	data := c.data
	for i := c.at; i < len(data); i++ {
		switch data[i] {
		case '"':
			if i, _ = stringEnd(data, i+1); i < 0 {
				c.at = len(data)
				return errTruncated
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				c.at = i + 1
				return nil
			}
		}
	}
	c.at = len(data)
	return errTruncated
}
