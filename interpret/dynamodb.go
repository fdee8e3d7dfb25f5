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
func inDynamoDB(f *trail.Fact, targets []target) []target {
	var listed []target
	for i := range targets {
		if isListed(f, targets[i].Name) {
			listed = append(listed, targets[i])
		}
	}
	if len(listed) == 0 {
		return targets
	}
	slices.SortFunc(listed, func(a, b target) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return listed
}

// isListed: an item or a statement of the request is authorised by the action.
func isListed(f *trail.Fact, action iam.Action) bool {
	return slices.ContainsFunc(f.Params, func(p trail.Param) bool {
		name := catalog.LastName(p.Path)
		if !strings.EqualFold(name, "operation") && !strings.EqualFold(name, "statement") {
			return false
		}
		word := strings.ToUpper(p.Value)
		return action == itemActions[word] || strings.EqualFold(action.Name(), word+"Item") || strings.EqualFold(action.Name(), "PartiQL"+word)
	})
}

// restores are the actions that restoring a table needs on the new table.
//
// Source: DynamoDB API Reference, RestoreTableFromBackup: "you must have
// permissions for" these actions on the target table.
var restores = []iam.Action{
	"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem",
	"dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem",
}

// tableRule covers what calls on tables need beside their own action.
func tableRule(f *form) rule {
	switch f.name {
	case "RestoreTableFromBackup", "RestoreTableToPointInTime":
		return restored
	case "CreateTable":
		return func(r *resolver) {
			if first(r.fact, "resourcePolicy") != "" {
				r.also("dynamodb:PutResourcePolicy")
			}
		}
	case "UpdateTable":
		if f.has("replicaUpdates[].create.regionName") {
			return func(r *resolver) { r.also("dynamodb:CreateTableReplica") }
		}
	}
	return nil
}

// restored adds what fills the table that is restored.
func restored(r *resolver) {
	f := r.fact
	name := first(f, "targetTableName")
	if name == "" {
		return
	}
	table := iam.ARNParts{Partition: partition(f.Region), Service: "dynamodb", Region: f.Region, Account: f.Account, Resource: "table/"}.ARN()
	for _, a := range restores {
		r.add(a, iam.Pattern(table)+iam.Escape(name))
	}
}
