package ingest

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/trail"
)

// listedResource is an element of the resources list while it is read.
type listedResource struct {
	guesses       guesses
	resource      trail.Resource
	lower, prefix string // what stood for the ARN
}

// The members of a resource that are read.
const (
	resourceARN field = iota + 1
	resourceLower
	resourcePrefix
	resourceAccount
	resourceType
)

var resourceNames = map[string]field{
	"ARN": resourceARN, "arn": resourceLower, "ARNPrefix": resourcePrefix, "accountId": resourceAccount, "type": resourceType,
}

// resources reads the resources list, whatever form it has.
func (d *decoder) resources() error {
	if d.peek() != '[' {
		return d.skip()
	}
	return d.elements(d.resource)
}

func (d *decoder) resource() error {
	if d.peek() != '{' {
		return d.skip()
	}
	l := &d.listed
	l.resource, l.lower, l.prefix = trail.Resource{}, "", ""
	err := d.guessed(&l.guesses, (*decoder).resourceField)
	r := l.resource
	switch {
	case r.ARN == "" && l.lower != "":
		r.ARN = l.lower
	case r.ARN == "" && l.prefix != "":
		r.ARN = l.prefix + "*"
	}
	r.ARN = d.session.inText(r.ARN)
	if r != (trail.Resource{}) {
		d.record.Resources = append(d.record.Resources, r)
	}
	return err
}

func (d *decoder) resourceField(g *guess) (err error) {
	l := &d.listed
	switch g.field {
	case resourceARN:
		l.resource.ARN, err = d.scalar()
	case resourceLower:
		l.lower, err = d.scalar()
	case resourcePrefix:
		l.prefix, err = d.scalar()
	case resourceAccount:
		l.resource.Account, err = d.again(g)
	case resourceType:
		l.resource.Type, err = d.again(g)
	default:
		err = d.skip()
	}
	return err
}

// sortResources brings resources into order and drops repeated ones.
func sortResources(list []trail.Resource) []trail.Resource {
	if len(list) < 2 {
		return list
	}
	slices.SortFunc(list, compareResources)
	return slices.Compact(list)
}

func compareResources(a, b trail.Resource) int {
	if c := strings.Compare(a.ARN, b.ARN); c != 0 {
		return c
	}
	if c := strings.Compare(a.Account, b.Account); c != 0 {
		return c
	}
	return strings.Compare(a.Type, b.Type)
}
