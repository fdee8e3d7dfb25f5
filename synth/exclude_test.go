package synth

import (
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/eval"
	"github.com/pruner/pruner/iam"
)

// unloggedOnly is a document that allows what is never recorded, and no more.
func unloggedOnly(old *iam.Policy) *iam.Policy {
	var stay, gone []iam.Action
	for _, a := range testCatalog.Actions() {
		if a.Logged == catalog.ManagementEvent || matchesAny(old.Statements[0].NotAction, a.Name) {
			gone = append(gone, a.Name)
		} else {
			stay = append(stay, a.Name)
		}
	}
	p := clonePolicy(old)
	p.Statements[0].NotAction, p.Statements[0].Action = nil, spell("*", stay, gone)
	return p
}

// TestExcluded: what can be merged to no list that fits is granted by exclusion:
// within the quota and the old grant, nothing of what stays is lost, what can go
// goes by weight, and another run changes nothing.
func TestExcluded(t *testing.T) {
	s := quotaSynthesizer()
	for name, text := range map[string]string{
		"all":     `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Deny","Action":"ec2:*","Resource":"*"},{"Sid":"All","Effect":"Allow","Action":"*","Resource":"*"}]}`,
		"but one": `{"Version":"2012-10-17","Statement":[{"Sid":"All","Effect":"Allow","NotAction":"iam:*","Resource":"*"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			old := parsed(t, text)
			last := len(old.Statements) - 1
			smaller := clonePolicy(old)
			only := unloggedOnly(&iam.Policy{Statements: old.Statements[last:]})
			smaller.Statements[last] = only.Statements[0]
			got := s.fitted(old, smaller, 6144)
			if size := eval.Size(got); size > 6144 || got.Statements[last].NotAction == nil || !s.contained(old, got) {
				t.Fatalf("%d characters, contained %t: %+v", size, s.contained(old, got), got.Statements[last].Action)
			}
			after := folded(Granted(s.catalog, &got.Statements[last]))
			for _, a := range Granted(s.catalog, &smaller.Statements[last]) {
				if _, found := slices.BinarySearch(after, string(a.Fold())); !found {
					t.Errorf("%s is lost", a)
				}
			}
			before := s.weight(&iam.Policy{Statements: old.Statements[last:]})
			if now := s.weight(&iam.Policy{Statements: got.Statements[last:]}); 4*now > 3*before {
				t.Errorf("weight %d of %d stays", now, before)
			}
			if again := s.fitted(got, smaller, 6144); !samePolicy(again, got) {
				t.Error("another run changes it again")
			}
		})
	}
}

// TestExcludedOnlyWhereAllIsGranted: a statement that names what it grants, or of
// which the old document has none, does not become an exclusion; one to which
// nothing is to be added neither.
func TestExcludedOnlyWhereAllIsGranted(t *testing.T) {
	s := quotaSynthesizer()
	const all = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::a"}]}`
	for name, c := range map[string]struct{ old, smaller string }{
		"named":              {everyQueue, everyQueue},
		"on other resources": {all, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}`},
		"with a condition":   {all, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:s3:::a","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}`},
		"no room":            {all, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:s3:::a"}]}`},
	} {
		limit := 6144
		if name == "no room" {
			limit = 60
		}
		if got, _ := s.excluded(parsed(t, c.old), parsed(t, c.smaller), limit); got != nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestAdministratorWithoutLastAccessed: who is granted everything, and of whom
// IAM says nothing of its services, loses what is heaviest all the same. What is
// used stays, and what cannot be seen; the next run changes nothing.
func TestAdministratorWithoutLastAccessed(t *testing.T) {
	sc := newScenario(t, txtar.Parse([]byte(`
-- roles/app/attached --
all
-- managed/all.json --
{"Version":"2012-10-17","Statement":[{"Sid":"All","Effect":"Allow","Action":"*","Resource":"*"}]}
-- events --
app ecs ListClusters 1-90
app iam CreateRole 1-90 roleName=r
-- stay --
app ecs:ListClusters *
app iam:CreateRole arn:aws:iam::111122223333:role/r
app iam:DeleteRole arn:aws:iam::111122223333:role/r
app s3:GetObject arn:aws:s3:::b/k
-- gone --
app iam:AttachUserPolicy arn:aws:iam::111122223333:user/u
app iam:AttachRolePolicy arn:aws:iam::111122223333:role/r
`)))
	sc.check(t, false)
	in := sc.inputs(t)
	p := sc.propose(t, in)[0]
	back := 0
	for _, f := range p.Findings {
		if f.Finding == Kept && strings.HasPrefix(f.Reason, "nothing keeps it") {
			back++
		}
	}
	if back == 0 {
		t.Error("no finding tells of what came back")
	}
	if n := fixedPoint(t, 0, in, p); n != 1 {
		t.Errorf("%d policies changed, want one", n)
	}
}
