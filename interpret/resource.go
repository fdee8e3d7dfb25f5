package interpret

import (
	"net/url"
	"slices"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// resolver finds the resources of one event's actions.
type resolver struct {
	catalog *catalog.Catalog
	fact    *trail.Fact
	nth     int // which of a parameter's several values fill reads
}

// call resolves an action's resources: the event's resources list, then
// ARN-valued parameters, then the ARN format filled from parameters, then a
// pattern, then none.
func (r *resolver) call(name iam.Action) iam.Call {
	call := iam.Call{Action: name, Kind: iam.Primary, Resources: []iam.Pattern{"*"}, Resolution: iam.None}
	action, ok := r.catalog.Action(name)
	if !ok {
		return call
	}
	if len(action.Resources) == 0 {
		call.Resolution = iam.Exact
		return call
	}
	if found := r.gateway(); found != "" {
		call.Resources, call.Resolution = []iam.Pattern{found}, iam.Exact
		return call
	}
	if found := r.stated(action); len(found) > 0 {
		call.Resources, call.Resolution = found, resolution(found)
		return call
	}
	if r.fact.Omitted {
		return call
	}
	found := r.filled(action)
	if len(found) == 0 {
		found = r.anyRequired(action)
	}
	if len(found) > 0 {
		call.Resources, call.Resolution = found, resolution(found)
		return call
	}
	if len(action.Required) == 0 && len(r.fact.Params) == 0 {
		call.Resolution = iam.Partial
	}
	return call
}

func resolution(patterns []iam.Pattern) iam.Resolution {
	for _, p := range patterns {
		if _, literal := p.Literal(); !literal {
			return iam.Partial
		}
	}
	return iam.Exact
}

// stated collects ARNs that the event itself prints and that fit the action:
// from the resources list, else from its parameters.
func (r *resolver) stated(action *catalog.Action) []iam.Pattern {
	var found []iam.Pattern
	for _, res := range r.fact.Resources {
		found = r.addStated(found, action, res.ARN)
	}
	if len(found) == 0 {
		for _, p := range r.fact.Params {
			if arn := plainARN(p.Value); strings.HasPrefix(arn, "arn:") && !strings.HasPrefix(p.Path, "response.") {
				found = r.addStated(found, action, arn)
			}
		}
	}
	if len(found) > 0 {
		found = r.complete(found, action)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// complete adds, for each resource type that a request must name and the event
// does not print, what its parameters tell of it: at the least "any of these".
func (r *resolver) complete(found []iam.Pattern, action *catalog.Action) []iam.Pattern {
	stated := slices.Clone(found)
	for _, t := range r.needed(action) {
		if slices.ContainsFunc(stated, t.Match) {
			continue
		}
		found = append(found, r.fillEach(t)...)
	}
	if index := first(r.fact, "indexName"); index != "" && r.fact.EventSource == "dynamodb.amazonaws.com" && len(stated) == 1 {
		return []iam.Pattern{stated[0] + "/index/" + iam.Escape(index)}
	}
	return found
}

func (r *resolver) addStated(found []iam.Pattern, action *catalog.Action, arn string) []iam.Pattern {
	pattern := statedPattern(arn)
	for _, t := range action.Resources {
		if t.Match(pattern) {
			return append(found, pattern)
		}
		// A log group is printed without the ":*" that policies need.
		if t.Prefix == "logs" && t.Name == "log-group" && t.Match(pattern+":*") {
			return append(found, pattern+":*")
		}
	}
	return found
}

// statedPattern escapes an ARN of the log; the "*" of an ARNPrefix stays.
func statedPattern(arn string) iam.Pattern {
	arn = plainARN(arn)
	if prefix, ok := strings.CutSuffix(arn, "*"); ok {
		return iam.Escape(prefix) + "*"
	}
	return iam.Escape(arn)
}

// filled fills the ARN formats of the action's resource types.
func (r *resolver) filled(action *catalog.Action) []iam.Pattern {
	types := r.needed(action)
	if len(types) == 0 {
		types = action.Resources
	}
	var found []iam.Pattern
	depth := 0
	named := slices.ContainsFunc(action.Required, func(t *catalog.ResourceType) bool { _, known, _ := r.fill(t); return known > 0 })
	for _, t := range types {
		_, known, ok := r.fill(t)
		if !ok && !named {
			continue
		}
		if len(action.Required) == 0 {
			// Of alternatives the one that uses most parameters is meant.
			if known < depth {
				continue
			}
			if known > depth {
				found = found[:0]
			}
		}
		depth = known
		found = append(found, r.fillEach(t)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// fill fills one format. It reports how many variables parameters filled, and
// false if none did although there are some.
func (r *resolver) fill(t *catalog.ResourceType) (iam.Pattern, int, bool) {
	var b strings.Builder
	known, unknown, colons := 0, 0, 0
	rest := t.Format
	for {
		before, after, ok := strings.Cut(rest, "${")
		b.WriteString(before)
		colons += strings.Count(before, ":")
		if !ok {
			break
		}
		var name string
		name, rest, _ = strings.Cut(after, "}")
		if value, ok := r.place(name, colons); ok {
			b.WriteString(value)
			continue
		}
		if pattern, ok := r.generated(t, name); ok {
			known++
			b.WriteString(string(pattern))
			continue
		}
		value, ok := r.param(t, name)
		if !ok {
			b.WriteByte('*')
			unknown++
			continue
		}
		known++
		b.WriteString(string(iam.Escape(value)))
	}
	return iam.Pattern(b.String()), known, known > 0 || unknown == 0
}

// place gives partition, region and account. The account is the owner's where
// the event says, else the caller's.
func (r *resolver) place(variable string, colons int) (string, bool) {
	switch strings.ToLower(variable) {
	case "partition":
		return partition(r.fact.Region), true
	case "region":
		if r.fact.EventSource == "wafv2.amazonaws.com" && first(r.fact, "scope") == "CLOUDFRONT" {
			return "us-east-1", true // where the global web ACLs live
		}
		return r.fact.Region, true
	case "account", "accountid", "account-id":
		if colons > 4 {
			return "", false
		}
		return r.owner(), true
	}
	return "", false
}

func (r *resolver) owner() string {
	for _, res := range r.fact.Resources {
		if res.Account != "" {
			return res.Account
		}
	}
	return r.fact.Account
}

// param finds the parameter that tells a variable: the last name of its path
// equals the variable's, with or without the resource type's name before it.
func (r *resolver) param(t *catalog.ResourceType, variable string) (string, bool) {
	if v, ok := r.special(variable); ok {
		return v, true
	}
	if opaque[t.Prefix+":"+t.Name] {
		return "", false
	}
	for _, w := range catalog.ParamNames(t, variable) {
		if (w == "name" || w == "id" || w == "identifier") && !r.about(t) {
			continue
		}
		for _, p := range r.fact.Params {
			if p.Value == "" || strings.HasPrefix(p.Path, "response.") {
				continue
			}
			if catalog.Fold(catalog.LastName(p.Path)) == w {
				if n := r.nth; n > 0 && strings.Contains(p.Path, "[]") {
					if all := r.fact.Get(p.Path); n < len(all) {
						return value(w, all[n]), true
					}
				}
				return value(w, p.Value), true
			}
		}
	}
	return r.fallback(t)
}

// about: the event's name speaks of the resource type, so that a parameter
// called just "name" or "id" is the resource's. What StartLogging starts is a
// trail (CloudTrail API Reference, StartLogging, Name).
func (r *resolver) about(t *catalog.ResourceType) bool {
	return strings.Contains(catalog.Fold(r.fact.EventName), catalog.Fold(t.Name)) ||
		r.fact.EventSource == "cloudtrail.amazonaws.com" && strings.HasSuffix(r.fact.EventName, "Logging")
}

// special reads parameters that hold more or less than one variable.
func (r *resolver) special(variable string) (string, bool) {
	switch catalog.Fold(variable) {
	case "taskdefinitionfamilyname":
		family, _, ok := strings.Cut(first(r.fact, "taskDefinition"), ":")
		if !ok {
			family = first(r.fact, "family")
		}
		return family, family != "" && family != "arn"
	case "taskdefinitionrevisionnumber":
		family, revision, ok := strings.Cut(first(r.fact, "taskDefinition"), ":")
		return revision, ok && family != "arn"
	case "rolenamewithpath":
		return r.withPath("roleName")
	case "usernamewithpath":
		return r.withPath("userName")
	case "groupnamewithpath":
		return r.withPath("groupName")
	case "policynamewithpath":
		return r.withPath("policyName")
	case "scope":
		if s := first(r.fact, "scope"); r.fact.EventSource == "wafv2.amazonaws.com" && s != "" {
			return map[string]string{"CLOUDFRONT": "global", "REGIONAL": "regional"}[s], true
		}
	}
	return "", false
}

// withPath is an IAM name behind its path, where the request has one.
func (r *resolver) withPath(parameter string) (string, bool) {
	path, name := first(r.fact, "path"), first(r.fact, parameter)
	if len(path) < 2 || name == "" {
		return "", false
	}
	return strings.TrimPrefix(path, "/") + name, true
}

// value cuts what a variable holds out of a parameter that holds more.
func value(name, text string) string {
	switch {
	case name == "queueurl":
		return text[strings.LastIndexByte(text, '/')+1:]
	case strings.HasPrefix(text, "arn:"):
		return iam.ARN(text).Name()
	}
	return text
}

// gateway fills the path of an API Gateway operation.
func (r *resolver) gateway() iam.Pattern {
	if r.fact.EventSource != "apigateway.amazonaws.com" {
		return ""
	}
	ops := r.catalog.Gateway(r.fact.EventName)
	if len(ops) == 0 {
		return ""
	}
	rest := gatewayOp(r.fact, ops).Template
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(rest, "${")
		b.WriteString(before)
		if !ok {
			return iam.Pattern(b.String())
		}
		var name string
		name, rest, _ = strings.Cut(after, "}")
		if value, ok := r.place(name, 0); ok {
			b.WriteString(value)
			continue
		}
		text := "*"
		for _, p := range r.fact.Params {
			if catalog.Fold(catalog.LastName(p.Path)) == catalog.Fold(name) {
				text = string(iam.Escape(p.Value))
			}
		}
		b.WriteString(text)
	}
}

// copySource is the bucket, key and version of an x-amz-copy-source.
//
// Source: S3 API Reference, CopyObject, x-amz-copy-source.
func copySource(text string) (object string, version bool) {
	source, query, _ := strings.Cut(strings.TrimPrefix(text, "/"), "?")
	if plain, err := url.PathUnescape(source); err == nil {
		source = plain
	}
	return source, strings.HasPrefix(query, "versionId=")
}
