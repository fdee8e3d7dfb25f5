package catalog

import (
	"slices"
	"strings"
)

// Piece is a text of an ARN format and the variable behind it.
type Piece struct {
	Literal  string
	Variable string // "" behind the last text
	Place    Place
	Names    []ParamName // parameters that can tell it, most telling first
	Own      bool        // it names the resource itself: the format's last variable
	// Again is the end of Literal that identifiers as the service gives them
	// begin with too: a policy's identifier is "p-…" and its ARN ends in
	// "/p-${PolicyId}".
	Again string
}

// Place says that a variable is a part of the ARN that every ARN has.
type Place uint8

// The places.
const (
	NoPlace Place = iota
	PartitionPlace
	RegionPlace
	AccountPlace
)

// ParamName is the folded name of a request parameter. A loose one, as "name",
// is the resource's only where the call is about the resource's type.
type ParamName struct {
	Folded string
	Loose  bool
}

// Template is the type's ARN format in pieces. Do not modify it.
func (t *ResourceType) Template() []Piece {
	t.once.Do(func() { t.template = t.pieces() })
	return t.template
}

// Kind is what requests call the type: its folded name without what only tells
// it from its siblings ("loadbalancer/app/", "rule-on-default-event-bus",
// "AppMonitorResource").
func (t *ResourceType) Kind() string { return t.kind }

func kindOf(name string) string {
	name, _, _ = strings.Cut(name, "/")
	name, _, _ = strings.Cut(name, "-on-")
	kind := Fold(name)
	for _, ending := range []string{"resource", "id"} {
		if base := strings.TrimSuffix(kind, ending); len(base) > 3 {
			kind = base
		}
	}
	return kind
}

func (t *ResourceType) pieces() []Piece {
	out := make([]Piece, 0, strings.Count(t.Format, "${")+1)
	colons := 0
	for rest := t.Format; ; {
		literal, after, more := strings.Cut(rest, "${")
		colons += strings.Count(literal, ":")
		p := Piece{Literal: literal}
		if !more {
			return append(out, p)
		}
		p.Variable, rest, _ = strings.Cut(after, "}")
		p.Place = placeOf(p.Variable, colons)
		if p.Place == NoPlace {
			p.Again = identifierPrefix(literal)
			sole := len(t.Variables) == 1
			p.Own = sole || !strings.Contains(rest, "${") && t.names(p.Variable)
			p.Names = paramNames(t, p.Variable, sole, p.Own)
		}
		out = append(out, p)
	}
}

// names: the format's last variable names the resource, and is not the version
// or the made-up part behind another that does.
func (t *ResourceType) names(last string) bool {
	low := strings.ToLower(last)
	if strings.HasSuffix(low, "name") || strings.HasSuffix(low, "id") && !strings.HasSuffix(low, "uuid") {
		return true
	}
	return !slices.ContainsFunc(t.Variables, func(v Variable) bool { return v.Name != last && related(v.Name, t.kind) })
}

func placeOf(variable string, colons int) Place {
	switch strings.ToLower(variable) {
	case "partition":
		return PartitionPlace
	case "region":
		return RegionPlace
	case "account", "accountid", "account-id", "managementaccountid":
		if colons == 4 {
			return AccountPlace
		}
	}
	return NoPlace
}

// identifierPrefix is a short word and a hyphen at the end of a literal.
func identifierPrefix(literal string) string {
	last := literal[strings.LastIndexAny(literal, ":/")+1:]
	if len(last) > 1 && len(last) <= 4 && strings.HasSuffix(last, "-") {
		return last
	}
	return ""
}

// suffixes are the words that variables and parameters call an identifier by.
var suffixes = []string{"name", "id"}

// names collects parameter names without repeating one.
type names []ParamName

func (n *names) add(loose bool, folded ...string) {
	for _, f := range folded {
		if f != "" && !slices.ContainsFunc(*n, func(p ParamName) bool { return p.Folded == f }) {
			*n = append(*n, ParamName{f, loose})
		}
	}
}

// paramNames lists the names of parameters that can carry a variable of a
// type's ARN, most telling first: the variable's own name, that name by another
// ending, the type's name, and the service's own words. "sole" says that it is
// the format's only variable, "own" that it names the resource itself.
func paramNames(t *ResourceType, variable string, sole, own bool) []ParamName {
	v, kind := Fold(variable), t.kind
	n := make(names, 0, 24)
	n.add(isLoose(v), v)
	n.add(false, strings.TrimSuffix(v, "withpath"), strings.TrimSuffix(v, "withoutleadingslash"))
	n.add(false, otherNames(t, v)...)
	if v == "placementgroupname" {
		n.add(true, "groupname") // elsewhere a security group's
	}
	base, ending := v, ""
	for _, s := range suffixes {
		if b, ok := strings.CutSuffix(v, s); ok {
			base, ending = b, s
		}
	}
	own = own || base == "" || base == "resource" || v == "identifier" || v == kind || ending != "" && related(variable, kind)
	if base != "" && base != "resource" {
		n.add(false, base+"identifier", base+"arn", base+ending+"s", base+ending+"list")
		if !isLoose(base) {
			n.add(false, base, base+"s")
		}
		if ending == "" {
			n.add(false, base+"name", base+"id")
		}
	}
	if own {
		n.add(false, kindNames(kind, base, ending)...)
		n.add(true, looseNames(base, ending)...)
		if sole {
			n.add(true, "id") // for want of another
		}
	}
	return slices.Clone(n)
}

func isLoose(name string) bool { return slices.Contains([]string{"name", "id", "identifier"}, name) }

// otherNames are what single services call a variable.
//
// Source: API references: of EKS the request URIs; of EMR JobFlowId; of Connect
// InitialContactId; of Auto Scaling, CreateOrUpdateTags, Tag, ResourceId; of IAM Identity Center, CreateAccountAssignment, TargetId; of
// the others the requests' members.
func otherNames(t *ResourceType, v string) []string {
	switch {
	case v == "objectname" || v == "keyname":
		return []string{"key", "objectkey"}
	case v == "queuename":
		return []string{"queueurl"}
	case v == "keypairname":
		return []string{"keyname"}
	case v == "securitygroupid":
		return []string{"groupid"}
	case t.Prefix == "sts" && t.Name == "federated-user":
		return []string{"name"}
	case v == "layerversion":
		return []string{"versionnumber"}
	case v == "mfatokenidwithpath":
		return []string{"virtualmfadevicename"}
	case t.Prefix == "dynamodb" && v == "tablename":
		return []string{v, "sourcetablename"}
	case t.Prefix == "kms" && v == "keyid":
		return []string{"keyid", "targetkeyid"}
	case t.Prefix == "eks" && v == "clustername": // /clusters/{name}/node-groups
		return []string{v, "name"}
	case t.Prefix == "autoscaling" && v == "groupfriendlyname":
		return []string{"autoscalinggroupname", "resourceid"}
	case t.Prefix == "elasticmapreduce" && v == "clusterid":
		return []string{"jobflowid", "jobflowids"}
	case t.Prefix == "sso" && v == "accountid":
		return []string{v, "targetid"}
	case t.Prefix == "connect" && v == "contactid":
		return []string{v, "initialcontactid"}
	case t.Prefix == "rds": // whose requests say DB where its ARNs do not
		return []string{"db" + v, "db" + t.kind + "identifier", "db" + t.kind + "name", "target" + strings.TrimSuffix(v, "name") + "identifier"}
	}
	return nil
}

// kindNames are the type's name with the endings that a variable of it can go
// by: "clusterId" for CloudHsmClusterInstanceName and for ResourceId.
func kindNames(kind, base, ending string) []string {
	out := make([]string, 0, 9)
	if ending != "" {
		out = append(out, kind+ending)
	}
	out = append(out, kind, kind+"identifier", kind+"arn", kind+ending+"s", kind+ending+"list")
	if ending == "" || base == "resource" || base != kind && strings.Contains(base, kind) {
		out = append(out, kind+"name", kind+"id")
	}
	return out
}

// looseNames are the names without a type. A name is no made-up identifier.
func looseNames(base, ending string) []string {
	switch {
	case base == "resource" && ending == "name":
		return []string{"name", "identifier", "id"}
	case ending == "name":
		return []string{"name", "identifier", "names"}
	case ending == "id":
		return []string{"id", "identifier", "ids"}
	}
	return []string{"name", "identifier", "id", "names"}
}

// related: a word of the variable's name is in the type's, so that it names
// the resource and not one that it belongs to: GroupFriendlyName of an
// autoScalingGroup. Short words, as "Log" of a log stream's LogGroupName, are
// in too many names to say so.
func related(variable, kind string) bool {
	word := 0
	for i := 1; i <= len(variable); i++ {
		if i < len(variable) && (variable[i] < 'A' || variable[i] > 'Z') {
			continue
		}
		w := Fold(variable[word:i])
		word = i
		if len(w) > 3 && w != "name" && w != "resource" && strings.Contains(kind, w) {
			return true
		}
	}
	return false
}
