package iam

import "strings"

// Action names one IAM action, "prefix:Name", as the service authorization
// reference spells it ("s3:GetObject"). IAM compares actions without regard
// to case, so compare with [Action.Equal] or by [Action.Fold].
//
// Source: IAM User Guide, "IAM JSON policy elements: Action".
type Action string

// Split cuts the action at the first colon into service prefix and name.
func (a Action) Split() (prefix, name string) {
	prefix, name, _ = strings.Cut(string(a), ":")
	return prefix, name
}

// Prefix is the service prefix, "s3" of "s3:GetObject".
func (a Action) Prefix() string { p, _ := a.Split(); return p }

// Name is the part behind the prefix, "GetObject" of "s3:GetObject".
func (a Action) Name() string { _, n := a.Split(); return n }

// Fold is the action in lower case: the key under which equal actions meet.
func (a Action) Fold() Action { return Action(strings.ToLower(string(a))) }

// Equal reports whether two actions are the same to IAM.
func (a Action) Equal(b Action) bool { return strings.EqualFold(string(a), string(b)) }
