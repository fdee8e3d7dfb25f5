package main

// githubDeploy is the CI role: AdministratorAccess for every branch of every
// repository of the organisation.
func githubDeploy() *role {
	const subject = "repo:acme-retail/shop:ref:refs/heads/main"
	return &role{
		Account: prod, Name: "github-deploy", Created: "2023-09-04T08:31:22+00:00",
		Description: "GitHub Actions deploys the shop",
		Trust: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::444455556666:oidc-provider/token.actions.githubusercontent.com"},` +
			`"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"},` +
			`"StringLike":{"token.actions.githubusercontent.com:sub":"repo:acme-retail/*"}}}]}`,
		Attached: []string{"arn:aws:iam::aws:policy/AdministratorAccess"},
		Session: session{
			name: "GitHubActions", ip: "20.161.$(int:16:90).$(int:1:254)", agent: cliAgent, hours: 2,
			provider: "arn:aws:iam::444455556666:oidc-provider/token.actions.githubusercontent.com",
		},
		Jobs: []job{
			{Region: mainRegion, When: office(0.7), Scales: true, Calls: []call{
				assumedFromGitHub(subject),
				look("ecr", "GetAuthorizationToken", `{}`).then(9),
				look("ecr", "BatchCheckLayerAvailability", `{"registryId":"444455556666","repositoryName":"orders-api","layerDigests":["sha256:$(hex:64)"]}`).then(2).on("AWS::ECR::Repository", repositoryARN),
				manage("ecr", "InitiateLayerUpload", `{"registryId":"444455556666","repositoryName":"orders-api"}`).then(1).on("AWS::ECR::Repository", repositoryARN),
				manage("ecr", "UploadLayerPart", `{"registryId":"444455556666","repositoryName":"orders-api","uploadId":"$(uuid)","partFirstByte":0,"partLastByte":20971519}`).then(4).on("AWS::ECR::Repository", repositoryARN),
				manage("ecr", "CompleteLayerUpload", `{"registryId":"444455556666","repositoryName":"orders-api","uploadId":"$(uuid)","layerDigests":["sha256:$(hex:64)"]}`).then(3).on("AWS::ECR::Repository", repositoryARN),
				manage("ecr", "PutImage", `{"registryId":"444455556666","repositoryName":"orders-api","imageTag":"$(hex:7)","imageManifest":"{}"}`).then(1).on("AWS::ECR::Repository", repositoryARN),
				manage("codebuild", "StartBuild", `{"projectName":"ecs-deploy","sourceVersion":"main"}`).then(6),
				look("codebuild", "BatchGetBuilds", `{"ids":["ecs-deploy:$(uuid)"]}`).then(30),
			}},
			{Region: mainRegion, When: office(0.5), Calls: []call{
				assumedFromGitHub(subject),
				look("cloudformation", "DescribeStacks", `{"stackName":"media"}`).then(4),
				manage("cloudformation", "CreateChangeSet", `{"stackName":"media","changeSetName":"deploy-$(c=hex:7)","changeSetType":"UPDATE","capabilities":["CAPABILITY_NAMED_IAM"],"templateURL":"https://s3.eu-west-1.amazonaws.com/acme-deploy-artifacts/media/$(c).yaml"}`).then(3),
				look("cloudformation", "DescribeChangeSet", `{"stackName":"media","changeSetName":"deploy-$(hex:7)"}`).then(8),
				manage("cloudformation", "ExecuteChangeSet", `{"stackName":"media","changeSetName":"deploy-$(hex:7)"}`).then(2),
				manage("lambda", "UpdateFunctionCode20150331v2", `{"functionName":"media-thumbnailer","s3Bucket":"acme-deploy-artifacts","s3Key":"media/$(hex:12).zip","publish":false,"dryRun":false}`).then(12),
			}},
			// Terraform looks at the roles of the account on every plan, and made the
			// changes that the other stories tell of.
			{Region: home, When: office(1), Calls: []call{
				look("iam", "GetRole", `{"roleName":"$(pick:orders-api|ecs-deployer|catalog-reader|partner-etl)"}`),
				look("iam", "ListRolePolicies", `{"roleName":"$(pick:orders-api|ecs-deployer|catalog-reader|partner-etl)"}`).then(1),
				look("iam", "ListAttachedRolePolicies", `{"roleName":"$(pick:orders-api|ecs-deployer|catalog-reader|partner-etl)"}`).then(1),
			}},
			{Region: home, When: at("2026-08-01T12:02:08Z"), Calls: recreation()},
			{Region: home, When: at("2026-10-09T09:03:40Z"), Calls: []call{
				manage("iam", "CreatePolicyVersion", `{"policyArn":"arn:aws:iam::444455556666:policy/report-uploader","policyDocument":`+quoted(reportUploaderPolicy)+`,"setAsDefault":true}`).
					answered(`{"policyVersion":{"versionId":"v3","isDefaultVersion":true,"createDate":"Oct 9, 2026 9:03:40 AM"}}`),
			}},
		},
		Unlogged: []string{"s3"},
		Granted:  []string{"*"},
		Truth: truth{
			Story: "The CI role: AdministratorAccess, assumed by GitHub Actions through OIDC, with a trust policy that admits every repository of the organisation.",
			Needs: []string{
				"ecr:GetAuthorizationToken *", "ecr:BatchCheckLayerAvailability " + repositoryARN_, "ecr:InitiateLayerUpload " + repositoryARN_,
				"ecr:UploadLayerPart " + repositoryARN_, "ecr:CompleteLayerUpload " + repositoryARN_, "ecr:PutImage " + repositoryARN_,
				"codebuild:StartBuild arn:aws:codebuild:eu-west-1:444455556666:project/ecs-deploy",
				"codebuild:BatchGetBuilds arn:aws:codebuild:eu-west-1:444455556666:project/ecs-deploy",
				"cloudformation:DescribeStacks arn:aws:cloudformation:eu-west-1:444455556666:stack/media/*",
				"cloudformation:CreateChangeSet arn:aws:cloudformation:eu-west-1:444455556666:stack/media/*",
				"cloudformation:DescribeChangeSet arn:aws:cloudformation:eu-west-1:444455556666:stack/media/*",
				"cloudformation:ExecuteChangeSet arn:aws:cloudformation:eu-west-1:444455556666:stack/media/*",
				"lambda:UpdateFunctionCode arn:aws:lambda:eu-west-1:444455556666:function:media-thumbnailer",
				"iam:GetRole arn:aws:iam::444455556666:role/*", "iam:ListRolePolicies arn:aws:iam::444455556666:role/*",
				"iam:ListAttachedRolePolicies arn:aws:iam::444455556666:role/*", "iam:CreatePolicyVersion arn:aws:iam::444455556666:policy/report-uploader",
				"s3:PutObject arn:aws:s3:::acme-deploy-artifacts/*", "s3:GetObject arn:aws:s3:::acme-deploy-artifacts/*",
			},
			Unseen: []string{"s3:PutObject", "s3:GetObject"},
			Expect: []string{
				"AdministratorAccess is to be replaced by a narrowed policy of its own, in two steps",
				"object calls on S3 stay: the trail does not record them for acme-deploy-artifacts",
				"a trust finding: the subject is a wildcard, only repo:acme-retail/shop on main was seen",
			},
		},
	}
}

const (
	repositoryARN  = "arn:$(partition):ecr:$(region):$(account):repository/orders-api"
	repositoryARN_ = "arn:aws:ecr:eu-west-1:444455556666:repository/orders-api"
)

// ecsDeployer is the build that rolls out containers: it hands two roles to
// ECS, and may hand over any.
func ecsDeployer() *role {
	return &role{
		Account: prod, Name: "ecs-deployer", Created: "2024-03-11T10:15:03+00:00",
		Description: "CodeBuild project that rolls out containers",
		Trust:       trustService("codebuild.amazonaws.com"),
		Inline: []policy{{"deploy", `{"Version":"2012-10-17","Statement":[` +
			`{"Sid":"RollOut","Effect":"Allow","Action":"ecs:*","Resource":"*"},` +
			`{"Sid":"HandOverRoles","Effect":"Allow","Action":"iam:PassRole","Resource":"*"},` +
			`{"Sid":"BuildLogs","Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"arn:aws:logs:eu-west-1:444455556666:log-group:/aws/codebuild/ecs-deploy:*"}]}`}},
		Session: session{name: "AWSCodeBuild-$(uuid)", ip: "34.244.$(int:1:254).$(int:1:254)", agent: cliAgent, hours: 1},
		Jobs: []job{
			{Region: mainRegion, When: office(0.7), Calls: []call{
				assumedBy("codebuild.amazonaws.com"),
				manage("logs", "CreateLogStream", `{"logGroupName":"/aws/codebuild/ecs-deploy","logStreamName":"$(uuid)"}`).then(2),
				look("ecs", "DescribeServices", `{"cluster":"shop","services":["orders-api"]}`).then(20),
				look("ecs", "DescribeTaskDefinition", `{"taskDefinition":"orders-api"}`).then(1),
				manage("ecs", "RegisterTaskDefinition", `{"family":"orders-api","taskRoleArn":"arn:aws:iam::444455556666:role/orders-api","executionRoleArn":"arn:aws:iam::444455556666:role/ecs-task-execution","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"cpu":"512","memory":"1024","containerDefinitions":[{"name":"orders-api","image":"444455556666.dkr.ecr.eu-west-1.amazonaws.com/orders-api:$(hex:7)","essential":true}]}`).then(2),
				manage("ecs", "UpdateService", `{"cluster":"shop","service":"orders-api","taskDefinition":"arn:aws:ecs:eu-west-1:444455556666:task-definition/orders-api:$(int:310:480)","desiredCount":3}`).then(2),
				look("ecs", "DescribeServices", `{"cluster":"shop","services":["orders-api"]}`).then(45),
			}},
		},
		Granted: []string{"ecs", "iam", "logs"},
		Truth: truth{
			Story: "A deployer that must pass roles: iam:PassRole never appears in a trail, RegisterTaskDefinition shows which roles were passed.",
			Needs: []string{
				"ecs:DescribeServices arn:aws:ecs:eu-west-1:444455556666:service/shop/orders-api", "ecs:DescribeTaskDefinition *",
				"ecs:RegisterTaskDefinition arn:aws:ecs:eu-west-1:444455556666:task-definition/orders-api:*",
				"ecs:UpdateService arn:aws:ecs:eu-west-1:444455556666:service/shop/orders-api",
				"iam:PassRole arn:aws:iam::444455556666:role/orders-api", "iam:PassRole arn:aws:iam::444455556666:role/ecs-task-execution",
				"logs:CreateLogStream arn:aws:logs:eu-west-1:444455556666:log-group:/aws/codebuild/ecs-deploy:*",
				"logs:PutLogEvents arn:aws:logs:eu-west-1:444455556666:log-group:/aws/codebuild/ecs-deploy:*",
			},
			Unseen: []string{"logs:PutLogEvents", "iam:PassRole"},
			Expect: []string{
				"iam:PassRole is kept, and narrowed from * to the two roles that were passed",
				"ecs:* shrinks to the deployer's calls and their families",
				"logs:PutLogEvents is kept: it is never in a trail",
			},
		},
	}
}

// ecsTaskExecution_ is the role with which ECS starts containers.
func ecsTaskExecution_() *role {
	return &role{
		Account: prod, Name: "ecs-task-execution", Created: "2024-03-11T10:12:40+00:00",
		Trust:    trustService("ecs-tasks.amazonaws.com"),
		Attached: []string{"arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"},
		Inline: []policy{{"secrets", fromDataSource(`{"Version":"2012-10-17","Statement":[` +
			`{"Sid":"StartSecrets","Effect":"Allow","Action":["secretsmanager:DescribeSecret","secretsmanager:GetSecretValue"],"Resource":"arn:aws:secretsmanager:eu-west-1:444455556666:secret:orders/*"}]}`)}},
		Session: session{name: "$(hex:32)", ip: "10.40.$(int:1:3).$(int:4:250)", agent: "aws-fargate", hours: 6},
		Jobs: []job{
			{Region: mainRegion, When: daily(0.6), Calls: []call{
				assumedBy("ecs-tasks.amazonaws.com"),
				look("secretsmanager", "GetSecretValue", `{"secretId":"arn:aws:secretsmanager:eu-west-1:444455556666:secret:orders/database-Kq81Zd"}`).then(1),
				look("ecr", "GetAuthorizationToken", `{}`).then(1),
				look("ecr", "BatchGetImage", `{"registryId":"444455556666","repositoryName":"orders-api","imageIds":[{"imageTag":"$(hex:7)"}],"acceptedMediaTypes":["application/vnd.docker.distribution.manifest.v2+json"]}`).then(1).on("AWS::ECR::Repository", repositoryARN),
				look("ecr", "GetDownloadUrlForLayer", `{"registryId":"444455556666","repositoryName":"orders-api","layerDigest":"sha256:$(hex:64)"}`).then(1).on("AWS::ECR::Repository", repositoryARN),
				manage("logs", "CreateLogStream", `{"logGroupName":"/ecs/orders-api","logStreamName":"orders-api/orders-api/$(hex:32)"}`).then(1),
			}},
		},
		Granted: []string{"ecr", "logs", "secretsmanager"},
		Truth: truth{
			Story: "The role with which ECS starts containers: AWS's service-role policy and one secret.",
			Needs: []string{
				"ecr:GetAuthorizationToken *", "ecr:BatchGetImage " + repositoryARN_, "ecr:GetDownloadUrlForLayer " + repositoryARN_,
				"logs:CreateLogStream arn:aws:logs:eu-west-1:444455556666:log-group:/ecs/orders-api:*", "logs:PutLogEvents arn:aws:logs:eu-west-1:444455556666:log-group:/ecs/orders-api:*",
				"secretsmanager:GetSecretValue arn:aws:secretsmanager:eu-west-1:444455556666:secret:orders/database-*",
			},
			Unseen: []string{"logs:PutLogEvents"},
			Expect: []string{"AmazonECSTaskExecutionRolePolicy stays: service-role policies are not detached", "secretsmanager:DescribeSecret goes"},
		},
	}
}
