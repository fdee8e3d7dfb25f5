package store

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// image is a file in memory.
type image []byte

func (m image) ReadAt(p []byte, at int64) (int, error) { return bytes.NewReader(m).ReadAt(p, at) }
func (m image) WriteAt(p []byte, at int64) (int, error) {
	return copy(m[at:], p), nil
}

// FuzzUndo applies whatever says that it is an undo to a torn store: all that it
// may change is the header that is not in force and checksums, into right ones.
func FuzzUndo(f *testing.F) {
	const size = 1 << 14
	store := make(image, blocksAt+3*size)
	for i, count := range []uint64{7, 6} {
		h := store[headsAt+i*headSize:][:headSize]
		for field, value := range map[int]uint64{1: count, 4: 3, 5: size} {
			binary.NativeEndian.PutUint64(h[8*field:], value)
		}
		binary.NativeEndian.PutUint64(h, checksum(h))
	}
	u := &undo{Active: head(store[headsAt:][:headSize]), Other: head(store[headsAt+headSize:][:headSize])}
	for _, id := range []uint64{0, 1, 2, 3, 1 << 63} {
		b := sharedBlock{ID: id, Used: id<<40 + 5}
		b.Sum = b.sum(make([]byte, size))
		u.Blocks = append(u.Blocks, b)
	}
	whole, err := u.encode()
	if err != nil {
		f.Fatal(err)
	}
	_, body, _ := bytes.Cut(whole, []byte("\n"))
	f.Add(body)
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		u := decodeUndo(summed(body))
		if u == nil {
			return
		}
		got := bytes.Clone(store)
		if err := u.apply(image(got)); err != nil {
			t.Fatal(err)
		}
		for at := range int64(3) {
			copy(got[blocksAt+at*size:][:sumSize], store[blocksAt+at*size:])
		}
		if !bytes.Equal(got, store) {
			t.Error("it changed more than checksums")
		}
	})
}
