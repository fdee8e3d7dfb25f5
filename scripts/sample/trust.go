package main

import "strings"

// The trust policies of the sample, and the calls by which its roles are
// assumed.

func trustService(services ...string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":` + oneOrMany(services) +
		`},"Action":"sts:AssumeRole"}]}`
}

func trustAWS(arns ...string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":` + oneOrMany(arns) +
		`},"Action":"sts:AssumeRole"}]}`
}

func oneOrMany(values []string) string {
	if len(values) == 1 {
		return `"` + values[0] + `"`
	}
	return `["` + strings.Join(values, `","`) + `"]`
}

// assumedBy is AWS fetching the credentials for a service that runs as the
// role.
func assumedBy(service string) call {
	return call{
		Source: "sts", Name: "AssumeRole", Read: true, NoTLS: true,
		Identity: `{"type":"AWSService","invokedBy":"` + service + `"}`, IP: service, Agent: service,
		Params: `{"roleArn":"$(rolearn)","roleSessionName":"$(session)"}`,
		Response: `{"credentials":{"accessKeyId":"$(key)","sessionToken":"REDACTED","expiration":"$(time)"},` +
			`"assumedRoleUser":{"assumedRoleId":"$(roleid):$(session)","arn":"$(rolesession)"}}`,
		Resources: `{"accountId":"$(account)","type":"AWS::IAM::Role","ARN":"$(rolearn)"}`,
	}
}

// assumedFromGitHub is a workflow exchanging its token for the role's
// credentials.
func assumedFromGitHub(subject string) call {
	const provider = "arn:aws:iam::$(account):oidc-provider/token.actions.githubusercontent.com"
	return call{
		Source: "sts", Name: "AssumeRoleWithWebIdentity", Read: true,
		Identity: `{"type":"WebIdentityUser","principalId":"` + provider + `:sts.amazonaws.com:` + subject +
			`","userName":"` + subject + `","identityProvider":"` + provider + `"}`,
		Params: `{"roleArn":"$(rolearn)","roleSessionName":"$(session)","durationSeconds":3600}`,
		Response: `{"credentials":{"accessKeyId":"$(key)","sessionToken":"REDACTED","expiration":"$(time)"},` +
			`"subjectFromWebIdentityToken":"` + subject + `","assumedRoleUser":{"assumedRoleId":"$(roleid):$(session)","arn":"$(rolesession)"},` +
			`"provider":"` + provider + `","audience":"sts.amazonaws.com"}`,
		Resources: `{"accountId":"$(account)","type":"AWS::IAM::Role","ARN":"$(rolearn)"}`,
	}
}

// assumedFromIdentityCenter is a person signing in through a permission set.
func assumedFromIdentityCenter() call {
	const provider = "arn:aws:iam::$(account):saml-provider/AWSSSO_5d1f0c7be2a94b86_DO_NOT_DELETE"
	return call{
		Source: "sts", Name: "AssumeRoleWithSAML", Read: true, Agent: "aws-internal/3",
		Identity: `{"type":"SAMLUser","principalId":"q3mJ8sVd0nB1xkQZ5uYtWc7eR2o=:$(session)","userName":"$(session)","identityProvider":"q3mJ8sVd0nB1xkQZ5uYtWc7eR2o="}`,
		Params: `{"sAMLAssertionID":"_$(hex:8)-$(hex:4)-4$(hex:3)-a$(hex:3)-$(hex:12)","roleSessionName":"$(session)","durationSeconds":28800,` +
			`"roleArn":"$(rolearn)","principalArn":"` + provider + `"}`,
		Response: `{"credentials":{"accessKeyId":"$(key)","sessionToken":"REDACTED","expiration":"$(time)"},` +
			`"assumedRoleUser":{"assumedRoleId":"$(roleid):$(session)","arn":"$(rolesession)"},"subject":"$(session)","subjectType":"persistent","issuer":"https://portal.sso.us-east-1.amazonaws.com/saml/assertion","nameQualifier":"q3mJ8sVd0nB1xkQZ5uYtWc7eR2o=","audience":"https://signin.aws.amazon.com/saml"}`,
		Resources: `{"accountId":"$(account)","type":"AWS::IAM::Role","ARN":"$(rolearn)"},` +
			`{"accountId":"$(account)","type":"AWS::IAM::SAMLProvider","ARN":"` + provider + `"}`,
	}
}

// assumedByAccount is a principal of another account taking on the role.
func assumedByAccount(account, principalID string) call {
	return call{
		Source: "sts", Name: "AssumeRole", Read: true,
		Identity: `{"type":"AWSAccount","principalId":"` + principalID + `","accountId":"` + account + `"}`,
		Params:   `{"roleArn":"$(rolearn)","roleSessionName":"$(session)","durationSeconds":3600}`,
		Response: `{"credentials":{"accessKeyId":"$(key)","sessionToken":"REDACTED","expiration":"$(time)"},` +
			`"assumedRoleUser":{"assumedRoleId":"$(roleid):$(session)","arn":"$(rolesession)"}}`,
		Resources: `{"accountId":"$(account)","type":"AWS::IAM::Role","ARN":"$(rolearn)"}`,
	}
}
