package interpret

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// carried are the parameters that hold the ARN of something that the service
// reads with the caller's permissions.
//
// Source: Aurora User Guide, "Authorizing access to the RDS Data API"; Redshift
// Management Guide, "Authorizing access to the Amazon Redshift Data API";
// Lambda Developer Guide, "Layer access" (CreateFunction and
// UpdateFunctionConfiguration).
var carried = []struct {
	prefix, event, path string // event is the start of its name
	action              iam.Action
}{
	{"rds-data", "", "secretArn", "secretsmanager:GetSecretValue"},
	{"redshift-data", "", "secretArn", "secretsmanager:GetSecretValue"},
	{"lambda", "CreateFunction", "layers[]", "lambda:GetLayerVersion"},
	{"lambda", "UpdateFunctionConfiguration", "layers[]", "lambda:GetLayerVersion"},
}

// byParameter adds the actions on what the parameters of [carried] hold.
func byParameter(f *trail.Fact, prefix string, add adder) {
	for _, c := range carried {
		if prefix != c.prefix || !strings.HasPrefix(f.EventName, c.event) {
			continue
		}
		for _, value := range f.Get(c.path) {
			if strings.HasPrefix(value, "arn:") {
				add(c.action, iam.Escape(value))
			}
		}
	}
}

// parameter gives the values at a path of the SDK's request. EC2 logs some
// requests inside a parameter called after the operation.
func parameter(f *trail.Fact, path string) []string {
	if values := f.Get(path); len(values) > 0 {
		return values
	}
	return f.Get(f.EventName + "Request." + path)
}

// taggedTypes gives, for a call of EC2 that creates with tags, any resource of
// each type that the request tags; "*" where it names none.
//
// Source: EC2 User Guide, "Grant permission to tag Amazon EC2 resources during
// creation"; EC2 API Reference, TagSpecification, ResourceType.
func (in *Interpreter) taggedTypes(f *trail.Fact) []iam.Pattern {
	action, ok := in.catalog.Action("ec2:CreateTags")
	if !ok {
		return nil
	}
	empty := resolver{catalog: in.catalog, fact: &trail.Fact{Region: f.Region, Account: f.Account, EventSource: f.EventSource}}
	var out []iam.Pattern
	for _, p := range f.Params {
		if !strings.EqualFold(catalog.LastName(p.Path), "resourceType") {
			continue
		}
		for _, t := range action.Resources {
			if t.Name == p.Value {
				pattern, _, _ := empty.fill(t)
				out = append(out, pattern)
			}
		}
	}
	if len(out) == 0 {
		return []iam.Pattern{"*"}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
