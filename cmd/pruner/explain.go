package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/synth"
	"github.com/pruner/pruner/usage"
)

func newExplain(a *app) *cobra.Command {
	var role, accountID, action, resource string
	cmd := &cobra.Command{
		Use:   "explain --role X --action A [--resource R]",
		Short: "Why a permission is kept, removed or blind",
		Args:  exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if role == "" || action == "" {
				return usageError("explain: name --role and --action")
			}
			return a.explain(cmd.Context(), role, accountID, iam.Action(action), iam.ARN(resource))
		},
	}
	roleFlags(cmd, &role, &accountID)
	cmd.Flags().StringVar(&action, "action", "", "an action, such as s3:GetObject")
	cmd.Flags().StringVar(&resource, "resource", "", "the ARN it is about; any if left out")
	return cmd
}

func (a *app) explain(ctx context.Context, role, accountID string, action iam.Action, resource iam.ARN) error {
	if prefix, name := action.Split(); prefix == "" || name == "" || strings.ContainsAny(string(action), "*?") {
		return usageError("explain: --action %q is not one action, such as s3:GetObject", action)
	}
	p, err := a.judge(ctx, role, false)
	if err != nil {
		return err
	}
	chosen, err := p.choose(role, accountID)
	if err != nil {
		return err
	}
	if known, ok := p.catalog.Action(action); ok {
		action = known.Name
	} else {
		fmt.Fprintf(a.err, "the catalog knows no action %q: what grants it stays\n", action)
	}
	for _, c := range chosen {
		if err := a.explainOne(p, c.holder, action, resource); err != nil {
			return err
		}
	}
	return nil
}

// explainOne prints, for one role: which statements name it and what becomes
// of each, the rule behind that, what was seen, whether it would have been,
// and what the engine decides before and after.
func (a *app) explainOne(p *pipeline, h *synth.Holder, action iam.Action, resource iam.ARN) error {
	fmt.Fprintf(a.out, "%s: %s", h.Role.ARN, action)
	if resource != "" {
		fmt.Fprintf(a.out, " on %q", string(resource))
	}
	fmt.Fprintln(a.out)
	found := false
	for _, c := range h.Policies {
		if c.Document != nil {
			found = a.explainPolicy(c, action, resource) || found
		}
	}
	if !found {
		fmt.Fprintln(a.out, "  no statement of the role's policies is about it")
	}
	rules, err := synth.Explain(p.inputs(), h.Role.ARN, action)
	if err != nil {
		return err
	}
	for _, f := range rules {
		a.explainRule(&f)
	}
	used, err := p.usedBy(h)
	if err != nil {
		return err
	}
	a.explainEvents(used, action, resource)
	if err := a.explainSight(p, h, action, resource); err != nil {
		return err
	}
	return a.explainDecisions(p, h, action, resource)
}

// explainPolicy says which statements of a policy are about it, if any, and
// whether the policy grants it afterwards.
func (a *app) explainPolicy(c *synth.PolicyChange, action iam.Action, resource iam.ARN) (found bool) {
	for i := range c.Document.Statements {
		s := &c.Document.Statements[i]
		if !matches(s, action, resource) {
			continue
		}
		found = true
		name := s.Sid
		if name == "" {
			name = fmt.Sprintf("#%d", i)
		}
		after := "stays"
		if s.Effect == iam.Allow && (c.New == nil || !stillGranted(c.New, action, resource)) {
			after = "goes"
		}
		fmt.Fprintf(a.out, "  policy %s, statement %s (%s): %s\n", c.Name, name, s.Effect, after)
	}
	return found
}

func (a *app) explainRule(f *synth.Finding) {
	kind := string(f.Finding)
	if f.Grade != "" {
		kind += " (" + string(f.Grade) + ")"
	}
	fmt.Fprintf(a.out, "  rule for policy %s, statement %s: %s: %s\n", f.Policy, f.Statement, kind, f.Reason)
	if f.Blocker != "" {
		fmt.Fprintf(a.out, "    not proposed: %s\n", f.Blocker)
	}
}

func (a *app) explainEvents(used *usage.Usage, action iam.Action, resource iam.ARN) {
	seen := false
	for i := range used.Uses {
		u := &used.Uses[i]
		if !u.Call.Action.Equal(action) || resource != "" && !anyMatch(u.Call.Resources, resource) {
			continue
		}
		seen = true
		fmt.Fprintf(a.out, "  seen on %d days, %s to %s, %s, on %q (event %s)\n", len(u.Days),
			u.First.Format("2006-01-02"), u.Last.Format("2006-01-02"), u.Call.Kind, u.Call.Resources, u.EventID)
	}
	if !seen {
		fmt.Fprintln(a.out, "  not seen in any log that was read")
	}
}

// explainSight says on how many days a call would have been seen.
func (a *app) explainSight(p *pipeline, h *synth.Holder, action iam.Action, resource iam.ARN) error {
	pattern := iam.Pattern("*")
	if resource != "" {
		pattern = iam.Escape(string(resource))
	}
	got := usage.NewVisibility(p.catalog, p.org, h.Account, p.window, p.coverage[h.Account.ID]).See(action, pattern)
	fmt.Fprintf(a.out, "  a call would have been seen on %d of %d days", got.Days, p.window.Days())
	if got.Reason != "" {
		fmt.Fprintf(a.out, ": %s", got.Reason)
	}
	if got.Change != "" {
		fmt.Fprintf(a.out, " (to see it: %s)", got.Change)
	}
	_, err := fmt.Fprintln(a.out)
	return err
}

// explainDecisions evaluates a request for it with the policies as they are
// and as proposed, under the role's boundary and the organisation's policies.
// Context keys are not known, so a condition may leave it open.
func (a *app) explainDecisions(p *pipeline, h *synth.Holder, action iam.Action, resource iam.ARN) error {
	if resource == "" {
		known, ok := p.catalog.Action(action)
		if !ok || len(known.Resources) > 0 {
			return nil // which resource makes the difference
		}
		resource = "*"
	}
	for _, when := range []struct {
		name string
		of   func(*synth.PolicyChange) *iam.Policy
	}{
		{"now", func(c *synth.PolicyChange) *iam.Policy { return c.Document }},
		{"as proposed", func(c *synth.PolicyChange) *iam.Policy { return c.New }},
	} {
		in := p.request(h, action, resource)
		for _, c := range h.Policies {
			if d := when.of(c); d != nil {
				in.Identity = append(in.Identity, eval.Named{Name: c.Name, Policy: d})
			}
		}
		d, err := p.engine.Decide(in)
		if err != nil {
			return fmt.Errorf("explain %s of %s: %w", action, h.Role.ARN, err)
		}
		fmt.Fprintf(a.out, "  %s: %s%s\n", when.name, d.Outcome, because(&d))
	}
	return nil
}

func because(d *iam.Decision) string {
	out := ""
	if d.By.Layer != "" {
		out = fmt.Sprintf(" by %s", d.By.Layer)
	}
	if d.By.Policy != "" {
		out += fmt.Sprintf(" policy %s", d.By.Policy)
	}
	if d.By.Statement != "" {
		out += fmt.Sprintf(", statement %s", d.By.Statement)
	}
	if d.Missing != "" {
		out += ": " + d.Missing
	}
	return out
}

// request is one of the holder's, with what bounds it from outside.
func (p *pipeline) request(h *synth.Holder, action iam.Action, resource iam.ARN) *eval.Input {
	in := &eval.Input{Request: iam.Request{
		Principal: iam.Principal{Type: iam.PrincipalAWS, Value: string(h.Role.ARN)}, Action: action, Resource: resource, Unknown: []string{"*"},
	}}
	if parts, ok := resource.Split(); ok && parts.Region != "" {
		in.Request.Context = in.Request.Context.Set("aws:RequestedRegion", parts.Region)
	}
	if m := h.Account.Managed[h.Role.Boundary]; m != nil && m.Document != nil {
		in.Boundary = []eval.Named{{Name: m.Name, Policy: m.Document}}
	}
	in.Resource = p.resourcePolicy(h, resource)
	if levels, known := p.org.SCPs(h.Account.ID); known {
		for _, level := range levels {
			var list []eval.Named
			for _, c := range level {
				list = append(list, eval.Named{Name: c.Name, Policy: c.Document})
			}
			in.SCPs = append(in.SCPs, list)
		}
	}
	return in
}

// resourcePolicy is the resource's own policy, and for one that is not in the
// snapshot one that leaves it to the role's account, as a KMS key's default
// policy does.
//
// Source: KMS Developer Guide, "Default key policy".
func (p *pipeline) resourcePolicy(h *synth.Holder, resource iam.ARN) *eval.Named {
	if known := p.org.ResourceBased[resource]; known != nil {
		return &eval.Named{Name: string(resource), Policy: known}
	}
	root := "arn:" + h.Role.ARN.Partition() + ":iam::" + h.Account.ID + ":root"
	return &eval.Named{Name: "(not in the snapshot)", Policy: &iam.Policy{Version: iam.Version2012, Statements: []iam.Statement{{
		Effect: iam.Allow, Principal: &iam.Principals{Values: []iam.Principal{{Type: iam.PrincipalAWS, Value: root}}},
		Action: []iam.Pattern{"*"}, Resource: []iam.Pattern{"*"},
	}}}}
}

func anyMatch(patterns []iam.Pattern, resource iam.ARN) bool {
	for _, p := range patterns {
		if p.MatchARN(resource) {
			return true
		}
	}
	return false
}

func matches(s *iam.Statement, action iam.Action, resource iam.ARN) bool {
	hit := false
	for _, p := range append(append([]iam.Pattern{}, s.Action...), s.NotAction...) {
		hit = hit || p.MatchAction(action)
	}
	if hit == (s.NotAction != nil) {
		return false
	}
	return resource == "" || s.Resource == nil || anyMatch(s.Resource, resource)
}

func stillGranted(p *iam.Policy, action iam.Action, resource iam.ARN) bool {
	for i := range p.Statements {
		if p.Statements[i].Effect == iam.Allow && matches(&p.Statements[i], action, resource) {
			return true
		}
	}
	return false
}
