package interpret

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
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
func (r *resolver) byParameter() {
	for i := range r.plan.carried {
		c := &r.plan.carried[i]
		for _, value := range r.fact.Get(c.path) {
			if strings.HasPrefix(value, "arn:") {
				r.add(c.action, iam.Escape(value))
			}
		}
	}
}

// parameter gives the values at a path of the SDK's request, or for "any:Name"
// those of every parameter of the name. EC2 logs some requests inside a
// parameter called after the operation.
func (r *resolver) parameter(path string) []string {
	if path == "" {
		return nil
	}
	if name, ok := strings.CutPrefix(path, "any:"); ok {
		var values []string
		for _, p := range r.fact.Params {
			if strings.EqualFold(catalog.LastName(p.Path), name) {
				values = append(values, p.Value)
			}
		}
		return values
	}
	if values := r.fact.Get(path); len(values) > 0 {
		return values
	}
	return r.fact.Get(r.fact.EventName + "Request." + path)
}

// keyRule covers what a call on KMS keys needs beside its own action: the
// policy that a new key is given, the replica that is a new key, and the
// replica that becomes the primary key.
//
// Source: KMS Developer Guide, "AWS KMS permissions" (CreateKey with a policy),
// "Controlling access to multi-Region keys" (ReplicateKey,
// UpdatePrimaryRegion).
func keyRule(f *form) rule {
	switch f.name {
	case "CreateKey":
		return func(r *resolver) {
			if first(r.fact, "policy") != "" {
				r.add("kms:PutKeyPolicy", "*")
			}
		}
	case "ReplicateKey":
		return func(r *resolver) {
			r.add("kms:CreateKey", "*")
			if r.plan.tags {
				r.add("kms:TagResource", "*")
			}
		}
	}
	return nil
}

// secretRule covers what a call on secrets needs beside its own action.
//
// Source: Secrets Manager API Reference, CreateSecret and BatchGetSecretValue,
// "Required permissions".
func secretRule(f *form) rule {
	switch f.name {
	case "CreateSecret":
		if f.has("addReplicaRegions[].region") {
			return func(r *resolver) { r.also("secretsmanager:ReplicateSecretToRegions") }
		}
	case "BatchGetSecretValue":
		return readSecrets
	}
	return nil
}

// readSecrets adds the read of each secret of a list of names and ARNs.
func readSecrets(r *resolver) {
	f := r.fact
	whole := iam.Pattern(iam.ARNParts{Partition: partition(f.Region), Service: "secretsmanager", Region: f.Region, Account: f.Account, Resource: "secret:"}.ARN())
	for _, id := range f.Get("secretIdList[]") {
		if strings.HasPrefix(id, "arn:") {
			r.add("secretsmanager:GetSecretValue", iam.Escape(id))
		} else if id != "" {
			r.add("secretsmanager:GetSecretValue", whole+iam.Escape(id)+madeUp)
		}
	}
}

// taggedTypes gives, for a call of EC2 that creates with tags, any resource of
// each type that the request tags; "*" where it names none.
//
// Source: EC2 User Guide, "Grant permission to tag Amazon EC2 resources during
// creation"; EC2 API Reference, TagSpecification, ResourceType.
func (r *resolver) taggedTypes() []iam.Pattern {
	action, ok := r.interpreter.catalog.Action("ec2:CreateTags")
	if !ok {
		return nil
	}
	var out []iam.Pattern
	for _, p := range r.fact.Params {
		if !strings.EqualFold(catalog.LastName(p.Path), "resourceType") {
			continue
		}
		for _, t := range action.Resources {
			if t.Name == p.Value {
				out = append(out, r.any(t))
			}
		}
	}
	if len(out) == 0 {
		return []iam.Pattern{"*"}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
