package usage

import (
	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

// watcher is a trail that records the account everywhere, its selectors in the
// catalog's words, and what can be seen through it of what it records.
type watcher struct {
	selectors catalog.Selectors
	sight     Sight
}

// records reports whether the trail surely records every request of the action
// on resources of the pattern, whoever makes it.
func (w watcher) records(c *catalog.Catalog, a *catalog.Action, resource iam.Pattern) bool {
	return c.Recorded(w.selectors, a.Name, resource, "") == catalog.SurelyRecorded
}

// selectors hands a trail's selectors to the catalog, which knows how
// CloudTrail reads them.
func selectors(t account.Trail) catalog.Selectors {
	var out catalog.Selectors
	for _, s := range t.Basic {
		b := catalog.BasicSelector{ReadWrite: s.ReadWrite, Management: s.Management, Excluded: s.Excluded}
		for _, d := range s.Data {
			b.Data = append(b.Data, catalog.DataResource(d))
		}
		out.Basic = append(out.Basic, b)
	}
	for _, s := range t.Advanced {
		var a catalog.AdvancedSelector
		for _, f := range s.Fields {
			a.Fields = append(a.Fields, catalog.FieldSelector(f))
		}
		out.Advanced = append(out.Advanced, a)
	}
	return out
}
