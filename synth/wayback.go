package synth

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// wayBack pairs the verb that makes with the verb that unmakes or looks: the
// second is rare, and missing when it is needed most.
var wayBack = [][2]string{
	{"Create", "Delete"},
	{"Put", "Delete"},
	{"Register", "Deregister"},
	{"Attach", "Detach"},
	{"Associate", "Disassociate"},
	{"Enable", "Disable"},
	{"Start", "Stop"},
	{"Add", "Remove"},
	{"Tag", "Untag"},
	{"Allocate", "Release"},
	{"Authorize", "Revoke"},
	{"Run", "Stop"},
	{"Run", "Terminate"},
	{"Create", "Describe"},
	{"Update", "Describe"},
	{"CreateMultipartUpload", "AbortMultipartUpload"},
}

func isWayBack(used, a iam.Action) bool {
	if used.Prefix() != a.Prefix() {
		return false
	}
	return slices.ContainsFunc(wayBack, func(pair [2]string) bool {
		noun, ok := strings.CutPrefix(a.Name(), pair[1])
		return ok && used.Name() == pair[0]+noun
	})
}

// wayBackOf names by hand what no verb tells: what becomes necessary when the
// used action goes wrong or takes long.
//
// Sources: Amazon S3 User Guide, "Multipart upload API and permissions" (parts
// are uploaded with s3:PutObject); Amazon S3 API Reference, "CreateMultipartUpload",
// Amazon SQS Developer Guide, "Configure KMS permissions for producers", and
// Amazon SNS Developer Guide, "Allow a user to send messages to a topic with SSE"
// (who writes under a key needs kms:Decrypt beside kms:GenerateDataKey, to S3 as
// soon as an upload has parts); Amazon SQS Developer Guide, "Amazon SQS visibility
// timeout"; Amazon EC2 Auto Scaling User Guide, "Complete a lifecycle action"; AWS
// CloudFormation User Guide, "Continue rolling back an update".
var wayBackOf = map[iam.Action]iam.Action{
	"s3:abortmultipartupload":                    "s3:PutObject",
	"s3:listmultipartuploadparts":                "s3:PutObject",
	"kms:decrypt":                                "kms:GenerateDataKey",
	"sqs:changemessagevisibility":                "sqs:ReceiveMessage",
	"autoscaling:recordlifecycleactionheartbeat": "autoscaling:CompleteLifecycleAction",
	"cloudformation:cancelupdatestack":           "cloudformation:UpdateStack",
	"cloudformation:continueupdaterollback":      "cloudformation:UpdateStack",
	"cloudformation:rollbackstack":               "cloudformation:UpdateStack",
}

// counterpart finds the action, used in the window, whose way back a is.
func (n *narrower) counterpart(s *iam.Statement, a iam.Action) (iam.Action, *seen) {
	if !n.touched(a) {
		return "", nil // both are of one service
	}
	if twin, ok := wayBackOf[a.Fold()]; ok {
		if e := n.seen(s, twin); e != nil && e.inWindow {
			return twin, e
		}
	}
	prefix, name := a.Split()
	for _, pair := range wayBack {
		noun, ok := strings.CutPrefix(name, pair[1])
		if !ok {
			continue
		}
		twin := iam.Action(prefix + ":" + pair[0] + noun)
		if e := n.seen(s, twin); e != nil && e.inWindow {
			return twin, e
		}
	}
	return "", nil
}

// comesWith says which used action makes this one necessary on another
// resource, once in a long time, or "". Of the resources nothing is known.
func (n *narrower) comesWith(a iam.Action) string {
	switch {
	case a.Equal(linkedRole):
		if used := n.usedOne("", n.makesLinkedRole); used != "" {
			return string(used) + ", which is used, makes the service's role where there is none"
		}
	case a.Equal("s3:GetObjectTagging"), a.Equal("s3:PutObjectTagging"):
		if n.copies() {
			return "objects are copied, and a copy takes its source's tags along"
		}
	case restores(a):
		if used := n.usedOne(a.Prefix(), backsUp); used != "" {
			return "restores what " + string(used) + " makes, which is used"
		}
	}
	if by, ok := askedFor[a.Fold()]; ok {
		if used := n.usedOne(by.service, func(u iam.Action) bool { return slices.Contains(by.actions, u.Name()) }); used != "" {
			return by.why + string(used) + ", which is used"
		}
	}
	return ""
}

// askedFor are actions that no event of their own shows when it matters, and
// what of one service makes them necessary.
//
// Sources: EBS User Guide, "Create an Amazon EBS volume" (from a snapshot);
// Amazon EC2 Auto Scaling User Guide, "Control Amazon EC2 launch template usage in
// Auto Scaling groups", section "Permissions validation for ec2:RunInstances and
// iam:PassRole" (a group is made or changed by those alone who could start what
// its template says).
var askedFor = map[iam.Action]asking{
	"ec2:createvolume": {"ec2", []string{"CreateSnapshot", "CreateSnapshots"}, "restores what is made by "},
	"ec2:runinstances": {"autoscaling", []string{"CreateAutoScalingGroup", "UpdateAutoScalingGroup"}, "asked for, without an event, by "},
	"ec2:createtags":   {"autoscaling", []string{"CreateAutoScalingGroup", "UpdateAutoScalingGroup"}, "asked for, without an event, by "},
}

type asking struct {
	service string
	actions []string
	why     string
}

const linkedRole iam.Action = "iam:CreateServiceLinkedRole"

// makesLinkedRole: the service makes its role with the caller's permission when
// there is none: once in the life of an account, and when it was deleted.
//
// Sources: Service Authorization Reference, column "Dependent actions", which has
// none of EC2's; EC2 User Guide, "Service-linked role for Spot Instance requests".
func (n *narrower) makesLinkedRole(used iam.Action) bool {
	known, ok := n.catalog.Action(used)
	return ok && slices.Contains(known.Dependents, linkedRole) || slices.Contains(startsSpot, used.Fold())
}

// startsSpot are the actions that may start spot instances.
var startsSpot = []iam.Action{"ec2:createfleet", "ec2:requestspotfleet", "ec2:requestspotinstances", "ec2:runinstances"}

// copies: some holder copied an object, which alone proves a read that is not
// an event of its own.
//
// Source: Amazon S3 API Reference, "CopyObject", x-amz-tagging-directive: the tags
// are copied unless the request says otherwise. AWS re:Post Knowledge Center, "Why
// can't I copy an object between two Amazon S3 buckets": that takes
// s3:GetObjectTagging of the source and s3:PutObjectTagging of the copy.
func (n *narrower) copies() bool {
	return slices.ContainsFunc(n.usesOf("s3:GetObject"), func(u *HeldUse) bool { return u.InWindow && u.Call.Kind == iam.Implied })
}

// restores: the action makes something of a snapshot or a backup.
func restores(a iam.Action) bool {
	name := a.Name()
	return hasAny(name, strings.HasPrefix, "Restore", "StartRestore") || hasAny(name, strings.Contains, "FromBackup", "FromSnapshot")
}

// backsUp: the action makes a snapshot or a backup.
func backsUp(a iam.Action) bool {
	name := a.Name()
	return hasAny(name, strings.HasPrefix, "Create", "Start", "Copy") && hasAny(name, strings.HasSuffix, "Snapshot", "Snapshots", "Backup", "BackupJob") && !restores(a)
}

func hasAny(name string, has func(string, string) bool, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return has(name, p) })
}

// usedOne finds an action, used in the window by some holder, of the service or
// of all where that is "", of which it holds.
func (n *narrower) usedOne(prefix string, holds func(iam.Action) bool) iam.Action {
	var found []iam.Action
	for _, h := range n.holders {
		for folded, uses := range h.index.byAction {
			if prefix != "" && folded.Prefix() != strings.ToLower(prefix) {
				continue
			}
			used := folded
			if known, ok := n.catalog.Action(folded); ok {
				used = known.Name
			}
			if holds(used) && slices.ContainsFunc(uses, func(u *HeldUse) bool { return u.InWindow }) {
				found = append(found, used)
			}
		}
	}
	if found == nil {
		return ""
	}
	return slices.Min(found)
}
