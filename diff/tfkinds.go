package diff

// policyAttribute is an attribute of a resource that holds a policy.
type policyAttribute struct{ name, kind string }

// policyAttributes names, for a resource type, the attribute that holds a
// policy and the policy's kind.
//
// Source: Terraform AWS provider, the page of each resource.
var policyAttributes = map[string]policyAttribute{
	"aws_iam_role_policy":                       {"policy", "identity"},
	"aws_iam_policy":                            {"policy", "identity"},
	"aws_iam_user_policy":                       {"policy", "identity"},
	"aws_iam_group_policy":                      {"policy", "identity"},
	"aws_ssoadmin_permission_set_inline_policy": {"inline_policy", "identity"},
	"aws_iam_role":                              {"assume_role_policy", "trust"},
	"aws_organizations_policy":                  {"content", "scp"},
}

// resourcePolicies names the attributes that hold resource policies, by the
// resource types that have one of that name.
var resourcePolicies = map[string][]string{
	"policy": {
		"aws_acmpca_policy", "aws_api_gateway_rest_api", "aws_api_gateway_rest_api_policy", "aws_backup_vault_policy",
		"aws_cloudwatch_event_bus_policy", "aws_ecr_registry_policy", "aws_ecr_repository_policy",
		"aws_ecrpublic_repository_policy", "aws_efs_file_system_policy", "aws_glue_resource_policy",
		"aws_kinesis_resource_policy", "aws_kms_external_key", "aws_kms_key", "aws_kms_key_policy", "aws_kms_replica_external_key",
		"aws_kms_replica_key", "aws_media_store_container_policy", "aws_msk_cluster_policy", "aws_networkfirewall_resource_policy",
		"aws_redshiftserverless_resource_policy", "aws_s3_access_point", "aws_s3_bucket", "aws_s3_bucket_policy",
		"aws_s3control_access_point_policy", "aws_s3control_bucket_policy", "aws_s3control_object_lambda_access_point_policy",
		"aws_s3_directory_bucket_policy", "aws_schemas_registry_policy", "aws_secretsmanager_secret", "aws_secretsmanager_secret_policy",
		"aws_ses_identity_policy", "aws_sesv2_email_identity_policy", "aws_sns_topic", "aws_sns_topic_policy", "aws_sqs_queue",
		"aws_sqs_queue_policy", "aws_vpc_endpoint", "aws_vpc_endpoint_policy", "aws_vpclattice_auth_policy",
		"aws_vpclattice_resource_policy",
	},
	"policy_document": {
		"aws_cloudwatch_log_destination_policy", "aws_cloudwatch_log_resource_policy", "aws_codeartifact_domain_permissions_policy",
		"aws_codeartifact_repository_permissions_policy", "aws_xray_resource_policy",
	},
	"access_policy": {"aws_cloudsearch_domain_service_access_policy", "aws_cloudwatch_log_destination_policy", "aws_glacier_vault"},
	"access_policies": {
		"aws_elasticsearch_domain", "aws_elasticsearch_domain_policy", "aws_opensearch_domain", "aws_opensearch_domain_policy",
	},
	"resource_policy":   {"aws_codebuild_resource_policy", "aws_dynamodb_resource_policy", "aws_sagemaker_model_package_group_policy"},
	"content":           {"aws_organizations_resource_policy"},
	"repository_policy": {"aws_ecr_repository_creation_template"},
}

// attributesOf lists the attributes of a resource type that hold a policy.
func attributesOf(kind string) []policyAttribute {
	if a, ok := policyAttributes[kind]; ok {
		return []policyAttribute{a}
	}
	return resourceAttributes[kind]
}

var resourceAttributes = func() map[string][]policyAttribute {
	out := map[string][]policyAttribute{}
	for _, attribute := range sortedNames(resourcePolicies) {
		for _, kind := range resourcePolicies[attribute] {
			out[kind] = append(out[kind], policyAttribute{attribute, "resource"})
		}
	}
	return out
}()

// controls: the organisation policy is one of permissions. Tag, backup and
// other policies are written in another language.
func (m *tfModule) controls(b *tfBlock) bool {
	a := b.block.Body.Attributes["type"]
	if a == nil {
		return true
	}
	n := m.value(b.file, a.Expr)
	return !n.exact || n.text == "SERVICE_CONTROL_POLICY" || n.text == "RESOURCE_CONTROL_POLICY"
}
