package synth

import (
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/usage"
)

// generaliser finds the smallest patterns within one granted wildcard that
// hold what was used and, by evidence, what will be.
type generaliser struct {
	catalog *catalog.Catalog
	grant   iam.Pattern
	names   map[iam.Pattern]*member // by pattern with what AWS makes up already open
	makes   bool                    // some action makes new members, so that no list of them is whole
	outside bool                    // a use reaches past the grant in a way that cannot be cut to it
}

// member is one used resource and the days it was used on.
type member struct {
	pattern iam.Pattern
	days    []usage.Day
}

func (g *generaliser) add(a iam.Action, uses []*HeldUse) {
	action, ok := g.catalog.Action(a)
	if !ok {
		g.outside = true
		return
	}
	g.makes = g.makes || makesNew(action.Name)
	for _, u := range uses {
		for _, r := range u.Call.Resources {
			if !g.grant.OverlapsARN(r) {
				continue
			}
			p, ok := within(g.grant, open(action, r))
			if !ok || !p.CoversARN(r) && !r.CoversARN(p) {
				g.outside = true
				continue
			}
			m := g.names[p]
			if m == nil {
				m = &member{pattern: p}
				g.names[p] = m
			}
			m.days = append(m.days, u.Days...)
		}
	}
}

// makesNew: the action names what does not exist yet.
func makesNew(a iam.Action) bool {
	for _, verb := range []string{"Create", "Register", "Run", "Import", "Restore", "Copy", "Allocate"} {
		if strings.HasPrefix(a.Name(), verb) {
			return true
		}
	}
	return false
}

// open gives a used ARN with a wildcard for its region, which a fail-over
// changes, and for every part that AWS makes up: an instance ID says nothing
// of the next one.
func open(a *catalog.Action, r iam.Pattern) iam.Pattern {
	segments, ok := r.Segments()
	if !ok {
		return r
	}
	if segments[3] != "" {
		segments[3] = "*"
	}
	for _, t := range a.Resources {
		if t.Match(r) {
			segments[5] = openResource(t, segments[5])
			break
		}
	}
	return join(segments)
}

// openResource follows the format's resource part, `type/${Var}:${Version}`,
// through the value and opens what moves by itself. Where the two do not run
// alike all behind the type is open.
func openResource(t *catalog.ResourceType, value iam.Pattern) iam.Pattern {
	format, ok := iam.Pattern(t.Format).Segments()
	if !ok || !slices.ContainsFunc(t.Variables, moves) {
		return value
	}
	words, have := pieces(string(format[5])), pieces(string(value))
	if len(words) != len(have) {
		return iam.Pattern(have[0] + "*")
	}
	for i, w := range words {
		for _, v := range t.Variables {
			if moves(v) && strings.Contains(w, "${"+v.Name+"}") {
				have[i] = "*" + separator(have[i])
			}
		}
	}
	return iam.Pattern(strings.Join(have, ""))
}

// moves: AWS makes the value up, or counts it up, so that today's says nothing
// of tomorrow's.
func moves(v catalog.Variable) bool {
	name := strings.ToLower(v.Name)
	return v.Generated || strings.Contains(name, "revision") || strings.Contains(name, "version")
}

// pieces cuts a resource part behind each `/` and `:`. A variable's braces hold
// neither.
func pieces(s string) []string {
	var out []string
	for {
		i := strings.IndexAny(s, "/:")
		if i < 0 {
			return append(out, s)
		}
		out = append(out, s[:i+1])
		s = s[i+1:]
	}
}

func separator(piece string) string {
	if strings.HasSuffix(piece, "/") || strings.HasSuffix(piece, ":") {
		return piece[len(piece)-1:]
	}
	return ""
}

func join(segments [6]iam.Pattern) iam.Pattern {
	parts := make([]string, len(segments))
	for i, s := range segments {
		parts[i] = string(s)
	}
	return iam.Pattern(strings.Join(parts, ":"))
}

// within cuts a pattern to the grant, segment by segment: the narrower of the
// two where one covers the other, else not at all.
func within(grant, p iam.Pattern) (iam.Pattern, bool) {
	if grant.CoversARN(p) {
		return p, true
	}
	g, ok1 := grant.Segments()
	s, ok2 := p.Segments()
	if !ok1 || !ok2 {
		return "", false
	}
	for i := range s {
		switch {
		case g[i].Covers(s[i]):
		case s[i].Covers(g[i]):
			s[i] = g[i]
		default:
			return "", false
		}
	}
	return join(s), true
}

// maxExact is how many resources a statement may list: more than a person
// checks in a review are generalised.
const maxExact = 12

// result is the patterns, or why the grant stays as it is. New members still
// appearing mean that the list is not whole: the estimate of the chance that
// the next use is of an unseen member is the share of members seen on one day
// only (I. J. Good, "The population frequencies of species and the estimation
// of population parameters", 1953), taken over days, never over counts.
func (g *generaliser) result(w usage.Window) ([]iam.Pattern, string) {
	if g.outside || len(g.names) == 0 {
		return nil, "what was used cannot be cut to it"
	}
	members := make([]*member, 0, len(g.names))
	for _, m := range g.names {
		slices.Sort(m.days)
		m.days = slices.Compact(m.days)
		members = append(members, m)
	}
	slices.SortFunc(members, func(a, b *member) int { return compare(a.pattern, b.pattern) })
	if !tried(members, w) {
		return nil, "it was hardly used of late, so nothing tells whether it would do with less"
	}
	if !g.makes && settled(members, w) && len(members) <= maxExact && length(members) <= maxNames {
		return patternsOf(members), ""
	}
	if p, ok := sharedPrefix(members); ok && len(p) <= maxNames && foretold(members, w) {
		if cut, ok := within(g.grant, p); ok && cut != g.grant && cut != "*" {
			return []iam.Pattern{cut}, ""
		}
	}
	return nil, "new members kept appearing, so the granted pattern stays"
}

// maxNames is how many characters the names in one place of a policy may take: a
// third of the smallest quota. Whoever names things may choose long names; they
// must not keep a policy from being narrowed at all.
const maxNames = 2048

func length(members []*member) int {
	n := 0
	for _, m := range members {
		n += len(m.pattern)
	}
	return n
}

// heldOutFrom is the first of the days that a level is tried on: the last third
// of the window.
func heldOutFrom(w usage.Window) time.Time { return w.From.AddDate(0, 0, w.Days()*2/3) }

// tried: there was use to try a level on, on two days at least. Of bursty and
// rare work the last third of the window may hold none: that nothing new
// appeared there then says nothing.
func tried(members []*member, w usage.Window) bool {
	from := heldOutFrom(w)
	days := map[usage.Day]bool{}
	for _, m := range members {
		for _, d := range m.days {
			if !d.Start().Before(from) {
				days[d] = true
			}
		}
	}
	return len(days) >= 2
}

// foretold: the shared beginning, learnt on the first two thirds of the window,
// would have let through every member that appeared in the last.
func foretold(members []*member, w usage.Window) bool {
	from := heldOutFrom(w)
	var early, fresh []*member
	for _, m := range members {
		if m.days[0].Start().Before(from) {
			early = append(early, m)
		} else {
			fresh = append(fresh, m)
		}
	}
	if len(early) == 0 {
		return false // nothing was learnt that could be tried
	}
	p, ok := sharedPrefix(early)
	return ok && !slices.ContainsFunc(fresh, func(m *member) bool { return !p.CoversARN(m.pattern) })
}

// settled: every member was used on two days at least, and none appeared first
// in the last third of the window.
func settled(members []*member, w usage.Window) bool {
	from := heldOutFrom(w)
	for _, m := range members {
		if len(m.days) < 2 || !m.days[0].Start().Before(from) {
			return false
		}
	}
	return true
}

func patternsOf(members []*member) []iam.Pattern {
	out := make([]iam.Pattern, len(members))
	for i, m := range members {
		out[i] = clone(m.pattern)
	}
	return out
}

// minPrefix is the shortest shared beginning of names that means something:
// shorter ones are shared by accident.
const minPrefix = 4

// sharedPrefix is the pattern of the members' common beginning, cut back to a
// separator and before anything that looks like a date or an ID: tomorrow's
// name shares neither.
func sharedPrefix(members []*member) (iam.Pattern, bool) {
	first, ok := members[0].pattern.Segments()
	if !ok {
		return "", false
	}
	shared := string(first[5])
	for _, m := range members[1:] {
		s, ok := m.pattern.Segments()
		if !ok || [5]iam.Pattern(s[:5]) != [5]iam.Pattern(first[:5]) {
			return "", false
		}
		shared = commonPrefix(shared, string(s[5]))
	}
	shared = stable(shared)
	kind := strings.IndexAny(shared, "/:")
	if len(shared)-kind-1 < minPrefix {
		return "", false
	}
	first[5] = iam.Pattern(shared + "*")
	return join(first), true
}

func commonPrefix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// stable cuts a prefix back to its last separator before the first digit or
// wildcard.
func stable(prefix string) string {
	if i := strings.IndexAny(prefix, "0123456789*?$"); i >= 0 {
		prefix = prefix[:i]
	}
	return prefix[:strings.LastIndexAny(prefix, "/:-_.")+1]
}
