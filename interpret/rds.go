package interpret

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

// rdsName is what a Copy call of RDS calls what it copies, behind "source" and
// "target".
func rdsName(event string) string { return strings.TrimPrefix(event, "Copy") + "Identifier" }

// copiedSnapshot are the two that a copy of RDS is authorised on, which are of
// one type: the one that it reads and the one that it makes.
//
// Source: RDS API Reference, CopyDBSnapshot and its siblings.
func (r *resolver) copiedSnapshot(t *target, name string) []iam.Pattern {
	if len(t.Required) != 1 {
		return nil
	}
	from, to := first(r.fact, "source"+name), first(r.fact, "target"+name)
	if from == "" || to == "" {
		return nil
	}
	return []iam.Pattern{r.byName(t.Required[0], from), r.byName(t.Required[0], to)}
}

// byName is a resource of a type whose ARN ends in its name, by name or by ARN.
func (r *resolver) byName(t *catalog.ResourceType, name string) iam.Pattern {
	if strings.HasPrefix(name, "arn:") {
		return iam.Escape(name)
	}
	return iam.Pattern(strings.TrimSuffix(string(r.any(t)), "*")) + iam.Escape(name)
}

// sources are the parameters that name what a call of RDS makes another from.
var sources = map[string]string{"sourceDBInstanceIdentifier": "db", "sourceDBClusterIdentifier": "cluster"}

// withSources adds to what a call of RDS makes what it makes it from. A cluster
// is restored from a snapshot of a cluster by name, from one of an instance by
// ARN.
//
// Source: RDS API Reference, CreateDBInstanceReadReplica,
// RestoreDBInstanceToPointInTime, RestoreDBClusterToPointInTime and
// RestoreDBClusterFromSnapshot, SnapshotIdentifier.
func (r *resolver) withSources(t *target, found []iam.Pattern) []iam.Pattern {
	for _, u := range t.Required {
		for parameter, kind := range sources {
			if name := first(r.fact, parameter); name != "" && u.Name == kind {
				found = append(found, r.byName(u, name))
			}
		}
	}
	if r.plan.event == "restoredbclusterfromsnapshot" && !strings.HasPrefix(first(r.fact, "snapshotIdentifier"), "arn:") {
		for i, p := range found {
			found[i] = iam.Pattern(strings.Replace(string(p), ":snapshot:", ":cluster-snapshot:", 1))
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
