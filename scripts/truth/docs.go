package main

import (
	"encoding/json"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pruner/pruner/synth"
)

// writeDocs makes the page and the figure of the trade-off from results.
func writeDocs(dir string, results []string) error {
	var all []outcome
	for _, path := range results {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var o outcome
		if err := json.Unmarshal(data, &o); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, o)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	fresh := slices.DeleteFunc(slices.Clone(all), func(o outcome) bool { return !o.fresh() })
	all = slices.DeleteFunc(all, outcome.fresh)
	if err := os.WriteFile(filepath.Join(dir, "backtest.svg"), []byte(figure(all)), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "backtest.md"), []byte(page(all)+together(fresh)), 0o666)
}

// fresh: the organisation was measured once, and its roles were not looked at.
func (o outcome) fresh() bool { return strings.HasPrefix(o.Organisation, "fresh-") }

// together sums up organisations that are not told one by one.
func together(all []outcome) string {
	all = slices.DeleteFunc(slices.Clone(all), func(o outcome) bool { return o.Recorded })
	if len(all) == 0 {
		return ""
	}
	rows := map[string]synth.StrategyRow{}
	var sum oracleSum
	denied, least := 0, 100.0
	for _, o := range all {
		for _, s := range o.Strategies {
			row := rows[s.Strategy]
			row.Changed, row.RolesDenied, row.Calls = row.Changed+s.Changed, row.RolesDenied+s.RolesDenied, row.Calls+s.Calls
			row.Denied.NewAction += s.Denied.Total()
			row.Granted, row.Removed, row.Held = row.Granted+s.Granted, row.Removed+s.Removed, row.Held+s.Held
			rows[s.Strategy] = row
			denied += count(s.Strategy == synth.StrategySafe && s.RolesDenied > 0)
		}
		sum.add(o.Oracle)
		least = min(least, share(o.Oracle.Removed, o.Oracle.ours()))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %d more, measured once\n\nOrganisations of the same making whose roles nobody looked at, summed, with their\nwhole future.\n\n"+
		"| strategy | changed | with denials | calls | denied | removed | held |\n|---|--:|--:|--:|--:|--:|--:|\n", len(all))
	for _, s := range []string{synth.StrategySafe, synth.StrategyLater, synth.StrategyActions, synth.StrategyExact} {
		r := rows[s]
		fmt.Fprintf(&b, "| %s | %d | %d (%.2f %%) | %d | %d (%.3f %%) | %.1f %% | %.1f %% |\n", names[s], r.Changed,
			r.RolesDenied, share(r.RolesDenied, r.Changed), r.Calls, r.Denied.Total(), share(r.Denied.Total(), r.Calls), share(r.Removed, r.Granted), share(r.Held, r.Granted))
	}
	fmt.Fprintf(&b, "\nIn %d of them a safe proposal would have been denied a call later. Safe proposals\nremove %.1f %% of what the oracle would, %.1f %% with quarantine, and of the rest\n%.1f %%, the least in one organisation being %.1f %%.\n",
		denied, share(sum.Removed, sum.Perfect), share(sum.Removed+sum.Quarantine, sum.Perfect), share(sum.Removed, sum.ours()), least)
	return b.String()
}

// names of the strategies for people.
var names = map[string]string{
	synth.StrategySafe: "pruner, safe", synth.StrategyLater: "pruner, safe and later",
	synth.StrategyActions: "used actions on *", synth.StrategyExact: "exact ARNs", synth.StrategyOld: "no change",
}

var colours = map[string]string{
	synth.StrategySafe: "#1e8449", synth.StrategyLater: "#2e86c1", synth.StrategyActions: "#d68910", synth.StrategyExact: "#c0392b",
}

const (
	wide, high  = 640, 400
	left, below = 64, 48
)

// figure is a point per organisation and strategy: to the right what is
// removed and stays removed, upwards the roles that a later call is denied to.
// Filled points are of the whole future, rings of what is recorded of it.
func figure(all []outcome) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="12">`+"\n", wide, high)
	b.WriteString(`<title>Privilege removed for good against roles denied later</title>` + "\n")
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", wide, high)
	x := func(percent float64) float64 { return left + (wide-left-16)*percent/100 }
	y := func(percent float64) float64 { return high - below - (high-below-16)*percent/100 }
	for p := 0.0; p <= 100; p += 20 {
		fmt.Fprintf(&b, `<path d="M%.0f %.0fH%d M%.0f 16V%d" stroke="#ddd"/>`, float64(left), y(p), wide-16, x(p), high-below)
		fmt.Fprintf(&b, `<text x="%.0f" y="%d" text-anchor="middle">%.0f %%</text><text x="%d" y="%.0f" text-anchor="end">%.0f %%</text>`+"\n", x(p), high-below+16, p, left-6, y(p)+4, p)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">weight removed and not rolled back</text>`+"\n", (wide+left)/2, high-10)
	fmt.Fprintf(&b, `<text transform="translate(14 %d) rotate(-90)" text-anchor="middle">changed roles with a later denial</text>`+"\n", (high-below)/2)
	for _, o := range all {
		for _, s := range o.Strategies {
			colour := colours[s.Strategy]
			if colour == "" {
				continue
			}
			fill := colour
			if o.Recorded {
				fill = "none"
			}
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="5" stroke="%s" fill="%s"><title>%s, %s</title></circle>`+"\n",
				x(share(s.Held, s.Granted)), y(share(s.RolesDenied, s.Changed)), colour, fill, html.EscapeString(names[s.Strategy]), html.EscapeString(o.Organisation))
		}
	}
	for i, s := range []string{synth.StrategySafe, synth.StrategyLater, synth.StrategyActions, synth.StrategyExact} {
		fmt.Fprintf(&b, `<circle cx="%d" cy="%d" r="5" fill="%s"/><text x="%d" y="%d">%s</text>`+"\n", left+20, 34+18*i, colours[s], left+32, 38+18*i, html.EscapeString(names[s]))
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" fill="#555">filled: the whole future · ring: what is recorded of it</text>`+"\n</svg>\n", left+14, 38+18*4)
	return b.String()
}

const intro = `# How daring the proposals are

Measured by ` + "`make truth`" + ` on organisations made up from a seed
(` + "`scripts/sample -organisation truth`" + `), of whose every role it is known what it
needs before and after the day of the snapshot, recorded or not. What is learnt
up to that day is proposed; what comes after is replayed against it.

![Privilege removed for good against roles denied later](backtest.svg)

- *with denials*: roles with a changed policy that a later call would have been
  denied to. *denied*: the calls, each counted once a day.
- *removed* is by weight (the tables stand in ` + "`synth/weight.go`" + ` and
  ` + "`synth/breadth.go`" + `). *held* leaves out the roles with a denial: whoever
  breaks a role takes the change back. Of a role that all three change, nobody
  who keeps what logs cannot show removes more than who keeps nothing but the
  seen; it is what holds that tells them apart.
- *used actions on \** and *exact ARNs* are what tools write that turn the log
  into a policy; they leave a role without any event as it is. The first grants
  on every resource, so it may even add weight. Roles that pruner never changes
  by default, people's and protected ones, are left out for all.
- *oracle*: who knows the future and removes the actions that are not needed
  and would be seen. Roles that nothing uses are proposed for a quarantine (a
  boundary that denies everything, which takes all of it) and keep their policies,
  and roles of people are only reported. *with quarantine* counts what those
  boundaries take, *of the rest* leaves both kinds of roles out. *blind*: the
  weight of what no log can show.

`

// aheads says where the safe proposals are ahead of both simple strategies.
func aheads(all []outcome) string {
	var n, denials, held, removed int
	for _, o := range all {
		if o.Recorded {
			continue
		}
		rows := map[string]synth.StrategyRow{}
		for _, s := range o.Strategies {
			rows[s.Strategy] = s
		}
		n++
		ours, a, b := rows[synth.StrategySafe], rows[synth.StrategyActions], rows[synth.StrategyExact]
		denials += count(ours.Denied.Total() < min(a.Denied.Total(), b.Denied.Total()))
		held += count(ours.Held > max(a.Held, b.Held))
		removed += count(ours.Removed > max(a.Removed, b.Removed))
	}
	return fmt.Sprintf(`Of %d organisations the safe proposals are ahead of both simple strategies in
denials with %d, in what holds with %d and in bare removal, breaking roles or
not, with %d. What they remove less there is in the last table: what is never
logged and what was granted for less than the window, which logs give no reason to
take. Replaying only what is recorded hides the difference to *used actions on \**:
that strategy takes away what is used and never recorded, and a test that rests on
the same logs cannot see it break.

`, n, denials, held, removed)
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// page is the tables.
func page(all []outcome) string {
	var b strings.Builder
	b.WriteString(intro + aheads(all))
	for _, recorded := range []bool{false, true} {
		title := "The whole future"
		if recorded {
			title = "What is recorded of it"
		}
		fmt.Fprintf(&b, "## %s\n\n| organisation | strategy | changed | with denials | calls | denied | removed | held |\n|---|---|--:|--:|--:|--:|--:|--:|\n", title)
		for _, o := range all {
			if o.Recorded != recorded {
				continue
			}
			for _, s := range o.Strategies {
				fmt.Fprintf(&b, "| %s | %s | %d | %d (%.2f %%) | %d | %d (%.3f %%) | %.1f %% | %.1f %% |\n", o.Organisation, names[s.Strategy], s.Changed,
					s.RolesDenied, share(s.RolesDenied, s.Changed), s.Calls, s.Denied.Total(), share(s.Denied.Total(), s.Calls), share(s.Removed, s.Granted), share(s.Held, s.Granted))
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("## Beside an oracle\n\n| organisation | removed | of the oracle's | of it in quarantine | with quarantine | report only | of the rest | blind, of all that is granted |\n|---|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, o := range all {
		if !o.Recorded {
			fmt.Fprintf(&b, "| %s | %d of %d | %.1f %% | %d | %.1f %% | %d | %.1f %% | %.1f %% |\n", o.Organisation, o.Oracle.Removed, o.Oracle.Perfect,
				share(o.Oracle.Removed, o.Oracle.Perfect), o.Oracle.Quarantine, share(o.Oracle.Removed+o.Oracle.Quarantine, o.Oracle.Perfect), o.Oracle.Reported, share(o.Oracle.Removed, o.Oracle.ours()), share(o.Oracle.Blind, o.Yield.Granted))
		}
	}
	b.WriteString("\n## What keeps the rest\n\n| organisation | because | roles | actions | of all that is granted |\n|---|---|--:|--:|--:|\n")
	for _, o := range all {
		for _, r := range o.Yield.Rows {
			if !o.Recorded {
				fmt.Fprintf(&b, "| %s | %s | %d | %d | %.2f %% |\n", o.Organisation, r.Blocker, r.Roles, r.Actions, share(r.Weight, o.Yield.Granted))
			}
		}
	}
	return b.String()
}
