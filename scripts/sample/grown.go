package main

import "fmt"

// growth says how large a generated organisation is.
type growth struct {
	roles int
	days  int // in all
	known int // of them, before the snapshot
}

// check says what is wrong with a growth, if anything is.
func (g growth) check() error {
	if g.roles < 1 || g.known < 20 || g.days < g.known {
		return fmt.Errorf("want -roles of 1 or more, -known of 20 or more and -days no less than -known; have %d, %d and %d", g.roles, g.known, g.days)
	}
	return nil
}

// grownWorld is an organisation made up from a seed, of whose future
// everything is known: the snapshot is of the day known-1, the logs go on, and
// truth.json lists what each role does on either side.
func grownWorld(seed uint64, g growth) *world {
	last := lastDay
	first := last.AddDate(0, 0, 1-g.days)
	w := &world{grown: true, first: first, last: last, snapshot: first.AddDate(0, 0, g.known-1)}
	w.accounts = []*account{management}
	for i := range g.roles/50 + 1 {
		w.accounts = append(w.accounts, &account{
			ID: fmt.Sprint(600000000000 + 1234567*(i+1)), Name: fmt.Sprint("acme-team-", i), Partition: "aws",
			Organisation: organisationID, Path: []string{"r-ac01", "ou-ac01-workload"}, Regions: []string{home, mainRegion},
		})
	}
	for i := range g.roles {
		w.roles = append(w.roles, w.growRole(seeded(seed, "role", fmt.Sprint(i)), i))
	}
	w.hold(seed)
	w.roles = append(w.roles, inventoryOf(w.accounts)...)
	return w
}

// growRole makes up a role: its features, and policies that allow them in one
// of the styles. A feature that came later has a policy of its own, as old as
// the feature.
func (w *world) growRole(r *random, number int) *role {
	a := w.accounts[1+number%(len(w.accounts)-1)]
	made := &role{
		Account: a, Name: fmt.Sprintf("role-%05d", number), Created: cliTime(w.first.AddDate(-1, 0, -r.below(300))),
		Trust: trustService("ecs-tasks.amazonaws.com"), Session: taskSession(),
	}
	style := styles[r.below(len(styles))]
	var old []*feature
	for i := range 1 + r.below(5) {
		f := growFeature(r, w, number, i)
		made.features = append(made.features, f)
		made.Jobs = append(made.Jobs, f.jobs(mainRegion)...)
		made.Granted = append(made.Granted, f.kind.prefix)
		if f.recordedNowhere() {
			made.Unlogged = append(made.Unlogged, f.kind.prefix)
		}
		if f.start == "" {
			old = append(old, f)
			continue
		}
		arn := a.arn(fmt.Sprintf("policy/role-%05d-feature-%d", number, i))
		made.Attached = append(made.Attached, arn)
		w.managed = append(w.managed, &managed{ARN: arn, Versions: []version{{1, f.start + "T00:00:00+00:00", grant(r, "extras", a, []*feature{f})}}})
	}
	made.Truth = truth{Story: style, Expect: []string{}, Needs: []string{}}
	switch {
	case style == "administrator":
		made.Attached = append(made.Attached, "arn:aws:iam::aws:policy/AdministratorAccess")
	case len(old) > 0 || style == "not-action":
		made.Inline = []policy{{"work", grant(r, style, a, old)}}
	}
	if style == "administrator" || style == "not-action" {
		made.Granted = []string{"*"}
	}
	return made
}

// recordedNowhere says that the feature is at work at the end of the known time
// and some of its calls are in no trail.
func (f *feature) recordedNowhere() bool {
	if f.end != "" {
		return false
	}
	for _, o := range f.operations {
		if o.hidden || o.data && !f.recorded {
			return true
		}
	}
	return false
}

// config makes `pruner` see the organisation as of the day of the snapshot.
func (w *world) config() string {
	return fmt.Sprintf("store: pruner.duckdb\nlogs: [logs]\naccount: snapshot\nout: out\nas_of: %s\n", w.snapshot.Format("2006-01-02"))
}
