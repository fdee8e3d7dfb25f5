package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/synth"
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
	p, err := a.judge(ctx)
	if err != nil {
		return err
	}
	known, ok := p.catalog.Action(action)
	if !ok {
		return usageError("explain: the catalog knows no action %q", action)
	}
	chosen, err := p.choose(role, accountID)
	if err != nil {
		return err
	}
	for _, c := range chosen {
		if err := a.explainOne(p, c.holder, c.result, known.Name, resource); err != nil {
			return err
		}
	}
	return nil
}

// explainOne prints, for one role: which statement grants it, what was seen,
// and what becomes of it.
func (a *app) explainOne(p *pipeline, h *synth.Holder, r *result, action iam.Action, resource iam.ARN) error {
	fmt.Fprintf(a.out, "%s: %s", h.Role.ARN, action)
	if resource != "" {
		fmt.Fprintf(a.out, " on %q", string(resource))
	}
	fmt.Fprintln(a.out)
	for _, c := range h.Policies {
		if c.Document == nil {
			continue
		}
		if err := a.explainPolicy(p, c, h, action, resource); err != nil {
			return err
		}
	}
	seen := false
	for i := range h.Uses {
		u := &h.Uses[i]
		if !u.Call.Action.Equal(action) || resource != "" && !anyMatch(u.Call.Resources, resource) {
			continue
		}
		seen = true
		fmt.Fprintf(a.out, "  seen on %d days, %s to %s, %s, on %q (event %s)\n", len(u.Days),
			u.Evidence.First.Format("2006-01-02"), u.Evidence.Last.Format("2006-01-02"), u.Call.Kind, u.Call.Resources, u.Evidence.EventID)
	}
	if !seen {
		fmt.Fprintln(a.out, "  not seen in any log that was read")
	}
	return nil
}

func anyMatch(patterns []iam.Pattern, resource iam.ARN) bool {
	for _, p := range patterns {
		if p.MatchARN(resource) {
			return true
		}
	}
	return false
}

// explainPolicy says what one policy grants of it, before and after.
func (a *app) explainPolicy(p *pipeline, c *synth.PolicyChange, h *synth.Holder, action iam.Action, resource iam.ARN) error {
	for i := range c.Document.Statements {
		s := &c.Document.Statements[i]
		if !matches(s, action, resource) {
			continue
		}
		name := s.Sid
		if name == "" {
			name = fmt.Sprintf("#%d", i)
		}
		after := "stays"
		if c.New == nil || !stillGranted(c.New, action, resource) {
			after = "goes"
		}
		fmt.Fprintf(a.out, "  policy %s, statement %s (%s): %s\n", c.Name, name, s.Effect, after)
	}
	if resource == "" {
		return nil
	}
	set, err := p.engine.Compile([]eval.Named{{Name: c.Name, Policy: c.Document}})
	if err != nil {
		return err
	}
	d := set.Decide(&iam.Request{Principal: iam.Principal{Type: iam.PrincipalAWS, Value: string(h.Role.ARN)}, Action: action, Resource: resource, Unknown: []string{"*"}})
	fmt.Fprintf(a.out, "  policy %s decides: %s %s\n", c.Name, d.Outcome, d.Missing)
	return nil
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
