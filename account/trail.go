package account

import (
	"time"

	"github.com/pruner/pruner/iam"
)

// Trail is what one trail records.
//
// Source: CloudTrail API Reference, GetEventSelectors.
type Trail struct {
	ARN          iam.ARN
	HomeRegion   string
	MultiRegion  bool
	Organization bool
	Logging      bool
	Changed      time.Time // last change that the logs show; zero: none
	Basic        []Selector
	Advanced     []AdvancedSelector
}

// Selector is a basic event selector.
type Selector struct {
	ReadWrite  string // All, ReadOnly, WriteOnly
	Management bool
	Excluded   []string // management event sources left out
	Data       []DataResource
}

// DataResource selects data events of a type whose ARN has one of the prefixes.
type DataResource struct {
	Type   string
	Values []string
}

// AdvancedSelector is an advanced event selector: all its fields must hold.
type AdvancedSelector struct{ Fields []FieldSelector }

// FieldSelector is one field with its operators: one value of those that select
// must fit, and none of those that deselect.
type FieldSelector struct {
	Field         string
	Equals        []string
	NotEquals     []string
	StartsWith    []string
	NotStartsWith []string
	EndsWith      []string
	NotEndsWith   []string
}

type trailData struct {
	TrailARN            iam.ARN
	HomeRegion          string
	IsMultiRegionTrail  bool
	IsOrganizationTrail bool
	IsLogging           bool
	EventSelectors      []struct {
		ReadWriteType                 string
		IncludeManagementEvents       bool
		ExcludeManagementEventSources []string
		DataResources                 []DataResource
	}
	AdvancedEventSelectors []struct{ FieldSelectors []FieldSelector }
}

func (d *trailData) trail() Trail {
	t := Trail{ARN: d.TrailARN, HomeRegion: d.HomeRegion, MultiRegion: d.IsMultiRegionTrail, Organization: d.IsOrganizationTrail, Logging: d.IsLogging}
	for _, s := range d.EventSelectors {
		t.Basic = append(t.Basic, Selector{s.ReadWriteType, s.IncludeManagementEvents, s.ExcludeManagementEventSources, s.DataResources})
	}
	for _, s := range d.AdvancedEventSelectors {
		t.Advanced = append(t.Advanced, AdvancedSelector{s.FieldSelectors})
	}
	return t
}
