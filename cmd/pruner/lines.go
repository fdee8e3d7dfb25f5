package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// maxLine bounds a line of JSON input: the largest policies of one request
// together stay far below it.
const maxLine = 64 << 20

// openInput opens a file, or the standard input for "-".
func (a *app) openInput(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(a.in), nil
	}
	return os.Open(name)
}

// eachLine calls f with every line of JSON-lines input that is not blank; n
// counts from 1. The line is only valid during the call.
func eachLine(r io.Reader, name string, f func(n int, line []byte) error) error {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 0, 1<<16), maxLine)
	n := 0
	for scanner.Scan() {
		n++
		if len(scanner.Bytes()) == 0 {
			continue
		}
		if err := f(n, scanner.Bytes()); err != nil {
			return err
		}
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("read %s, line %d: %w", name, n+1, err)
	}
	return nil
}

// lineWriter writes JSON lines without escaping <, > and &.
func lineWriter(w io.Writer) *json.Encoder {
	enc := json.NewEncoder(visibleWriter{w})
	enc.SetEscapeHTML(false)
	return enc
}

// visibleWriter spells characters that steer a terminal, or turn the reading
// direction, as JSON escapes; they can only stand inside strings.
type visibleWriter struct{ w io.Writer }

// Write writes the data with those characters spelt; see [io.Writer].
func (v visibleWriter) Write(data []byte) (int, error) {
	var b bytes.Buffer
	b.Grow(len(data))
	for rest := data; len(rest) > 0; {
		if plain := plainASCII(rest); plain > 0 {
			b.Write(rest[:plain])
			rest = rest[plain:]
			continue
		}
		r, size := utf8.DecodeRune(rest)
		rest = rest[size:]
		if r >= 0x7f && r <= 0x9f || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			for _, half := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%04x`, half)
			}
			continue
		}
		b.WriteRune(r)
	}
	if _, err := v.w.Write(b.Bytes()); err != nil {
		return 0, err
	}
	return len(data), nil
}

// plainASCII is how many bytes from the start are characters that show.
func plainASCII(b []byte) int {
	for i, c := range b {
		if c >= 0x7f {
			return i
		}
	}
	return len(b)
}

// documentWriter writes one indented JSON document.
func documentWriter(w io.Writer) *json.Encoder {
	enc := lineWriter(w)
	enc.SetIndent("", "  ")
	return enc
}
