package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// statement is an Allow statement of a generated policy.
type statement struct {
	Sid       string
	Effect    string
	Action    []string `json:",omitempty"`
	NotAction []string `json:",omitempty"`
	Resource  []string
}

// styles are the ways in which people grant too much.
var styles = []string{"exact", "exact", "extras", "extras", "service", "service", "everywhere", "everywhere", "verbs", "not-action", "administrator"}

// grant is a policy that allows the features in a style.
func grant(r *random, style string, a *account, features []*feature) string {
	var all []statement
	for i, f := range features {
		all = append(all, f.statement(r, style, a, i))
	}
	if style == "not-action" {
		all = []statement{{Sid: "NotTheKeys", NotAction: []string{"account:*", "iam:*", "organizations:*"}, Resource: []string{"*"}}}
	}
	if style == "extras" || style == "everywhere" {
		all = append(all, unusedService(r, features))
	}
	for i := range all {
		all[i].Effect = "Allow"
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": all})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// statement allows one feature.
func (f *feature) statement(r *random, style string, a *account, number int) statement {
	s := statement{Sid: fmt.Sprintf("S%d%s", number, f.kind.prefix), Resource: f.grantedResources(a)}
	for _, o := range f.operations {
		s.Action = append(s.Action, o.action)
	}
	switch style {
	case "extras":
		for _, at := range r.some(len(f.kind.idle), 1+r.below(4)) {
			s.Action = append(s.Action, f.kind.idle[at])
		}
	case "service", "everywhere":
		s.Action = []string{f.kind.prefix + ":*"}
	case "verbs":
		s.Action = append(s.Action, f.kind.prefix+":Get*", f.kind.prefix+":Describe*", f.kind.prefix+":List*")
	}
	if style == "everywhere" || style == "verbs" {
		s.Resource = []string{"*"}
	}
	slices.Sort(s.Action)
	s.Action = slices.Compact(s.Action)
	return s
}

// grantedResources is what a person would write for the feature's resources.
func (f *feature) grantedResources(a *account) []string {
	if f.kind.unnamed {
		return []string{"*"}
	}
	arn := "arn:" + a.Partition + ":" + f.kind.arn
	arn = strings.NewReplacer("$(region)", mainRegion, "$(account)", a.ID, "BUCKET", f.bucket, "NAME", f.grantable).Replace(arn)
	if f.kind.container {
		return []string{"arn:" + a.Partition + ":s3:::" + f.bucket, arn}
	}
	if f.kind.source == "secretsmanager" {
		arn = strings.TrimSuffix(arn, "a1B2c3") + "??????"
	}
	return []string{arn}
}

// unusedService is a statement for a service that the role does not touch.
func unusedService(r *random, features []*feature) statement {
	k := &kinds[r.below(len(kinds))]
	for slices.ContainsFunc(features, func(f *feature) bool { return f.kind == k }) {
		k = &kinds[r.below(len(kinds))]
	}
	return statement{Sid: "Unused" + k.prefix, Action: []string{k.prefix + ":*"}, Resource: []string{"*"}}
}
