package diff

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/synth"
)

// listing is a policy of AWS in the list of a template's role or function.
type listing struct {
	t        *template
	logical  string // of the role, or of the function that SAM makes one for
	property string // that lists it
	list     *node  // or the one policy, not in a list
	index    int    // in the list
}

// managedLists names the property that lists managed policies of a role.
func managedLists(kind string) string {
	switch {
	case takesSAMPolicies(kind):
		return "Policies"
	case kind == "AWS::IAM::Role":
		return "ManagedPolicyArns"
	}
	return ""
}

// listings are the places in templates that may give a policy of AWS to a role:
// those of the stacks that a state says the role is of, if it says so.
func (f *finder) listings(policy iam.ARN, role string, states []*State) []listing {
	var out, stated []listing
	for _, t := range f.templates {
		for _, m := range t.resources.members {
			kind := textOfNode(m.value.get("Type"))
			property, made, name := managedLists(kind), m.key, t.roleName(m.key)
			if takesSAMPolicies(kind) {
				made, name = m.key+"Role", samRole(m.key)
			}
			lists := m.value.get("Properties").get(property)
			if property == "" || lists == nil || !namePattern(name).Match(role) {
				continue
			}
			for i, item := range lists.list() {
				if !awsPolicy(item, policy, property == "Policies") {
					continue
				}
				l := listing{t: t, logical: m.key, property: property, list: lists, index: i}
				out = append(out, l)
				if slices.ContainsFunc(states, func(s *State) bool { return s.madeRole(t.file, made, role) }) {
					stated = append(stated, l)
				}
			}
		}
	}
	if len(stated) > 0 {
		return stated
	}
	return out
}

// awsPolicy: the item names the policy, by ARN or, in SAM, by name.
//
// Source: AWS SAM Developer Guide, AWS::Serverless::Function, property Policies.
func awsPolicy(item *node, policy iam.ARN, byName bool) bool {
	return item.kind == scalar && (byName && item.text == policy.Name() ||
		strings.HasSuffix(item.text, "/"+policy.Name()) && namePattern(item.text).Match(string(policy)))
}

// madeRole: the state says that the resource of the template is the role.
func (s *State) madeRole(file, logical, role string) bool {
	return s.folder == file && slices.ContainsFunc(s.made, func(m made) bool {
		return m.kind == "AWS::IAM::Role" && m.address == logical && m.name == role
	})
}

// managedInTemplate edits the one place that gives the policy to the role.
func (r *Repo) managedInTemplate(found []listing, policy iam.ARN, c *synth.PolicyChange, e *Edit) (Patch, error) {
	first := "cfn:" + found[0].t.file + "#" + found[0].logical
	if len(found) > 1 {
		return Patch{}, fmt.Errorf("ambiguous: %s and cfn:%s#%s both fit", first, found[1].t.file, found[1].logical)
	}
	for _, root := range r.from.roots {
		if at := root.attaches(policy, c.Holders[0].Name()); len(at) > 0 {
			return Patch{}, fmt.Errorf("ambiguous: %s and %s both fit", first, at[0].m.address(at[0].block.address))
		}
	}
	return r.editListing(found[0], c, e)
}

// editListing makes one of the two steps in a template.
func (r *Repo) editListing(l listing, c *synth.PolicyChange, e *Edit) (Patch, error) {
	item := l.list.list()[l.index]
	e.Address, e.File, e.Line = "cfn:"+l.t.file+"#"+l.logical+"/"+l.property+"/"+itoa(l.index), l.t.file, lineOf(l.t.source, item.start)
	if l.list.shared || item.shared {
		return Patch{}, errShared
	}
	if c.Replaces == "" {
		return r.unlistAWS(l)
	}
	return r.addListed(l, c)
}

// unlistAWS takes the policy out of the list.
func (r *Repo) unlistAWS(l listing) (Patch, error) {
	s := &splicer{source: l.t.source}
	if l.list.kind == list && len(l.list.items) > 1 {
		s.remove(l.list, []int{l.index})
	} else if err := s.member(l.t.resources.get(l.logical).get("Properties"), l.property); err != nil {
		return Patch{}, fmt.Errorf("it is the only one of %s: %w; remove it by hand", l.property, err)
	}
	patch, err := l.patch(s)
	if err == nil {
		err = r.verifyListing(l, patch, "", nil)
	}
	return patch, err
}

func (l listing) patch(s *splicer) (Patch, error) {
	edits, err := s.sorted()
	if err != nil {
		return Patch{}, err
	}
	return Patch{Files: []FileEdit{{Path: l.t.file, Before: l.t.source, After: apply(l.t.source, edits), edits: edits}}}, nil
}

// addListed writes a managed policy below the role, and its reference beside
// the policy that it is to replace.
func (r *Repo) addListed(l listing, c *synth.PolicyChange) (Patch, error) {
	logical := l.t.freeLogical(l.logical + "Narrowed")
	resource, err := l.narrowed(logical, c)
	if err != nil {
		return Patch{}, err
	}
	s := &splicer{source: l.t.source, edits: []edit{resource}}
	item := l.list.list()[l.index]
	texts := []string{string(l.t.source[item.start:item.end]), l.reference(logical)}
	if l.list.kind == list {
		s.replace(l.list, l.index, texts)
	} else if err := s.scalar(l.list, texts); err != nil {
		return Patch{}, err
	}
	patch, err := l.patch(s)
	if err == nil {
		err = r.verifyListing(l, patch, "cfn:"+l.t.file+"#"+logical+"/PolicyDocument", c.New)
	}
	return patch, err
}

// freeLogical is a logical ID that the template does not use yet.
func (t *template) freeLogical(id string) string {
	for i := 2; t.resources.get(id) != nil; i++ {
		id = strings.TrimRight(id, "0123456789") + itoa(i)
	}
	return id
}

// reference writes Ref as the template does.
func (l listing) reference(logical string) string {
	source := string(l.t.source)
	switch {
	case l.t.form.json && strings.Count(source, `{"`) > strings.Count(source, `{ "`):
		return `{"Ref": "` + logical + `"}`
	case l.t.form.json:
		return `{ "Ref": "` + logical + `" }`
	case strings.Count(source, "!Ref ") >= strings.Count(source, "Ref: "):
		return "!Ref " + logical
	case l.list.style == yamlItems:
		return "Ref: " + logical
	}
	return "{ Ref: " + logical + " }"
}

// narrowed is the edit that writes the policy's resource behind the role's.
func (l listing) narrowed(logical string, c *synth.PolicyChange) (edit, error) {
	name, err1 := quoteJSON(c.Name)
	document, err2 := c.New.MarshalJSON()
	if err := errors.Join(err1, err2); err != nil {
		return edit{}, err
	}
	text := `{"Type":"AWS::IAM::ManagedPolicy","Properties":{"ManagedPolicyName":` + name + `,"PolicyDocument":` + string(document) + `}}`
	n, err := parseJSON([]byte(text), 0, false)
	if err != nil {
		return edit{}, err
	}
	if l.t.form.json {
		return l.writeJSON(logical, text)
	}
	return l.writeYAML(logical, n)
}

// verifyListing reads the edited template again: the policy that is added says
// what it should, every other what it did, in the same order.
func (r *Repo) verifyListing(l listing, patch Patch, address string, want *iam.Policy) error {
	path := filepath.Clean(filepath.Join(r.dir, filepath.FromSlash(l.t.file)))
	origin := &Found{File: l.t.file, from: r.from}
	before, err1 := findAgain(r.dir, origin, map[string][]byte{path: l.t.source})
	after, err2 := findAgain(r.dir, origin, map[string][]byte{path: patch.Files[0].After})
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if address != "" {
		i := slices.IndexFunc(after, func(f Found) bool { return f.Address == address })
		if i < 0 || after[i].Policy == nil || len(after[i].Unknown) > 0 || !samePolicy(after[i].Policy, want) || after[i].Kind != "identity" || len(after[i].Roles) != 1 {
			return errors.New("the edit did not verify: the replacement would not say what it should")
		}
		after = slices.Delete(after, i, i+1)
	}
	return sameBesides(before, after)
}

// sameBesides: two readings of a template have the same policies in the same
// order; what tells them apart by number may differ.
func sameBesides(before, after []Found) error {
	if len(before) != len(after) {
		return errors.New("the edit did not verify: another policy would come or go with it")
	}
	for i := range before {
		a, b := before[i].marked(), after[i].marked()
		if before[i].Kind != after[i].Kind || (a == nil) != (b == nil) || a != nil && !samePolicy(a, b) {
			return fmt.Errorf("the edit did not verify: %s would change", before[i].Address)
		}
	}
	return nil
}
