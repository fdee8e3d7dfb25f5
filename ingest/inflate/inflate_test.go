package inflate

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"testing"
)

// all decompresses with a buffer of a size, as a window that slides.
func all(r *Reader, in []byte, size int) ([]byte, error) {
	r.Reset(in)
	var whole []byte
	buffer := make([]byte, 0, size)
	for {
		before := len(buffer)
		var err error
		buffer, err = r.Append(buffer)
		whole = append(whole, buffer[before:]...)
		if err != nil {
			return whole, err
		}
		keep := min(len(buffer), History)
		buffer = append(buffer[:0], buffer[len(buffer)-keep:]...)
	}
}

func theirs(in []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(in))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

func pack(level int, parts ...[]byte) []byte {
	var b bytes.Buffer
	for i, p := range parts {
		z, err := gzip.NewWriterLevel(&b, level)
		if err != nil {
			panic(err)
		}
		if i%2 == 1 {
			z.Name, z.Comment, z.Extra = "name", "comment", []byte("extra")
		}
		if _, err := z.Write(p); err != nil {
			panic(err)
		}
		z.Close()
	}
	return b.Bytes()
}

// texts are of every kind: empty, of one letter, of few, of all bytes, long and
// short repeats, JSON.
func texts() map[string][]byte {
	rng := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 150_000)
	few := make([]byte, 150_000)
	for i := range noise {
		noise[i], few[i] = byte(rng.Uint32()), "aaaaaab"[rng.IntN(7)]
	}
	var json bytes.Buffer
	for i := range 3000 {
		fmt.Fprintf(&json, `{"eventID":"%016x","eventTime":"2026-10-01T%02d:00:00Z","eventName":"GetObject","key":"objects/%d"},`, rng.Uint64(), i%24, rng.IntN(1000))
	}
	skewed := make([]byte, 300_000) // codes of 15 bits
	for i := range skewed {
		skewed[i] = byte(min(255, rng.ExpFloat64()*12))
	}
	far := append(append(bytes.Clone(noise[:History]), noise[:History]...), noise[:5000]...)
	return map[string][]byte{
		"empty": nil, "one": []byte("x"), "letter": bytes.Repeat([]byte("a"), 100_000), "pair": bytes.Repeat([]byte("ab"), 50_000),
		"seven": bytes.Repeat([]byte("1234567"), 30_000), "noise": noise, "few": few, "json": json.Bytes(), "skewed": skewed, "far": far,
	}
}

// TestAgrees: what compress/gzip wrote reads as it was, whatever the buffer.
func TestAgrees(t *testing.T) {
	var r Reader
	for name, text := range texts() {
		for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
			in := pack(level, text, text[:len(text)/3], nil)
			want := append(bytes.Clone(text), text[:len(text)/3]...)
			for _, size := range []int{History + Room, History + Room + 777, 1 << 20} {
				if got, err := all(&r, in, size); err != io.EOF || !bytes.Equal(got, want) {
					t.Fatalf("%s, level %d, buffer %d: %d of %d bytes, %v", name, level, size, len(got), len(want), err)
				}
			}
		}
	}
}

// TestCutOff: every beginning of a file gives a beginning of its content, and
// an error.
func TestCutOff(t *testing.T) {
	var r Reader
	for name, text := range texts() {
		in := pack(6, text[:min(len(text), 3000)])
		for n := range in {
			got, err := all(&r, in[:n], 1<<16)
			if err == nil || err == io.EOF || !bytes.HasPrefix(text, got) {
				t.Fatalf("%s, %d of %d bytes: %d bytes, %v", name, n, len(in), len(got), err)
			}
		}
	}
}

// withHeader gives a file the parts of a header that compress/gzip never
// writes: a text of a length and a checksum that may be wrong by some.
func withHeader(file []byte, text int, wrong uint16) []byte {
	h := bytes.Clone(file[:10])
	h[3] |= hasComment | hasChecksum
	h = append(append(h, bytes.Repeat([]byte("c"), text)...), 0)
	h = binary.LittleEndian.AppendUint16(h, uint16(crc32.ChecksumIEEE(h))+wrong)
	return append(h, file[10:]...)
}

func TestErrors(t *testing.T) {
	whole := pack(6, []byte("some text, some text"))
	change := func(at int, to byte) []byte {
		b := bytes.Clone(whole)
		b[at] = to
		return b
	}
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"no magic":      {change(0, 0), ErrHeader},
		"no deflate":    {change(2, 7), ErrHeader},
		"block kind":    {change(10, 7), ErrCorrupt},
		"checksum":      {change(len(whole)-8, whole[len(whole)-8]^1), ErrChecksum},
		"length":        {change(len(whole)-4, 1), ErrChecksum},
		"rubbish after": {append(bytes.Clone(whole), "xx"...), ErrHeader},
		"nothing":       {nil, ErrHeader},
		"header sum":    {withHeader(whole, 3, 0), io.EOF},
		"wrong sum":     {withHeader(whole, 3, 1), ErrHeader},
		"long text":     {withHeader(whole, maxText-1, 0), io.EOF},
		"longer text":   {withHeader(whole, maxText, 0), ErrHeader},
		"cut text":      {withHeader(whole, 3, 0)[:12], io.ErrUnexpectedEOF},
		"cut sum":       {withHeader(whole, 3, 0)[:15], io.ErrUnexpectedEOF},
		"too far back":  {append(bytes.Clone(whole[:10]), 0x03, 0x02), ErrCorrupt}, // a match first of all
		"far from end":  {append(append(bytes.Clone(whole[:10]), 0x03, 0x02), make([]byte, 40)...), ErrCorrupt},
		"member before": {append(append(append(bytes.Clone(whole), whole[:10]...), 0x03, 0x02), make([]byte, 40)...), ErrCorrupt},
	} {
		var r Reader
		if _, err := all(&r, c.in, 1<<16); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// FuzzAgrees: what compress/gzip reads, and what it refuses, is read and refused.
func FuzzAgrees(f *testing.F) {
	for _, text := range texts() {
		for _, level := range []int{0, 1, 9, flate.HuffmanOnly} {
			f.Add(pack(level, text[:min(len(text), 2000)], text[:len(text)/2%300]))
			f.Add(withHeader(pack(level, text[:min(len(text), 200)]), len(text)%2*600, uint16(level&1)))
		}
	}
	var r Reader
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := all(&r, in, 1<<17)
		want, theirErr := theirs(in)
		if (err == io.EOF) != (theirErr == nil) || theirErr == nil && !bytes.Equal(got, want) {
			t.Fatalf("%d bytes, %v; compress/gzip has %d, %v", len(got), err, len(want), theirErr)
		}
	})
}

// FuzzTables: what stands behind a header is read or refused as compress/flate
// does, where no checksum hides what comes of it. compress/flate does not look
// behind the last block, so of what follows a member nothing is compared.
func FuzzTables(f *testing.F) {
	for _, text := range texts() {
		raw := pack(9, text[:min(len(text), 4000)])[10:]
		f.Add(raw)
		f.Add(append(bytes.Clone(raw), "\x00\x000"...))
	}
	var r Reader
	f.Fuzz(func(t *testing.T, raw []byte) {
		rest := bytes.NewReader(raw) // read no further than needed, as it is an io.ByteReader
		want, theirErr := io.ReadAll(flate.NewReader(rest))
		if theirErr == nil {
			raw = raw[:min(len(raw), len(raw)-rest.Len()+8)]
		}
		in := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0}, raw...)
		got, err := all(&r, in, 1<<17)
		read := r.stage == trailer || err == io.EOF
		if read != (theirErr == nil) || read && !bytes.Equal(got, want) {
			t.Fatalf("%d bytes, %v; compress/flate has %d, %v", len(got), err, len(want), theirErr)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	for name, text := range texts() {
		in := pack(6, text)
		b.Run(name, func(b *testing.B) {
			var r Reader
			buffer := make([]byte, 0, 1<<20)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				r.Reset(in)
				if _, err := r.Append(buffer[:0]); err != io.EOF {
					b.Fatal(err)
				}
			}
		})
	}
}
