package synth

import (
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// What a role does not do yet is judged by how its own actions grew: none that
// is settled keeps, one whose actions still change keeps their kin.
func TestReach(t *testing.T) {
	const grant = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:CreateQueue","sqs:SetQueueAttributes","sqs:ListQueues","sqs:TagQueue","sqs:PurgeQueue","sqs:AddPermission"],"Resource":"*"}]}`
	for _, c := range []struct {
		name, events, trust string
		stay, gone          []string
	}{
		{"settled", "app sqs CreateQueue 1-90 queueName=q", "", nil, []string{"sqs:PurgeQueue", "sqs:TagQueue", "sqs:ListQueues"}},
		{
			"new on the same queues", "app sqs CreateQueue 1-90 queueName=q\napp sqs TagQueue 80 queueUrl=https://sqs.us-east-1.amazonaws.com/111122223333/q", "",
			[]string{"sqs:PurgeQueue"},
			[]string{"sqs:ListQueues", "sqs:AddPermission"},
		},
		{
			"new on other resources", "app sqs CreateQueue 1-90 queueName=q\napp sqs ListQueues 80", "",
			[]string{"sqs:PurgeQueue"},
			[]string{"sqs:AddPermission"},
		},
		{
			"a deployer", "app sqs CreateQueue 1-90 queueName=q",
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"codebuild.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
			[]string{"sqs:PurgeQueue", "sqs:TagQueue"},
			[]string{"sqs:ListQueues", "sqs:AddPermission"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &txtar.Archive{Files: []txtar.File{
				{Name: "roles/app/inline/p.json", Data: []byte(grant)}, {Name: "events", Data: []byte(c.events + "\n")},
			}}
			if c.trust != "" {
				a.Files = append(a.Files, txtar.File{Name: "roles/app/trust.json", Data: []byte(c.trust)})
			}
			var stay, gone []byte
			for _, action := range c.stay {
				stay = append(stay, "app "+action+" arn:aws:sqs:us-east-1:111122223333:q\n"...)
			}
			for _, action := range c.gone {
				resource := " arn:aws:sqs:us-east-1:111122223333:q\n"
				if action == "sqs:ListQueues" {
					resource = " *\n"
				}
				gone = append(gone, "app "+action+resource...)
			}
			a.Files = append(a.Files, txtar.File{Name: "stay", Data: stay}, txtar.File{Name: "gone", Data: gone})
			newScenario(t, a).check(t, false)
		})
	}
}
