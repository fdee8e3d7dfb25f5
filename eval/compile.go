// Package eval is the policy engine: it decides requests as AWS does, proves
// that a policy grants nothing another did not (containment), and proves that
// an observed call stays allowed (replay).
//
// An answer carries its reasons. What the engine does not know it says so:
// [iam.Unknown], never an allow.
package eval

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

// Engine decides requests. It is safe for concurrent use.
type Engine struct {
	catalog *catalog.Catalog
}

// New makes an engine over a catalog, which tells it what actions there are.
func New(c *catalog.Catalog) *Engine { return &Engine{c} }

// Named is a policy with the name that decisions report.
type Named struct {
	Name   string
	Policy *iam.Policy
}

// Set is policies of one layer, compiled. Compile once, decide often.
type Set struct {
	statements []statement
	plans      plans
}

type statement struct {
	policy, name string
	version      string
	source       *iam.Statement
	actions      []iam.Pattern // folded
	notActions   bool
	resources    []iam.Pattern
	notResources bool
	conditions   []condition
}

// Compile prepares policies. A condition operator that is not known is an
// error.
func (e *Engine) Compile(policies []Named) (*Set, error) {
	set := &Set{}
	for _, p := range policies {
		for i := range p.Policy.Statements {
			s, err := compileStatement(p, i)
			if err != nil {
				return nil, fmt.Errorf("policy %s, statement %s: %w", p.Name, s.name, err)
			}
			set.statements = append(set.statements, s)
		}
	}
	return set, nil
}

func compileStatement(p Named, i int) (statement, error) {
	source := &p.Policy.Statements[i]
	s := statement{policy: p.Name, name: source.Sid, version: p.Policy.EffectiveVersion(), source: source}
	if s.name == "" {
		s.name = "#" + strconv.Itoa(i)
	}
	list := source.Action
	if source.NotAction != nil {
		list, s.notActions = source.NotAction, true
	}
	for _, a := range list {
		s.actions = append(s.actions, in2012(a.Fold(), s.version))
	}
	list = source.Resource
	if source.NotResource != nil {
		list, s.notResources = source.NotResource, true
	}
	for _, r := range list {
		s.resources = append(s.resources, in2012(r, s.version))
	}
	for _, c := range source.Condition {
		compiled, err := compileCondition(c, s.version)
		if err != nil {
			return s, err
		}
		s.conditions = append(s.conditions, compiled)
	}
	return s, nil
}

func (s *statement) matchAction(folded string) bool {
	return slices.ContainsFunc(s.actions, func(p iam.Pattern) bool { return p == "*" || matchText(p, folded) }) != s.notActions
}

// matchResource matches field by field; a pattern with variables has them put
// in first, and is unknown where a variable's key is.
func (s *statement) matchResource(r *iam.Request) tri {
	if s.resources == nil {
		return yes // a trust policy has no Resource: it is about its own role
	}
	hit := no
	for _, p := range s.resources {
		hit = max(hit, s.matchOne(p, r))
	}
	if s.notResources {
		return hit.not()
	}
	return hit
}

func (s *statement) matchOne(p iam.Pattern, r *iam.Request) tri {
	if strings.Trim(string(p), "*") == "" && p != "" {
		return yes
	}
	if p.HasVariable() {
		filled, known := fillVariables(p, r)
		return both(known, truth(matchARN(filled, r.Resource)))
	}
	return truth(matchARN(p, r.Resource))
}

// match says whether the statement applies to the request.
func (s *statement) match(r *iam.Request, folded string) tri {
	if !s.matchAction(folded) {
		return no
	}
	return s.underConditions(r, s.matchResource(r))
}

// underConditions is how far the statement applies when action and resource
// match so far.
func (s *statement) underConditions(r *iam.Request, result tri) tri {
	for i := range s.conditions {
		if result == no {
			return no
		}
		result = both(result, s.conditions[i].holds(r))
	}
	return result
}

// Decide says what the policies of the set alone say: a deny that applies,
// else an allow, else nothing. For an action that was asked about before it
// allocates nothing.
func (s *Set) Decide(r *iam.Request) iam.Decision {
	if p := s.planFor(r.Action); p != nil {
		return p.decide(r)
	}
	return s.decideSlowly(r)
}

// decideSlowly goes through all statements.
func (s *Set) decideSlowly(r *iam.Request) iam.Decision {
	folded := string(r.Action.Fold())
	var v votes
	for i := range s.statements {
		st := &s.statements[i]
		if match := st.match(r, folded); match != no {
			v.count(st, int32(i), match)
		}
	}
	return v.decision(missing(r.Action))
}

func (s *statement) reason() iam.Reason {
	return iam.Reason{Layer: iam.LayerIdentity, Policy: s.policy, Statement: s.name}
}
