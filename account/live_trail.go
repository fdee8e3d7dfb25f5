package account

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// selectors is one entry of event-selectors.json.
type selectors struct {
	TrailARN               string
	HomeRegion             string
	IsMultiRegionTrail     bool
	IsOrganizationTrail    bool
	IsLogging              bool
	EventSelectors         []types.EventSelector
	AdvancedEventSelectors []types.AdvancedEventSelector
}

// trails saves what the account's trails record. DescribeTrails shows the
// trails that reach the config's region, ListTrails those of other regions. A
// trail that cannot be read is left out: what it records is not relied on.
func (l *live) trails(ctx context.Context, cfg aws.Config, id string) error {
	file := filepath.Join(id, "event-selectors.json")
	found, err := findTrails(ctx, cfg)
	if err != nil {
		return l.lack(ctx, file, fmt.Errorf("what the trails of account %s record is not known: %w", id, err))
	}
	out := []selectors{}
	for _, t := range found {
		s, err := readTrail(ctx, cfg, t)
		if err != nil {
			if err := l.lack(ctx, file, fmt.Errorf("what %s records is not known: %w", aws.ToString(t.TrailARN), err)); err != nil {
				return err
			}
			continue
		}
		out = append(out, s)
	}
	return l.write(file, out)
}

func findTrails(ctx context.Context, cfg aws.Config) ([]types.Trail, error) {
	client := cloudtrail.NewFromConfig(cfg)
	here, err := client.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
	if err != nil {
		return nil, err
	}
	found := here.TrailList
	seen := map[string]bool{}
	for _, t := range found {
		seen[aws.ToString(t.TrailARN)] = true
	}
	pages := cloudtrail.NewListTrailsPaginator(client, &cloudtrail.ListTrailsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, t := range page.Trails {
			if seen[aws.ToString(t.TrailARN)] {
				continue
			}
			there, err := client.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{TrailNameList: []string{aws.ToString(t.TrailARN)}}, at(t.HomeRegion))
			if err != nil {
				return nil, err
			}
			found = append(found, there.TrailList...)
		}
	}
	return found, nil
}

// at sends a request to a trail's home region, the only one that answers for
// its selectors.
func at(region *string) func(*cloudtrail.Options) {
	return func(o *cloudtrail.Options) {
		if r := aws.ToString(region); r != "" {
			o.Region = r
		}
	}
}

func readTrail(ctx context.Context, cfg aws.Config, t types.Trail) (selectors, error) {
	client := cloudtrail.NewFromConfig(cfg)
	out := selectors{
		TrailARN: aws.ToString(t.TrailARN), HomeRegion: aws.ToString(t.HomeRegion),
		IsMultiRegionTrail: aws.ToBool(t.IsMultiRegionTrail), IsOrganizationTrail: aws.ToBool(t.IsOrganizationTrail),
	}
	status, err := client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: t.TrailARN}, at(t.HomeRegion))
	if err != nil {
		return out, err
	}
	out.IsLogging = aws.ToBool(status.IsLogging)
	chosen, err := client.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: t.TrailARN}, at(t.HomeRegion))
	if err != nil {
		return out, err
	}
	out.EventSelectors, out.AdvancedEventSelectors = chosen.EventSelectors, chosen.AdvancedEventSelectors
	return out, nil
}
