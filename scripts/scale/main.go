// Command scale makes a large organisation for measuring: a store filled
// directly, the snapshot folder of its accounts and a config, so that what is
// measured begins where ingest ends.
//
//	go run ./scripts/scale -roles 10000 -observations 20000000 -out bench/scale
//	pruner run --config bench/scale/config.yaml
//
// With -repo the Terraform that made the roles stands beside it, among other
// files.
//
// The same flags give the same organisation.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/trail"
)

// The window lies in the past, so that a run at any time says the same.
var firstDay = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

const (
	days       = 90
	perAccount = 250 // roles
	batchRows  = 400_000
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("scale: ")
	roles := flag.Int("roles", 10_000, "number of roles")
	observations := flag.Int("observations", 20_000_000, "number of observations, spread evenly")
	out := flag.String("out", "bench/scale", "folder to make")
	files := flag.Int("repo", 0, "write the roles' Terraform too, in a repo of so many files")
	flag.Parse()
	if err := run(*out, *roles, *observations, *files); err != nil {
		log.Fatal(err)
	}
}

func run(out string, roles, observations, files int) error {
	org := newOrganisation(roles)
	if err := org.writeSnapshot(filepath.Join(out, "snapshot")); err != nil {
		return err
	}
	config := "store: pruner.duckdb\naccount: snapshot\nout: out\nwindow: 90d\n"
	if files > 0 {
		config += "repo: repo\n"
		if err := org.writeRepo(filepath.Join(out, "repo"), files); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(out, "config.yaml"), []byte(config), 0o644); err != nil {
		return err
	}
	rows, err := fill(filepath.Join(out, "pruner.duckdb"), org, max(1, observations/roles/days))
	if err != nil {
		return err
	}
	log.Printf("%d roles in %d accounts, %d observations", roles, len(org.accounts), rows)
	return nil
}

// fill writes every role's work, day by day as logs come, in batches.
func fill(path string, org *organisation, perDay int) (int, error) {
	ctx := context.Background()
	s, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	folding, rows, batches := trail.NewFolding(), 0, 0
	commit := func() error {
		rows, batches = rows+len(folding.Rows), batches+1
		object := store.Object{URI: fmt.Sprintf("scale/%06d", batches), ETag: "e", Records: int64(len(folding.Rows))}
		err := s.Append(ctx, &store.Batch{Objects: []store.Object{object}, Folding: folding})
		folding = trail.NewFolding()
		return err
	}
	for day := range days {
		for _, r := range org.roles {
			for n := range perDay {
				folding.Add(r.record(day, n))
			}
			if len(folding.Rows) >= batchRows {
				if err := commit(); err != nil {
					return rows, err
				}
			}
		}
	}
	return rows, commit()
}
