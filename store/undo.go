package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
)

// undo is what puts a store right when a checkpoint was cut off in the one place
// where it writes over something that is in force: a block of metadata that is
// used in part. It fills the parts that are free and leaves the others as they
// are, so that what is in force is still there; only the block's checksum is
// wrong, and DuckDB reads nothing of it. The header that is written last may be
// torn the same way.
type undo struct {
	Active, Other head // the header in force, and the one that is written next
	Blocks        []sharedBlock
}

// sharedBlock is a block of metadata that is used in part.
type sharedBlock struct {
	ID   uint64
	Used uint64 // a bit for each part
	Sum  []byte // SHA-256 of the parts that are used
}

// encode writes an undo behind its SHA-256, which tells one that was written in
// part.
func (u *undo) encode() ([]byte, error) {
	body, err := json.Marshal(u)
	return summed(body), err
}

func summed(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append([]byte(hex.EncodeToString(sum[:])+"\n"), body...)
}

// decodeUndo gives nil for what was not written whole: the checkpoint that it was
// for had not begun.
func decodeUndo(data []byte) *undo {
	_, body, _ := bytes.Cut(data, []byte("\n"))
	var u undo
	if !bytes.Equal(data, summed(body)) || json.Unmarshal(body, &u) != nil || len(u.Active) != headSize || len(u.Other) != headSize {
		return nil
	}
	return &u
}

// storeFile is what is read and written of a store's file.
type storeFile interface {
	io.ReaderAt
	io.WriterAt
}

// apply puts the store right where the header that the undo was made under is
// still in force: elsewhere the checkpoint was completed, or it is another store.
// Nothing but checksums and the header that is not in force is written, and a
// block's checksum only where the parts in use are those that they were.
func (u *undo) apply(f storeFile) error {
	h, err := readHeads(f)
	if errors.Is(err, errNoHeads) {
		return nil
	}
	if err != nil {
		return err
	}
	at := h.active()
	if at < 0 || !bytes.Equal(h[at], u.Active) {
		return nil
	}
	if other := 1 - at; !whole(h[other]) && whole(u.Other) {
		if _, err := f.WriteAt(u.Other, headsAt+int64(other)*headSize); err != nil {
			return err
		}
	}
	for _, b := range u.Blocks {
		if err := b.mend(f, u.Active); err != nil {
			return err
		}
	}
	return nil
}

// mend puts the checksum of a torn block right.
func (b *sharedBlock) mend(f storeFile, h head) error {
	data, at, err := b.read(f, h)
	if err != nil || data == nil || whole(data) || !bytes.Equal(b.sum(data), b.Sum) {
		return err
	}
	binary.NativeEndian.PutUint64(data, checksum(data))
	_, err = f.WriteAt(data[:sumSize], at)
	return err
}

// read gives the block and where it stands, nil where the file has none.
func (b *sharedBlock) read(f io.ReaderAt, h head) (data []byte, at int64, err error) {
	n, size := h.blocks()
	if b.ID >= n || b.ID > 1<<40 {
		return nil, 0, nil
	}
	data, at = make([]byte, size), blocksAt+int64(b.ID)*size
	if _, err := f.ReadAt(data, at); errors.Is(err, io.EOF) {
		return nil, 0, nil
	} else if err != nil {
		return nil, 0, err
	}
	return data, at, nil
}

// sum is the SHA-256 of the parts of a block that are used.
func (b *sharedBlock) sum(data []byte) []byte {
	hash, part := sha256.New(), (len(data)-sumSize)/blockParts&^7
	for i := range blockParts {
		if b.Used>>i&1 == 1 {
			hash.Write(data[sumSize+i*part:][:part])
		}
	}
	return hash.Sum(nil)
}
