//go:build unix

package store

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/trail"
)

// cutOff is a store before a checkpoint, with all that stands beside it, and what
// the checkpoint makes of it.
type cutOff struct {
	before, log, undo, after []byte
	want                     []*trail.Observation
}

// aboutToCheckpoint fills a store whose metadata shares blocks and closes it,
// which is a checkpoint.
func aboutToCheckpoint(t *testing.T, role string) (c cutOff) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.duckdb")
	at := time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)
	for i := range 3 {
		s := open(t, path)
		r := record("GetObject", at.AddDate(0, 0, i), "e")
		r.Identity.IssuerARN = role
		if err := s.Append(t.Context(), batch(r)); err != nil {
			t.Fatal(err)
		}
		c.want = read(t, s)
		c.before, c.log, c.undo = contents(t, s), readFile(t, path+logSuffix), readFile(t, path+undoSuffix)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	c.after = readFile(t, path)
	return c
}

// contents reads the file of a store that is open, and does not give its lock up.
func contents(t *testing.T, s *Store) []byte {
	t.Helper()
	data, err := io.ReadAll(io.NewSectionReader(s.guard.f, 0, 1<<40))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// put writes a store and what stands beside it; nil is not there.
func put(t *testing.T, data, log, undo []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "s.duckdb")
	for suffix, data := range map[string][]byte{"": data, logSuffix: log, undoSuffix: undo} {
		if data == nil {
			continue
		}
		if err := os.WriteFile(path+suffix, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// torn gives the store after so many bytes of a write in place.
func (c *cutOff) torn(at, n int64) []byte {
	data := bytes.Clone(c.before)
	copy(data[at:at+n], c.after[at:])
	return data
}

// overwritten are the shared blocks that the checkpoint wrote to.
func (c *cutOff) overwritten(t *testing.T) (at []int64, size int64) {
	t.Helper()
	u := decodeUndo(c.undo)
	if u == nil {
		t.Fatal("the undo is not whole")
	}
	_, size = u.Active.blocks()
	for _, b := range u.Blocks {
		i := blocksAt + int64(b.ID)*size
		if !bytes.Equal(c.before[i:i+size], c.after[i:i+size]) {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		t.Fatal("the checkpoint wrote to no block in place: there is nothing to test")
	}
	return at, size
}

// changed are the first and the last place where the checkpoint changed something.
func (c *cutOff) changed(from, to int64) (first, last int64) {
	for at := from; at < to; at++ {
		switch differs := c.before[at] != c.after[at]; {
		case differs && first == 0:
			first, last = at, at
		case differs:
			last = at
		}
	}
	return first, last
}

// opens opens a store, which says all that was committed and leaves no undo.
func opens(t *testing.T, what, path string, want []*trail.Observation) {
	t.Helper()
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	defer s.Close()
	if _, err := os.Stat(path + undoSuffix); err == nil {
		t.Errorf("%s: the undo is still there", what)
	}
	if diff := cmp.Diff(want, read(t, s)); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}

// TestTornCheckpoint cuts the writes of a checkpoint to what is in force off at
// any length: the store opens as it was before. It does not without the undo.
func TestTornCheckpoint(t *testing.T) {
	c := aboutToCheckpoint(t, "arn:aws:iam::111122223333:role/app")
	blocks, size := c.overwritten(t)
	for _, at := range blocks {
		first, last := c.changed(at+sumSize, at+size)
		for _, n := range []int64{1, 7, sumSize, first + 1 - at, (first+last)/2 - at, last - at, size} {
			data := c.torn(at, n)
			opens(t, "a torn block", put(t, data, c.log, c.undo), c.want)
			if !whole(data[at : at+size]) {
				refused(t, "a torn block without the undo", put(t, data, c.log, nil))
			}
		}
	}
	written := bytes.Clone(c.after) // all but the header, which is the last
	if len(c.before) > len(written) {
		written = append(written, c.before[len(written):]...)
	}
	copy(written[headsAt:blocksAt], c.before[headsAt:])
	opens(t, "no header", put(t, written, c.log, c.undo), c.want)
	torn := 0
	for n := int64(1); n < 40; n += 3 {
		data := bytes.Clone(written)
		for at := int64(headsAt); at < blocksAt; at += headSize {
			copy(data[at:at+n], c.after[at:])
		}
		if whole(data[headsAt:2*headSize]) && whole(data[2*headSize:blocksAt]) {
			continue
		}
		torn++
		opens(t, "a torn header", put(t, data, c.log, c.undo), c.want)
		refused(t, "a torn header without the undo", put(t, data, c.log, nil))
	}
	if torn == 0 {
		t.Error("no header was torn")
	}
}

// refused opens a store that is damaged.
func refused(t *testing.T, what, path string) {
	t.Helper()
	s, err := Open(t.Context(), path, Options{})
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("%s: %v", what, err)
	}
	if err == nil {
		s.Close()
	}
}

// TestUndoOfOthers: an undo changes nothing where the checkpoint was completed,
// where it was made for another store, or where it was itself not written whole.
func TestUndoOfOthers(t *testing.T) {
	c, other := aboutToCheckpoint(t, "arn:aws:iam::111122223333:role/app"), aboutToCheckpoint(t, "arn:aws:iam::111122223333:role/web")
	opens(t, "after the checkpoint", put(t, c.after, nil, c.undo), c.want)
	for n := range len(c.undo) {
		if decodeUndo(c.undo[:n]) != nil {
			t.Fatalf("%d of %d bytes of an undo are taken for one", n, len(c.undo))
		}
	}
	for _, n := range []int{0, 1, 64, 65, len(c.undo) / 2, len(c.undo) - 1} {
		opens(t, "an undo written in part", put(t, c.before, c.log, c.undo[:n]), c.want)
	}
	opens(t, "the undo of another store", put(t, c.before, c.log, other.undo), c.want)

	blocks, size := c.overwritten(t)
	first, last := c.changed(blocks[0]+sumSize, blocks[0]+size)
	data := c.torn(blocks[0], (first+last)/2-blocks[0])
	foreign := decodeUndo(other.undo)
	foreign.Active, foreign.Other = decodeUndo(c.undo).Active, decodeUndo(c.undo).Other // as if of the same shape
	sameShape, err := foreign.encode()
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(data)
	used := decodeUndo(c.undo).Blocks[0].Used
	part := int64(0)
	for used>>part&1 == 0 {
		part++
	}
	damaged[blocks[0]+sumSize+part*((size-sumSize)/blockParts&^7)] ^= 1
	tornHead := bytes.Clone(c.before)
	for at := int64(headsAt); at < blocksAt; at += headSize {
		if !bytes.Equal(tornHead[at:at+headSize], foreign.Active) {
			tornHead[at] ^= 1
		}
	}
	later := decodeUndo(c.undo)
	later.Active[8]++
	otherCheckpoint, err := later.encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]struct{ data, undo []byte }{
		"a torn header and the undo of another checkpoint":   {tornHead, otherCheckpoint},
		"a torn block and the undo of another store":         {data, other.undo},
		"a torn block and the undo of another of that shape": {data, sameShape},
		"a block that is damaged where it is used":           {damaged, c.undo},
	} {
		path := put(t, f.data, c.log, f.undo)
		refused(t, name, path)
		if !bytes.Equal(readFile(t, path), f.data) {
			t.Errorf("%s: the store was changed", name)
		}
	}
}

// TestUndoNotWritten: where the undo cannot be written nothing is committed, and
// closing leaves what was in the log.
func TestUndoNotWritten(t *testing.T) {
	full := func(name string) error { return os.Symlink("/dev/full", name) }
	folder := func(name string) error { return os.MkdirAll(filepath.Join(name, "x"), 0o700) }
	for name, c := range map[string]struct {
		block func(string) error
		want  error
	}{"a full disk": {full, ErrFull}, "a folder in its place": {folder, nil}} {
		path := filepath.Join(t.TempDir(), "s.duckdb")
		s := open(t, path)
		if err := s.SetState(t.Context(), "a", []byte("1")); err != nil {
			t.Fatal(err)
		}
		os.Remove(path + undoSuffix)
		s.guard.noted = nil
		if err := c.block(path + undoSuffix); err != nil {
			t.Fatal(err)
		}
		err := s.SetState(t.Context(), "a", []byte("2"))
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := s.State(t.Context(), "a"); string(got) != "1" {
			t.Errorf("%s: the state is %s, %v", name, got, err)
		}
		if err := c.block(path + undoSuffix); err != nil && !errors.Is(err, os.ErrExist) {
			t.Fatal(err)
		}
		before := contents(t, s)
		if err := s.beforeClosing(); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s, closing: %v", name, err)
		}
		if err := s.db.Close(); err != nil || !bytes.Equal(before, contents(t, s)) {
			t.Errorf("%s: closing made a checkpoint that could not be undone, %v", name, err)
		}
		if err := os.RemoveAll(path + undoSuffix); err != nil {
			t.Fatal(err)
		}
		s.Close()
		s = open(t, path)
		if got, err := s.State(t.Context(), "a"); string(got) != "1" {
			t.Errorf("%s: the next run finds %s, %v", name, got, err)
		}
	}
}

// TestUndoOfClosing: closing a store with something in its log makes an undo, also
// where nothing was committed since it was opened.
func TestUndoOfClosing(t *testing.T) {
	c := aboutToCheckpoint(t, "arn:aws:iam::111122223333:role/app")
	path := put(t, c.before, c.log, nil)
	s := open(t, path)
	if err := os.MkdirAll(filepath.Join(path+undoSuffix, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), path+undoSuffix) {
		t.Error(err)
	}
	if !bytes.Equal(readFile(t, path), c.before) || !bytes.Equal(readFile(t, path+logSuffix), c.log) {
		t.Error("closing made a checkpoint that could not be undone")
	}
	if err := os.RemoveAll(path + undoSuffix); err != nil {
		t.Fatal(err)
	}
	opens(t, "the next run", path, c.want)
}

// TestUndoIsWhole: every block that DuckDB may write to in place is in the undo,
// of every checkpoint, and no undo is left when the last one was made.
func TestUndoIsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.duckdb")
	s := open(t, path)
	var last uint64
	for i := range 5 {
		if err := s.SetState(t.Context(), "a", []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
		u := decodeUndo(readFile(t, path+undoSuffix))
		if u == nil || u.Active.count() <= last {
			t.Fatalf("checkpoint %d: %v", i, u)
		}
		last = u.Active.count()
		if n := rowsOf(t, s, `SELECT count(*) FROM pragma_metadata_info() WHERE free_blocks > 0`); n == 0 || n != len(u.Blocks) {
			t.Errorf("checkpoint %d: %d blocks are shared, the undo has %d", i, n, len(u.Blocks))
		}
		if _, err := s.db.Exec(`FORCE CHECKPOINT`); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + undoSuffix); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the undo is left: %v", err)
	}
}

// TestHolder is another process: it tries to open a store and says how that went.
func TestHolder(t *testing.T) {
	path := os.Getenv("HELD_STORE")
	if path == "" {
		t.Skip("started by TestLockedStore")
	}
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		os.Stdout.WriteString(err.Error() + "\n")
		return
	}
	os.Stdout.WriteString("open\n")
	io.Copy(io.Discard, os.Stdin)
	s.Close()
}

// TestLockedStore: what stands beside a store that another process has open is its
// own, and one that is open here stays locked whatever is committed.
func TestLockedStore(t *testing.T) {
	c := aboutToCheckpoint(t, "arn:aws:iam::111122223333:role/app")
	path := put(t, c.after, nil, nil)
	other := exec.Command(os.Args[0], "-test.run", "^TestHolder$")
	other.Env = append(os.Environ(), "HELD_STORE="+path)
	in, _ := other.StdinPipe()
	out, _ := other.StdoutPipe()
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 5)
	if _, err := io.ReadFull(out, said); err != nil || string(said) != "open\n" {
		t.Fatalf("%s %v", said, err)
	}
	if err := os.WriteFile(path+undoSuffix, c.undo, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, Options{}); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	if !bytes.Equal(readFile(t, path+undoSuffix), c.undo) {
		t.Error("the undo of another process was touched")
	}
	in.Close()
	if err := other.Wait(); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	for i := range 3 {
		if err := s.SetState(t.Context(), "a", []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
		again := exec.Command(os.Args[0], "-test.run", "^TestHolder$")
		again.Env = other.Env
		if out, err := again.Output(); err != nil || !strings.Contains(string(out), ErrLocked.Error()) {
			t.Errorf("after %d commits: %v %s", i+1, err, out)
		}
	}
}
