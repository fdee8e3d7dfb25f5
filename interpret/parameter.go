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
// UpdateFunctionConfiguration); Secrets Manager API Reference, RotateSecret:
// "You also need lambda:InvokeFunction permissions on the rotation function."
var carried = []carrying{
	{"rds-data", "", "secretArn", "secretsmanager:GetSecretValue"},
	{"redshift-data", "", "secretArn", "secretsmanager:GetSecretValue"},
	{"secretsmanager", "RotateSecret", "rotationLambdaARN", "lambda:InvokeFunction"},
	{"lambda", "CreateFunction", "layers[]", "lambda:GetLayerVersion"},
	{"lambda", "UpdateFunctionConfiguration", "layers[]", "lambda:GetLayerVersion"},
}

// carrying is a parameter of a service's events that carries an ARN, and the
// action on it.
type carrying struct {
	prefix, event, path string // event is the start of its name
	action              iam.Action
}

func (c *carrying) by(prefix, event string) bool {
	return prefix == c.prefix && strings.HasPrefix(event, c.event)
}

// byParameter adds the actions on what the parameters of [carried] hold.
func byParameter(f *trail.Fact, prefix string, add adder) {
	for _, c := range carried {
		if !c.by(prefix, f.EventName) {
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
func (r *resolver) parameter(path string) []string {
	if path == "" {
		return nil
	}
	if values := r.fact.Get(path); len(values) > 0 {
		return values
	}
	return r.fact.Get(r.fact.EventName + "Request." + path)
}

// keyImplied covers what a call on KMS keys needs beside its own action: the
// policy that a new key is given, the replica that is a new key, and the
// replica that becomes the primary key.
//
// Source: KMS Developer Guide, "AWS KMS permissions" (CreateKey with a policy),
// "Controlling access to multi-Region keys" (ReplicateKey,
// UpdatePrimaryRegion).
func keyImplied(r *resolver, add adder) {
	switch r.fact.EventName {
	case "CreateKey":
		if first(r.fact, "policy") != "" {
			add("kms:PutKeyPolicy", "*")
		}
	case "ReplicateKey":
		add("kms:CreateKey", "*")
		if r.tags {
			add("kms:TagResource", "*")
		}
	}
}

// secretImplied covers what a call on secrets needs beside its own action.
//
// Source: Secrets Manager API Reference, CreateSecret and BatchGetSecretValue,
// "Required permissions".
func secretImplied(r *resolver, primary []iam.Call, add adder) {
	switch r.fact.EventName {
	case "CreateSecret":
		if len(r.fact.Get("addReplicaRegions[].region")) > 0 {
			add("secretsmanager:ReplicateSecretToRegions", primary[0].Resources[0])
		}
	case "BatchGetSecretValue":
		action, ok := r.interpreter.catalog.Action("secretsmanager:GetSecretValue")
		for _, id := range r.fact.Get("secretIdList[]") {
			if !ok {
				return
			}
			one := resolver{interpreter: r.interpreter, fact: r.bare()}
			one.fact.Params = []trail.Param{{Path: "secretId", Value: id}}
			one.index()
			for _, p := range one.resources(action) {
				add(action.Name, p)
			}
		}
	}
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
	empty := resolver{interpreter: in, fact: &trail.Fact{Region: f.Region, Account: f.Account, EventSource: f.EventSource}}
	var out []iam.Pattern
	for _, p := range f.Params {
		if !strings.EqualFold(catalog.LastName(p.Path), "resourceType") {
			continue
		}
		for _, t := range action.Resources {
			if t.Name == p.Value {
				out = append(out, empty.fill(t, 0).pattern)
			}
		}
	}
	if len(out) == 0 {
		return []iam.Pattern{"*"}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
