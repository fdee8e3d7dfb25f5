package synth

import (
	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

// The weight of an action says how much harm it can do; the sum over what a
// policy grants is its privilege. One table, so that reports, ranking and
// back-tests speak of the same thing:
//
//	List 1 · Read 2 · Tagging 2 · Write 5 · Permissions management 20
//	reads what data is (dataExposure)                             10
//	a known path to more privilege (escalation)                   50
//
// That is the weight on every resource; on some of them it is a half or a
// quarter, see breadth.
var accessWeight = map[catalog.Access]int{
	catalog.List: 1, catalog.Read: 2, catalog.Tagging: 2, catalog.Write: 5, catalog.Permissions: 20,
}

// escalation names actions that let a principal gain more than it has.
//
// Source: the privilege escalation methods collected by Rhino Security Labs
// ("AWS IAM Privilege Escalation – Methods and Mitigation"), as far as they
// are one action.
var escalation = set(
	"iam:passrole", "iam:createaccesskey", "iam:createloginprofile", "iam:updateloginprofile",
	"iam:attachuserpolicy", "iam:attachgrouppolicy", "iam:attachrolepolicy", "iam:putuserpolicy",
	"iam:putgrouppolicy", "iam:putrolepolicy", "iam:addusertogroup", "iam:updateassumerolepolicy",
	"iam:createpolicyversion", "iam:setdefaultpolicyversion", "iam:deleterolepermissionsboundary",
	"iam:deleteuserpermissionsboundary", "iam:putrolepermissionsboundary", "iam:putuserpermissionsboundary",
	"lambda:updatefunctioncode", "lambda:updatefunctionconfiguration", "sts:assumerole",
	"glue:updatedevendpoint", "ssm:sendcommand", "ssm:startsession", "ec2-instance-connect:sendsshpublickey",
	"cloudformation:setstackpolicy", "kms:putkeypolicy", "kms:creategrant", "s3:putbucketpolicy",
	"organizations:detachpolicy", "sso:createaccountassignment", "sso:putinlinepolicytopermissionset",
)

// dataExposure names reads that give out what is stored.
var dataExposure = set(
	"s3:getobject", "s3:getobjectversion", "dynamodb:getitem", "dynamodb:batchgetitem", "dynamodb:query",
	"dynamodb:scan", "dynamodb:partiqlselect", "secretsmanager:getsecretvalue", "ssm:getparameter",
	"ssm:getparameters", "ssm:getparametersbypath", "kms:decrypt", "sqs:receivemessage",
	"kinesis:getrecords", "rds-data:executestatement", "redshift-data:getstatementresult",
	"athena:getqueryresults", "logs:getlogevents", "logs:filterlogevents", "codecommit:gitpull",
	"ecr:getdownloadurlforlayer", "ebs:getsnapshotblock", "lambda:getfunction",
)

func set(names ...iam.Action) map[iam.Action]bool {
	m := make(map[iam.Action]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// Weight is the weight of one action on every resource; one that the catalog
// does not know weighs as a write.
func Weight(c *catalog.Catalog, name iam.Action) int {
	a, known := c.Action(name)
	if !known {
		a = &catalog.Action{Folded: name.Fold(), Access: catalog.Write}
	}
	switch {
	case escalation[a.Folded]:
		return 50
	case dataExposure[a.Folded]:
		return 10
	}
	return max(accessWeight[a.Access], 1)
}

// Privilege sums the weights of the distinct actions that the documents' Allow
// statements grant, each on the widest resources it is granted on, and counts
// them and their services. Conditions do not enter: what they are worth depends
// on who asks.
func Privilege(c *catalog.Catalog, documents []*iam.Policy) (services, actions, weight int) {
	prefixes := map[string]bool{}
	granted := Weights(c, documents)
	for a, w := range granted {
		prefixes[a.Prefix()] = true
		weight += w
	}
	return len(prefixes), len(granted), weight
}

// Granted lists the actions an Allow statement names, in canonical spelling.
func Granted(c *catalog.Catalog, s *iam.Statement) []iam.Action {
	if s.Effect != iam.Allow {
		return nil
	}
	var out []iam.Action
	if s.NotAction != nil {
		not := map[iam.Action]bool{}
		for _, p := range s.NotAction {
			for _, a := range c.Expand(p) {
				not[a] = true
			}
		}
		for _, a := range c.Actions() {
			if !not[a.Name] {
				out = append(out, a.Name)
			}
		}
		return out
	}
	for _, p := range s.Action {
		out = append(out, c.Expand(p)...)
	}
	return out
}

func matchesAny(patterns []iam.Pattern, a iam.Action) bool {
	for _, p := range patterns {
		if p.MatchAction(a) {
			return true
		}
	}
	return false
}
