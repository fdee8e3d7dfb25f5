package main

// allRoles are the roles of the sample, each with its story. The order is that
// of the README.
func allRoles() []*role {
	roles := []*role{
		ordersAPI(), githubDeploy(), ecsDeployer(), ecsTaskExecution_(), mediaThumbnailer(), monthEndClose(),
		legacyImporter(), catalogReader(), catalogWriter(), partnerETL(), settlement(), searchIndexer(), searchIndexerBefore(),
		reportUploader(), orderNotifier(), vendorObservability(), auditReader(), integrationTests(), billingReport(), caseIntake(),
		organizationsRole(),
	}
	roles = append(roles, shopDevelopers()...)
	roles = append(roles, fleetInventory()...)
	return append(roles, accountAccess()...)
}

// Agents as the SDKs announce themselves.
const (
	goAgent     = "aws-sdk-go-v2/1.39.2 os/linux lang/go#1.25.1 md/GOARCH#arm64"
	pythonAgent = "Boto3/1.40.18 md/Botocore#1.40.18 ua/2.1 os/linux#5.10.244 lang/python#3.13.7 exec-env/AWS_Lambda_python3.13"
	nodeAgent   = "aws-sdk-js/3.879.0 ua/2.1 os/linux#5.10.244 lang/js md/nodejs#22.19.0 exec-env/AWS_Lambda_nodejs22.x"
	cliAgent    = "aws-cli/2.28.21 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0 lang/python#3.13.7"
	tfAgent     = "APN/1.0 HashiCorp/1.0 Terraform/1.11.4 (+https://www.terraform.io) terraform-provider-aws/6.12.0"
)

// taskSession is a container's session; functionSession a function's.
func taskSession() session {
	return session{name: "$(hex:32)", ip: "10.40.$(int:1:3).$(int:4:250)", agent: goAgent, hours: 24}
}

func functionSession(name, agent string) session {
	return session{name: name, ip: "18.203.$(int:64:127).$(int:1:254)", agent: agent, hours: 24}
}
