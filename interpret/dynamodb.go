package interpret

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// itemActions are the actions of what a request lists: the operations of a
// transaction, the first words of PartiQL statements.
//
// Source: DynamoDB Developer Guide, "Logging DynamoDB operations by using AWS
// CloudTrail" (requestItems), "IAM policies for PartiQL" and "Using IAM with
// DynamoDB transactions".
var itemActions = map[string]iam.Action{
	"PUT": "dynamodb:PutItem", "CHECK": "dynamodb:ConditionCheckItem", "CONDITIONCHECK": "dynamodb:ConditionCheckItem",
	"SELECT": "dynamodb:PartiQLSelect", "INSERT": "dynamodb:PartiQLInsert", "EXISTS": "dynamodb:PartiQLSelect",
}

// inDynamoDB keeps of an event's actions those that the request lists; all if
// it does not say.
func inDynamoDB(f *trail.Fact, actions []*catalog.Action) []*catalog.Action {
	if len(actions) < 2 {
		return actions
	}
	var listed []*catalog.Action
	for i := range f.Params {
		name := catalog.LastName(f.Params[i].Path)
		if !strings.EqualFold(name, "operation") && !strings.EqualFold(name, "statement") {
			continue
		}
		word := strings.ToUpper(f.Params[i].Value)
		for _, a := range actions {
			name := a.Name.Name()
			if (a.Name == itemActions[word] || strings.EqualFold(name, word+"Item") || strings.EqualFold(name, "PartiQL"+word)) && !slices.Contains(listed, a) {
				listed = append(listed, a)
			}
		}
	}
	if len(listed) == 0 {
		return actions
	}
	slices.SortFunc(listed, func(a, b *catalog.Action) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return listed
}

// restores are the actions that restoring a table needs on the new table.
//
// Source: DynamoDB API Reference, RestoreTableFromBackup: "you must have
// permissions for" these actions on the target table.
var restores = []iam.Action{
	"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem",
	"dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem",
}

// tableImplied covers what calls on tables need beside their own action.
func tableImplied(f *trail.Fact, primary []iam.Call, add adder) {
	table := primary[0].Resources[0]
	switch f.EventName {
	case "RestoreTableFromBackup", "RestoreTableToPointInTime":
		target := iam.ARNParts{Partition: partition(f.Region), Service: "dynamodb", Region: f.Region, Account: f.Account, Resource: "table/"}.ARN()
		if name := first(f, "targetTableName"); name != "" {
			for _, a := range restores {
				add(a, iam.Pattern(target)+iam.Escape(name))
			}
		}
	case "CreateTable":
		if first(f, "resourcePolicy") != "" {
			add("dynamodb:PutResourcePolicy", table)
		}
	case "UpdateTable":
		if len(f.Get("replicaUpdates[].create.regionName")) > 0 {
			add("dynamodb:CreateTableReplica", table)
		}
	}
}
