package main

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// volume says how much is written, and in what pieces.
type volume struct {
	seed      uint64
	events    int // about so many records; 0 is the sample as its jobs say
	perObject int // records per object; 0 is an object per stretch of the day
	level     int // of gzip
	workers   int
}

// lane is the calls of one account and region.
type lane struct {
	world   *world
	account *account
	region  string
	works   []work
}

// work is a job with its records compiled.
type work struct {
	role    *role
	job     *job
	seed    uint64
	records []*template
}

// entry is one record to be written.
type entry struct {
	unix, run int64 // when it happens; when its run began
	work      int32
	call      int32
	turn      int32 // tells runs of one second apart
}

// lanes sorts the jobs of all roles by account and region.
func (w *world) lanes(seed uint64) []*lane {
	var all []*lane
	for _, a := range w.accounts {
		for _, region := range a.Regions {
			all = append(all, &lane{world: w, account: a, region: region})
		}
	}
	for _, r := range w.roles {
		for i := range r.Jobs {
			j := &r.Jobs[i]
			task := work{role: r, job: j, seed: uint64(*seeded(seed, r.id(), j.Region, fmt.Sprint(i)))}
			for k := range j.Calls {
				task.records = append(task.records, compile(j.Calls[k].record(r, j.Region)))
			}
			at := slices.IndexFunc(all, func(l *lane) bool { return l.account == r.Account && l.region == j.Region })
			if at < 0 {
				panic(r.Name + " works in a region that its account does not use: " + j.Region)
			}
			all[at].works = append(all[at].works, task)
		}
	}
	return all
}

// entries lists the records of one day in order of time: what happened, without
// what no trail records and what was lost.
func (l *lane) entries(day time.Time, factor float64) []entry {
	return slices.DeleteFunc(l.happened(day, factor), func(e entry) bool {
		return l.works[e.work].job.Calls[e.call].Hidden ||
			l.world.missing != nil && l.world.missing(l, time.Unix(e.unix, 0).UTC().Truncate(time.Hour))
	})
}

// happened lists the calls of one day in order of time.
func (l *lane) happened(day time.Time, factor float64) []entry {
	var all []entry
	for i := range l.works {
		w := &l.works[i]
		r := mixed(w.seed, uint64(day.Unix()))
		for turn, second := range w.job.runs(day, r, factor) {
			begin := day.Unix() + int64(second)
			at := begin
			for k := range w.job.Calls {
				at += int64(w.job.Calls[k].After)
				all = append(all, entry{unix: at, run: begin, work: int32(i), call: int32(k), turn: int32(turn)})
			}
		}
	}
	slices.SortFunc(all, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.unix, b.unix), cmp.Compare(a.work, b.work),
			cmp.Compare(a.turn, b.turn), cmp.Compare(a.call, b.call))
	})
	return all
}

// factor is how much the jobs that scale must be multiplied for the wanted
// number of records.
func (v volume) factor(all []*lane) float64 {
	if v.events == 0 {
		return 1
	}
	fixed, scaling := 0, 0
	for _, l := range all {
		for _, day := range l.world.days(l.world.last) {
			for _, e := range l.entries(day, 1) {
				if l.works[e.work].job.Scales {
					scaling++
				} else {
					fixed++
				}
			}
		}
	}
	return max(1, float64(v.events-fixed)/float64(scaling))
}

// writeLogs writes the objects of all lanes below dir and returns how many
// objects and records they are.
func (w *world) writeLogs(dir string, v volume) (objects, records int64, err error) {
	all := w.lanes(v.seed)
	factor := v.factor(all)
	type task struct {
		lane *lane
		day  time.Time
	}
	tasks := make(chan task)
	var written, events atomic.Int64
	var failed atomic.Pointer[error]
	var wait sync.WaitGroup
	for range max(v.workers, 1) {
		wait.Go(func() {
			writer := newObjectWriter(dir, v)
			for t := range tasks {
				o, n, err := writer.day(t.lane, t.day, factor)
				written.Add(int64(o))
				events.Add(int64(n))
				if err != nil {
					failed.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	for _, day := range w.days(w.last) {
		for _, l := range all {
			if failed.Load() == nil {
				tasks <- task{l, day}
			}
		}
	}
	close(tasks)
	wait.Wait()
	if e := failed.Load(); e != nil {
		err = *e
	}
	return written.Load(), events.Load(), err
}
