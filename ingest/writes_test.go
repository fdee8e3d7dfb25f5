package ingest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/store"
)

// failingWrites is a library that stands before the system's: it counts the
// writes to the files of a store, what sets their length and what makes them
// last, and lets one go wrong. FAIL_AT says which, FAIL_HOW how, FAIL_COUNT is
// the file that the number of them goes to.
const failingWrites = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long writes;
static long at = -1;
static int half, once;
static int count = -1;

__attribute__((constructor)) static void begin(void) {
	if (getenv("FAIL_AT")) at = atol(getenv("FAIL_AT"));
	const char *how = getenv("FAIL_HOW") ? getenv("FAIL_HOW") : "";
	half = strstr(how, "half") != 0;
	once = strstr(how, "once") != 0;
	if (getenv("FAIL_COUNT")) count = open(getenv("FAIL_COUNT"), O_CREAT | O_WRONLY, 0600);
}

static int ours(int fd) {
	char link[64], path[4096];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof path - 1);
	if (n < 0) return 0;
	path[n] = 0;
	return strstr(path, "/store-under-test") != 0;
}

// verdict: 0 let it be, 1 fail, 2 write half.
static int verdict(int fd) {
	if (!ours(fd)) return 0;
	long n = atomic_fetch_add(&writes, 1);
	if (count >= 0) { // a Go program ends without a word
		char text[32];
		syscall(SYS_pwrite64, count, text, snprintf(text, sizeof text, "%10ld", n + 1), 0L);
	}
	if (at < 0 || n < at || once && n > at) return 0;
	return half && n == at ? 2 : 1;
}

#define STAND(name, call, half) \
	static ssize_t (*real)(int, const void *, size_t EXTRA_TYPE); \
	if (!real) real = dlsym(RTLD_NEXT, name); \
	switch (verdict(fd)) { \
	case 1: errno = ENOSPC; return -1; \
	case 2: return half; \
	} \
	return call;

#define EXTRA_TYPE
ssize_t write(int fd, const void *b, size_t n) { STAND("write", real(fd, b, n), real(fd, b, (n + 1) / 2)) }
#undef EXTRA_TYPE
#define EXTRA_TYPE , off_t
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { STAND("pwrite", real(fd, b, n, o), real(fd, b, (n + 1) / 2, o)) }
ssize_t pwrite64(int fd, const void *b, size_t n, off_t o) { STAND("pwrite64", real(fd, b, n, o), real(fd, b, (n + 1) / 2, o)) }
#undef EXTRA_TYPE

#define SYNC(name) int name(int fd) { \
	static int (*real)(int); \
	if (!real) real = dlsym(RTLD_NEXT, #name); \
	if (verdict(fd) == 1) { errno = EIO; return -1; } \
	return real(fd); \
}
SYNC(fsync)
SYNC(fdatasync)

#define LENGTH(name) int name(int fd, off_t n) { \
	static int (*real)(int, off_t); \
	if (!real) real = dlsym(RTLD_NEXT, #name); \
	if (verdict(fd) == 1) { errno = ENOSPC; return -1; } \
	return real(fd, n); \
}
LENGTH(ftruncate)
LENGTH(ftruncate64)
`

// waysToFail are how a write goes wrong: with all behind it, as on a full disk,
// or alone, as where somebody makes room; with nothing or with a half written.
// Half a write alone is none of the file system's faults, and is not one of ours:
// the rest must be written.
var waysToFail = []string{"whole", "half", "whole once", "half once"}

// TestFailingWrites lets the writes to the store go wrong, each in turn, in each
// way: the run fails or has what it says it has, and the next one completes it.
// PRUNER_WRITES says how many of the writes are tried, each in one way; with 0
// all are, in every way. The few writes of the store's undo, which Go makes
// without the library, go wrong in package store's own tests.
func TestFailingWrites(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	logs, dir := t.TempDir(), t.TempDir()
	library := filepath.Join(dir, "failing.so")
	write(t, filepath.Join(dir, "failing.c"), []byte(failingWrites))
	if out, err := exec.Command("cc", "-shared", "-fPIC", "-O1", "-o", library, filepath.Join(dir, "failing.c"), "-ldl").CombinedOutput(); err != nil {
		t.Skipf("the library cannot be made: %v %s", err, out)
	}
	delivered(20)(t, logs, events(1200, 6))
	run := func(path string, env ...string) ([]byte, error) {
		cmd := child(t, path, logs)
		cmd.Env = append(append(cmd.Env, "LD_PRELOAD="+library), env...)
		return cmd.CombinedOutput()
	}
	whole, count := filepath.Join(dir, "store-under-test-whole"), filepath.Join(dir, "count")
	if out, err := run(whole, "FAIL_COUNT="+count); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := counted(t, whole)
	text, err := os.ReadFile(count)
	if err != nil {
		t.Fatal(err)
	}
	writes, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || writes < 10 {
		t.Fatalf("%d writes, %v", writes, err)
	}
	tried := chosen(writes)
	failed, damaged := map[string]int{}, 0
	for i, f := range tried {
		path := filepath.Join(dir, fmt.Sprint("store-under-test-", i))
		if out, err := run(path, fmt.Sprint("FAIL_AT=", f.write), "FAIL_HOW="+f.how); err != nil {
			failed[f.how]++
		} else if !strings.Contains(string(out), "PASS") {
			t.Errorf("%+v: %s", f, out)
		}
		if out, err := child(t, path, logs).CombinedOutput(); err != nil && strings.Contains(string(out), store.ErrDamaged.Error()) {
			t.Errorf("after %+v, the next run: %s", f, out)
			damaged++
			continue
		} else if err != nil {
			t.Fatalf("after %+v, the next run: %v\n%s", f, err, out)
		}
		if diff := cmp.Diff(want, counted(t, path)); diff != "" {
			t.Fatalf("after %+v: %s", f, diff)
		}
		os.Remove(path)
	}
	t.Logf("%d faults in %d writes, runs that failed: %v; %d stores were damaged", len(tried), writes, failed, damaged)
	if failed["whole"] == 0 || failed["half once"] > 0 {
		t.Error("no run failed where all writes do, or some did where the rest could be written")
	}
}

// fault is a write that goes wrong, and how.
type fault struct {
	write int
	how   string
}

// chosen picks the faults: all, or some spread over the run.
func chosen(writes int) (list []fault) {
	tries := 8
	if n, err := strconv.Atoi(os.Getenv("PRUNER_WRITES")); err == nil {
		tries = n
	}
	if tries <= 0 {
		for i := range writes * len(waysToFail) {
			list = append(list, fault{i / len(waysToFail), waysToFail[i%len(waysToFail)]})
		}
		return list
	}
	rng := rand.New(rand.NewPCG(uint64(tries), 7))
	for i := range tries {
		list = append(list, fault{i*writes/tries + rng.IntN(max(1, writes/tries)), waysToFail[i%len(waysToFail)]})
	}
	return list
}
