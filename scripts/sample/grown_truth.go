package main

import (
	"bytes"
	"slices"
	"strings"
	"time"
)

// need is an action and a resource that a role needed, and when. Days are
// counted before the snapshot and after it.
type need struct {
	Action   string `json:"action"`
	Resource string `json:"resource"` // an ARN, or a pattern of which new members come with each call
	Logged   bool   `json:"logged"`   // whether a trail records it
	Before   span   `json:"before"`
	Later    span   `json:"later"`
}

type span struct {
	Days  int    `json:"days"`
	First string `json:"first,omitempty"`
	Last  string `json:"last,omitempty"`
}

func (s *span) add(day string) {
	if s.First == "" {
		s.First = day
	}
	if s.Last != day {
		s.Days++
	}
	s.Last = day
}

type grownFeature struct {
	Service   string `json:"service"`
	Cadence   string `json:"cadence"`
	Resources string `json:"resources"`
	Start     string `json:"start,omitempty"`
	End       string `json:"end,omitempty"`
}

type grownRole struct {
	ARN      string         `json:"arn"`
	ID       string         `json:"id"`
	Style    string         `json:"style"`
	Held     string         `json:"held"`
	Features []grownFeature `json:"features"`
	Needs    []*need        `json:"needs"`
}

// writeGrownTruth writes what every role does before and after the snapshot,
// recorded or not.
func (w *world) writeGrownTruth(path string, v volume) error {
	needs := w.needs(v)
	file := struct {
		From  string      `json:"from"`
		Known string      `json:"known"`
		To    string      `json:"to"`
		Roles []grownRole `json:"roles"`
	}{w.first.Format(time.DateOnly), w.snapshot.Format(time.DateOnly), w.last.Format(time.DateOnly), nil}
	for _, r := range w.roles {
		made := grownRole{ARN: r.arn(), ID: r.id(), Style: r.Truth.Story, Held: r.held, Features: []grownFeature{}, Needs: []*need{}}
		for _, f := range r.features {
			made.Features = append(made.Features, grownFeature{f.kind.prefix, f.cadence, f.resources, f.start, f.end})
		}
		for _, n := range needs[r.id()] {
			made.Needs = append(made.Needs, n)
		}
		slices.SortFunc(made.Needs, func(a, b *need) int {
			return strings.Compare(a.Action+" "+a.Resource, b.Action+" "+b.Resource)
		})
		file.Roles = append(file.Roles, made)
	}
	return writeJSON(path, file)
}

// needs lives through all days and notes what each call needs, by role ID.
func (w *world) needs(v volume) map[string]map[string]*need {
	found := map[string]map[string]*need{}
	writer := &objectWriter{volume: v}
	all := w.lanes(v.seed)
	factor := v.factor(all)
	known := w.snapshot.Format(time.DateOnly)
	for _, l := range all {
		for _, day := range w.days(w.last) {
			writer.sessions = map[string]*session{}
			name := day.Format(time.DateOnly)
			for _, e := range l.happened(day, factor) {
				writer.text = writer.record(writer.text[:0], l, e)
				at := bytes.LastIndex(writer.text, []byte(needsMark))
				if at < 0 {
					continue
				}
				n := noteNeed(found, &l.works[e.work], int(e.call), string(writer.text[at+len(needsMark):]))
				if name <= known {
					n.Before.add(name)
				} else {
					n.Later.add(name)
				}
			}
		}
	}
	return found
}

func noteNeed(found map[string]map[string]*need, task *work, call int, text string) *need {
	id := task.role.id()
	if found[id] == nil {
		found[id] = map[string]*need{}
	}
	n := found[id][text]
	if n == nil {
		action, resource, _ := strings.Cut(text, " ")
		n = &need{Action: action, Resource: resource, Logged: !task.job.Calls[call].Hidden}
		found[id][text] = n
	}
	return n
}
