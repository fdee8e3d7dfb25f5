package diff

import (
	"slices"
	"strings"
)

// documents names, for a resource type, the property that holds a policy.
//
// Source: CloudFormation Template Reference, "AWS resource and property types
// reference".
var documents = map[string]struct{ property, kind string }{
	"AWS::IAM::Policy":                    {"PolicyDocument", "identity"},
	"AWS::IAM::ManagedPolicy":             {"PolicyDocument", "identity"},
	"AWS::IAM::RolePolicy":                {"PolicyDocument", "identity"},
	"AWS::IAM::UserPolicy":                {"PolicyDocument", "identity"},
	"AWS::IAM::GroupPolicy":               {"PolicyDocument", "identity"},
	"AWS::IAM::Role":                      {"AssumeRolePolicyDocument", "trust"},
	"AWS::Serverless::Function":           {"AssumeRolePolicyDocument", "trust"},
	"AWS::SSO::PermissionSet":             {"InlinePolicy", "identity"},
	"AWS::Organizations::Policy":          {"Content", "scp"},
	"AWS::S3::BucketPolicy":               {"PolicyDocument", "resource"},
	"AWS::S3::AccessPoint":                {"Policy", "resource"},
	"AWS::SQS::QueuePolicy":               {"PolicyDocument", "resource"},
	"AWS::SQS::QueueInlinePolicy":         {"PolicyDocument", "resource"},
	"AWS::SNS::TopicPolicy":               {"PolicyDocument", "resource"},
	"AWS::SNS::TopicInlinePolicy":         {"PolicyDocument", "resource"},
	"AWS::KMS::Key":                       {"KeyPolicy", "resource"},
	"AWS::KMS::ReplicaKey":                {"KeyPolicy", "resource"},
	"AWS::SecretsManager::ResourcePolicy": {"ResourcePolicy", "resource"},
	"AWS::ECR::Repository":                {"RepositoryPolicyText", "resource"},
	"AWS::ECR::RegistryPolicy":            {"PolicyText", "resource"},
	"AWS::EC2::VPCEndpoint":               {"PolicyDocument", "resource"},
	"AWS::IoT::Policy":                    {"PolicyDocument", "resource"},
	"AWS::EFS::FileSystem":                {"FileSystemPolicy", "resource"},
	"AWS::Backup::BackupVault":            {"AccessPolicy", "resource"},
	"AWS::Elasticsearch::Domain":          {"AccessPolicies", "resource"},
	"AWS::OpenSearchService::Domain":      {"AccessPolicies", "resource"},
	"AWS::ApiGateway::RestApi":            {"Policy", "resource"},
	"AWS::ApiGateway::DomainNameV2":       {"Policy", "resource"},
	"AWS::Logs::ResourcePolicy":           {"PolicyDocument", "resource"},
	"AWS::MediaStore::Container":          {"Policy", "resource"},
	"AWS::CodeArtifact::Domain":           {"PermissionsPolicyDocument", "resource"},
	"AWS::CodeArtifact::Repository":       {"PermissionsPolicyDocument", "resource"},
	"AWS::Lambda::LayerVersionPermission": {"Policy", "resource"},
	"AWS::Kinesis::ResourcePolicy":        {"ResourcePolicy", "resource"},
	"AWS::VpcLattice::AuthPolicy":         {"Policy", "resource"},
	"AWS::Glacier::Vault":                 {"AccessPolicy", "resource"},
	"AWS::Schemas::RegistryPolicy":        {"Policy", "resource"},
	"AWS::Serverless::Api":                {"Policy", "resource"},
}

// kindOf says what kind of policy stands at a path of the resource, and
// whether the type is known to hold one there.
func (w *walk) kindOf(path string) (kind string, known bool) {
	d, ok := documents[w.kind]
	if ok && path == "/"+d.property {
		if d.kind == "scp" && !isAccessPolicy(textOfNode(w.properties.get("Type"))) {
			return d.kind, false
		}
		if w.kind == "AWS::IAM::ManagedPolicy" && w.bounds() {
			return "boundary", true
		}
		return d.kind, true
	}
	switch {
	case strings.HasSuffix(path, "/AssumeRolePolicyDocument"):
		return "trust", false
	case strings.HasSuffix(w.kind, "::Organizations::Policy"):
		return "scp", false
	case strings.HasPrefix(w.kind, "AWS::") && !strings.HasPrefix(w.kind, "AWS::IAM::") && !strings.HasPrefix(w.kind, "AWS::SSO::") && !takesSAMPolicies(w.kind) && w.kind != "AWS::CloudFormation::CustomResource":
		return "resource", false
	}
	return "identity", false
}

// isAccessPolicy: other types of policy of an organisation are no access
// policies; a type that is not told may be one.
//
// Source: CloudFormation Template Reference, AWS::Organizations::Policy, Type.
func isAccessPolicy(kind string) bool {
	return kind == "" || strings.Contains(kind, "CONTROL_POLICY") || strings.Contains(kind, "${")
}

// bounds: the managed policy is the permissions boundary of some resource and
// attached to none.
func (w *walk) bounds() bool {
	if len(w.holders()) > 0 {
		return false
	}
	return slices.ContainsFunc(w.resources.members, func(m member) bool {
		b := m.value.get("Properties").get("PermissionsBoundary")
		return b != nil && slices.Contains(b.refs, "${"+w.logical+"}")
	})
}

// holders lists who holds a policy of the resource: the role itself, the roles
// it names, or those that name it.
func (w *walk) holders() []string {
	switch {
	case w.kind == "AWS::IAM::Role":
		return []string{w.roleName(w.logical)}
	case takesSAMPolicies(w.kind):
		return []string{samRole(w.logical)}
	}
	roles := []string{}
	for _, property := range []string{"Roles", "RoleName"} {
		for _, r := range w.properties.get(property).list() {
			roles = append(roles, w.roleOf(r))
		}
	}
	if w.kind == "AWS::IAM::ManagedPolicy" {
		roles = append(roles, w.attached()...)
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// roleOf is the name of a role that a policy names.
func (w *walk) roleOf(r *node) string {
	if name := strings.TrimSuffix(strings.TrimPrefix(r.text, "${"), "}"); name != r.text && w.resources.get(name) != nil {
		return w.roleName(name)
	}
	return r.text
}

// attached lists the roles that name the managed policy.
func (w *walk) attached() []string {
	var roles []string
	for _, m := range w.resources.members {
		properties := m.value.get("Properties")
		for _, list := range []struct{ property, role string }{{"ManagedPolicyArns", w.roleName(m.key)}, {"Policies", samRole(m.key)}} {
			sam := takesSAMPolicies(textOfNode(m.value.get("Type")))
			if sam != (list.property == "Policies") {
				continue
			}
			for _, arn := range properties.get(list.property).list() {
				if slices.Contains(arn.references(""), "${"+w.logical+"}") {
					roles = append(roles, list.role)
				}
			}
		}
	}
	return roles
}

// roleName is the role's RoleName, else what CloudFormation makes of its
// logical ID: stack, logical ID, random.
func (t *template) roleName(logical string) string {
	properties := t.resources.get(logical).get("Properties")
	if n := properties.get("RoleName"); n != nil && n.kind != opaque {
		return n.text
	}
	return "*-" + logical + "-*"
}
