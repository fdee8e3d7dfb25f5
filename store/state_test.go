package store

import (
	"context"
	"path/filepath"
	"testing"
)

func TestState(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "s.duckdb")
	s, err := Open(ctx, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.State(ctx, "s3://b/"); err != nil || got != nil {
		t.Errorf("a source that was never read left %q, %v", got, err)
	}
	for source, state := range map[string]string{"s3://b/": "one", "s3://c/": "other"} {
		if err := s.SetState(ctx, source, []byte(state)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SetState(ctx, "s3://b/", []byte("two")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(ctx, path, Options{}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for source, want := range map[string]string{"s3://b/": "two", "s3://c/": "other", "version": ""} {
		if got, err := s.State(ctx, source); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", source, got, err)
		}
	}
}
