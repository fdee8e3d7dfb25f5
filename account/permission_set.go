package account

import "github.com/pruner/pruner/iam"

// PermissionSet is an IAM Identity Center permission set.
type PermissionSet struct {
	Name     string
	ARN      string
	Inline   *iam.Policy // nil if none
	Attached []iam.ARN
	Customer []CustomerReference
	Accounts []string // where it is provisioned
}

// CustomerReference is a customer-managed policy that a permission set attaches
// in every account, by name and path.
type CustomerReference struct{ Name, Path string }

type setData struct {
	Name                            string
	PermissionSetArn                string
	InlinePolicy                    document
	AttachedManagedPolicies         []struct{ Arn iam.ARN }
	CustomerManagedPolicyReferences []CustomerReference
	Accounts                        []string
}

// loadPermissionSets reads what the CLI's sso-admin calls print, joined by set.
func (o *Organization) loadPermissionSets(dir string) error {
	const file = "permission-sets.json"
	var data []setData
	if _, err := o.read(dir, file, "permission sets are not known", &data); err != nil {
		return err
	}
	for _, d := range data {
		p := PermissionSet{
			Name: d.Name, ARN: d.PermissionSetArn, Customer: d.CustomerManagedPolicyReferences, Accounts: d.Accounts,
			Inline: reader{o, file}.document(d.InlinePolicy, "the inline policy of permission set "+d.Name),
		}
		for _, m := range d.AttachedManagedPolicies {
			p.Attached = append(p.Attached, m.Arn)
		}
		o.PermissionSets = append(o.PermissionSets, p)
	}
	return nil
}

// loadResourcePolicies reads the resource policies, which are optional: none
// is not worth naming, as only explanations rest on them.
func (o *Organization) loadResourcePolicies(dir string) error {
	const file = "resource-policies.json"
	data := map[iam.ARN]document{}
	noted := len(o.Missing)
	there, err := o.read(dir, file, "", &data)
	if err != nil {
		return err
	}
	if !there {
		o.Missing = o.Missing[:noted]
	}
	o.ResourceBased = map[iam.ARN]*iam.Policy{}
	for _, arn := range sortedKeys(data) {
		o.ResourceBased[arn] = reader{o, file}.document(data[arn], "the resource policy of "+string(arn))
	}
	return nil
}
