package main

import (
	"regexp"
	"testing"
)

func TestTemplate(t *testing.T) {
	unix := int64(1789653802) // 2026-09-17T14:03:22Z
	s := &session{name: "GitHubActions", key: "ASIAEXAMPLE", ip: "192.0.2.7", start: unix - 60}
	for template, want := range map[string]string{
		"plain $x $":                       `plain \$x \$`,
		"$(time)":                          `2026-09-17T14:03:22Z`,
		"$(day) $(path) $(month)":          `2026-09-17 2026/09/17 2026-09`,
		"$(lastmonth)":                     `2026-08`,
		"$(session)/$(key)/$(ip)/$(start)": `GitHubActions/ASIAEXAMPLE/192\.0\.2\.7/2026-09-17T14:02:22Z`,
		"$(uuid)":                          `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`,
		"$(hex:8) $(digits:3)":             `[0-9a-f]{8} [0-9]{3}`,
		"$(upper:16)":                      `[A-Z0-9]{16}`,
		"$(int:4:6)":                       `[456]`,
		"$(pick:a|b|c)":                    `[abc]`,
		"$(grow:7:3:20713)":                `000|001|002`,
	} {
		for turn := range uint64(50) {
			got := string(compile(template).append(nil, &moment{unix: unix, session: s, random: mixed(turn)}))
			if !regexp.MustCompile(`^(` + want + `)$`).MatchString(got) {
				t.Errorf("%s: %q does not fit %s", template, got, want)
				break
			}
		}
	}
}

func TestTemplateRemembers(t *testing.T) {
	template := compile("$(k=hex:6) $(k) $(other=int:1:9)$(k)")
	for turn := range uint64(20) {
		got := string(template.append(nil, &moment{random: mixed(turn)}))
		if got[:6] != got[7:13] || got[:6] != got[15:] {
			t.Fatalf("a remembered value changed: %q", got)
		}
	}
}

func TestRepeated(t *testing.T) {
	for text, want := range map[string]string{
		"in/$(day)/$(k=hex:6).csv":  "in/$(day)/$(k).csv",
		"plain":                     "plain",
		"$(a=pick:x|y)$(b=int:1:2)": "$(a)$(b)",
	} {
		if got := repeated(text); got != want {
			t.Errorf("repeated(%q) = %q, want %q", text, got, want)
		}
	}
}

// BenchmarkRecord writes one record of the sample: text alone, no compression.
func BenchmarkRecord(b *testing.B) {
	l := sampleWorld().lanes(1)[1]
	w := &objectWriter{volume: volume{seed: 1}, sessions: map[string]*session{}}
	all := l.entries(firstDay, 1)
	b.ReportAllocs()
	bytes := 0
	for i := 0; b.Loop(); i++ {
		w.text = w.record(w.text[:0], l, all[i%len(all)])
		bytes += len(w.text)
	}
	b.SetBytes(int64(bytes / max(b.N, 1)))
}
