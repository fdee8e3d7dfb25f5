package main

// mediaThumbnailer works on buckets whose object calls the trail does not
// record: silence there means nothing.
func mediaThumbnailer() *role {
	return &role{
		Account: prod, Name: "media-thumbnailer", Created: "2024-11-25T16:02:51+00:00",
		Description: "Makes thumbnails of uploads",
		Trust:       trustService("lambda.amazonaws.com"),
		Inline: []policy{{"uploads", `{"Version":"2012-10-17","Statement":[` +
			`{"Sid":"Pictures","Effect":"Allow","Action":["s3:DeleteObject","s3:GetObject","s3:GetObjectTagging","s3:PutObject","s3:PutObjectTagging"],"Resource":["arn:aws:s3:::acme-media-uploads/*","arn:aws:s3:::acme-media-thumbnails/*"]},` +
			`{"Sid":"Buckets","Effect":"Allow","Action":["s3:GetBucketLocation","s3:PutBucketNotification"],"Resource":"arn:aws:s3:::acme-media-uploads"},` +
			`{"Sid":"LookInside","Effect":"Allow","Action":["rekognition:CompareFaces","rekognition:DetectFaces","rekognition:DetectLabels","rekognition:DetectModerationLabels"],"Resource":"*"}]}`}},
		Attached: []string{"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"},
		Tags:     [][2]string{{"aws:cloudformation:stack-name", "media"}},
		Session:  functionSession("media-thumbnailer", pythonAgent),
		Jobs: []job{
			{Region: mainRegion, When: daily(0.3), Calls: []call{
				assumedBy("lambda.amazonaws.com"),
				manage("logs", "CreateLogStream", `{"logGroupName":"/aws/lambda/media-thumbnailer","logStreamName":"$(path)/[$LATEST]$(hex:32)"}`).then(1),
				look("s3", "GetBucketLocation", `{"bucketName":"acme-media-uploads","location":"","Host":"acme-media-uploads.s3.eu-west-1.amazonaws.com"}`).then(1).on("AWS::S3::Bucket", "arn:aws:s3:::acme-media-uploads"),
			}},
			{Region: mainRegion, When: daily(1), Scales: true, Calls: []call{
				look("rekognition", "DetectModerationLabels", `{"image":{"s3Object":{"bucket":"acme-media-uploads","name":"products/$(digits:7).jpg"}},"minConfidence":60}`),
				look("rekognition", "DetectLabels", `{"image":{"s3Object":{"bucket":"acme-media-uploads","name":"products/$(digits:7).jpg"}},"maxLabels":10}`).then(1),
			}},
		},
		Unlogged: []string{"s3"},
		Granted:  []string{"logs", "rekognition", "s3"},
		Truth: truth{
			Story: "A role whose S3 data events are not recorded: what it does with objects cannot be seen.",
			Needs: []string{
				"s3:GetObject arn:aws:s3:::acme-media-uploads/*", "s3:PutObject arn:aws:s3:::acme-media-thumbnails/*", "s3:DeleteObject arn:aws:s3:::acme-media-uploads/*",
				"s3:GetBucketLocation arn:aws:s3:::acme-media-uploads", "rekognition:DetectLabels *", "rekognition:DetectModerationLabels *",
				"logs:CreateLogStream arn:aws:logs:eu-west-1:444455556666:log-group:/aws/lambda/media-thumbnailer:*",
				"logs:PutLogEvents arn:aws:logs:eu-west-1:444455556666:log-group:/aws/lambda/media-thumbnailer:*",
			},
			Unseen: []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "logs:PutLogEvents"},
			Expect: []string{
				"the object calls of statement Pictures are kept as blind; the report says that a selector for the two buckets would settle it",
				"rekognition:CompareFaces, rekognition:DetectFaces and s3:PutBucketNotification go: those would have been seen",
			},
		},
	}
}

const settlementKeyID = "9f3c2b1a-7d4e-4c55-8a10-3b6f0e2d9c71"

const settlementKey = "arn:aws:kms:eu-west-1:444455556666:key/" + settlementKeyID

// settlement reads and writes encrypted objects: S3 uses the key on its
// behalf, and the key may be used in no other way.
func settlement() *role {
	return &role{
		Account: prod, Name: "payments-settlement", Created: "2025-01-20T11:44:16+00:00",
		Description: "Settles payments with the bank",
		Trust:       trustService("lambda.amazonaws.com"),
		Inline: []policy{{"settlement-files", fromDataSource(`{"Version":"2012-10-17","Statement":[` +
			`{"Sid":"Files","Effect":"Allow","Action":["s3:PutObject","s3:GetObject","s3:DeleteObject"],"Resource":"arn:aws:s3:::acme-settlement-files/*"},` +
			`{"Sid":"KeyThroughS3","Effect":"Allow","Action":["kms:ReEncryptTo","kms:ReEncryptFrom","kms:GenerateDataKey","kms:Encrypt","kms:Decrypt"],"Resource":"` + settlementKey + `","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}},` +
			`{"Sid":"BankCredentials","Effect":"Allow","Action":["ssm:GetParametersByPath","ssm:GetParameters","ssm:GetParameter","ssm:DeleteParameter"],"Resource":"arn:aws:ssm:eu-west-1:444455556666:parameter/settlement/*"}]}`)}},
		Attached: []string{"arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"},
		Session:  session{name: "payments-settlement", ip: "10.40.7.$(int:4:250)", agent: pythonAgent, hours: 24, endpoint: "vpce-0b7d1c52e9a4f3860"},
		Jobs: []job{
			{Region: mainRegion, When: daily(0.3), Calls: []call{
				assumedBy("lambda.amazonaws.com"),
				manage("logs", "CreateLogStream", `{"logGroupName":"/aws/lambda/payments-settlement","logStreamName":"$(path)/[$LATEST]$(hex:32)"}`).then(1),
				look("ssm", "GetParameter", `{"name":"/settlement/bank/client-id","withDecryption":true}`).then(1).on("AWS::SSM::Parameter", "arn:aws:ssm:eu-west-1:444455556666:parameter/settlement/bank/client-id"),
			}},
			{Region: mainRegion, When: daily(1), Scales: true, Calls: []call{
				s3Object("GetObject", "acme-settlement-files", "in/$(day)/batch-$(k=int:1:9).csv"),
				kmsForS3("Decrypt", settlementKeyID, "acme-settlement-files", "in/$(day)/batch-$(int:1:9).csv"),
			}},
			{Region: mainRegion, When: daily(1), Calls: []call{
				s3Object("PutObject", "acme-settlement-files", "out/$(day)/confirmation-$(k=int:1:9).csv"),
				kmsForS3("GenerateDataKey", settlementKeyID, "acme-settlement-files", "out/$(day)/confirmation-$(int:1:9).csv"),
			}},
		},
		Granted: []string{"ec2", "kms", "logs", "s3", "ssm"},
		Truth: truth{
			Story: "A function in a VPC that works on encrypted objects: kms:Decrypt and kms:GenerateDataKey come through S3 only.",
			Needs: []string{
				"s3:GetObject arn:aws:s3:::acme-settlement-files/in/*", "s3:PutObject arn:aws:s3:::acme-settlement-files/out/*",
				"kms:Decrypt " + settlementKey, "kms:GenerateDataKey " + settlementKey,
				"ssm:GetParameter arn:aws:ssm:eu-west-1:444455556666:parameter/settlement/bank/client-id",
				"ec2:CreateNetworkInterface *", "ec2:DescribeNetworkInterfaces *", "ec2:DescribeSubnets *", "ec2:DeleteNetworkInterface *",
				"ec2:AssignPrivateIpAddresses *", "ec2:UnassignPrivateIpAddresses *", "logs:PutLogEvents *", "logs:CreateLogStream *",
			},
			Unseen: []string{"ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "logs:PutLogEvents"},
			Expect: []string{
				"kms:Decrypt and kms:GenerateDataKey stay under their condition; kms:Encrypt and the two ReEncrypt actions go",
				"ssm:GetParameters, ssm:GetParametersByPath and ssm:DeleteParameter go; s3:DeleteObject stays as the way back of s3:PutObject",
				"AWSLambdaVPCAccessExecutionRole stays: a function in a VPC needs it without a call of its own",
			},
		},
	}
}
