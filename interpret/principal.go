package interpret

import (
	"strings"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// Principal is who made a call: the role for a session, not the session.
type Principal struct {
	ARN     iam.ARN `json:"arn"`
	ID      string  `json:"id"` // AROA…, AIDA…
	Account string  `json:"account"`
	Kind    string  `json:"kind"`          // role, permission_set, service_linked, user, root, service, account, federated, anonymous, unknown
	How     string  `json:"how,omitempty"` // of a role's session: saml, irsa, github_oidc, web_identity; "" if it does not show
}

// principalOf reads userIdentity.
//
// Source: CloudTrail User Guide, "CloudTrail userIdentity element".
func principalOf(o *trail.Observation) Principal {
	id := &o.Identity
	p := Principal{ARN: iam.ARN(id.ARN), ID: id.ID, Account: id.Account, Kind: "unknown"}
	if p.Account == "" {
		p.Account = p.ARN.Account()
	}
	switch id.Type {
	case "AssumedRole", "Role":
		return roleOf(id, p)
	case "IAMUser":
		p.Kind = "user"
	case "Root":
		p.Kind = "root"
	case "AWSService":
		p.Kind, p.ARN, p.ID = "service", "", id.InvokedBy
	case "AWSAccount":
		p.Kind = "account"
		if p.Account == "ANONYMOUS_PRINCIPAL" || p.Account == "anonymous" {
			p.Kind, p.Account = "anonymous", ""
		}
	case "":
		if id.InvokedBy != "" { // AWS itself, as it keeps replicas of keys
			p.Kind, p.ID = "service", id.InvokedBy
		}
	case "FederatedUser", "SAMLUser", "WebIdentityUser", "IdentityCenterUser", "Directory":
		p.Kind = "federated"
	}
	return p
}

func roleOf(id *trail.Identity, p Principal) Principal {
	p.Kind = "role"
	if id.IssuerARN != "" {
		p.ARN, p.ID = iam.ARN(id.IssuerARN), id.IssuerID
	} else if account, name, ok := p.ARN.SessionIssuer(); ok {
		p.ARN = iam.ARNParts{Partition: p.ARN.Partition(), Service: "iam", Account: account, Resource: "role/" + name}.ARN()
	}
	parts, _ := p.ARN.Split()
	if id.Account == "" {
		p.Account = parts.Account
	}
	switch name := parts.Resource[strings.LastIndexByte(parts.Resource, '/')+1:]; {
	case strings.HasPrefix(parts.Resource, "role/aws-service-role/"):
		p.Kind = "service_linked"
	case strings.HasPrefix(name, "AWSReservedSSO_"):
		p.Kind = "permission_set"
	}
	p.How = howOf(id.Provider)
	return p
}

// howOf says how a role's session came to be, by the provider that stands in it.
// Sessions of EKS Pod Identity and of Roles Anywhere have none.
//
// Source: EKS User Guide, "IAM roles for service accounts"
// (oidc.eks.REGION.amazonaws.com/id/…); IAM User Guide, "Create a role for OpenID
// Connect federation", GitHub (token.actions.githubusercontent.com).
func howOf(provider string) string {
	switch {
	case provider == "":
		return ""
	case strings.Contains(provider, ":saml-provider/"):
		return "saml"
	case strings.Contains(provider, "oidc.eks."), strings.Contains(provider, "oidc.eks-"):
		return "irsa"
	case strings.Contains(provider, "token.actions.githubusercontent.com"):
		return "github_oidc"
	}
	return "web_identity"
}
