package main

import "time"

// The sample's stretch of time. It begins a few days before the 90-day window
// that ends on the last day, so that some use is seen before the window only.
var (
	firstDay = time.Date(2026, 7, 29, 0, 0, 0, 0, time.UTC)
	lastDay  = time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC)
)

// The hour that is missing from the logs of prod's main region: no file with
// its events was ever delivered.
var missingHour = time.Date(2026, 9, 17, 14, 0, 0, 0, time.UTC)

const (
	home       = "us-east-1"     // home region of the global services
	mainRegion = "eu-west-1"     // where the organisation works
	gov        = "us-gov-west-1" // where its government branch works
)

// world is a made-up organisation over a stretch of time.
type world struct {
	first, last time.Time // first and last day
	snapshot    time.Time // the last day that the snapshot knows of
	accounts    []*account
	roles       []*role
	missing     func(*lane, time.Time) bool // hours of which no file was delivered
	managed     []*managed                  // the organisation's own managed policies
	users       []heldUser                  // who hold policies of generated roles
	idle        []*role                     // generated roles that do nothing
	grown       bool                        // made up from a seed, not told in stories
}

// sampleWorld is the organisation of testdata/cloudtrail.
func sampleWorld() *world {
	return &world{
		first: firstDay, last: lastDay, snapshot: lastDay, accounts: accounts, roles: allRoles(), managed: ownPolicies(),
		missing: func(l *lane, hour time.Time) bool {
			return l.account == prod && l.region == mainRegion && hour.Equal(missingHour)
		},
	}
}

// days lists the days of the world up to one.
func (w *world) days(until time.Time) []time.Time {
	var days []time.Time
	for day := w.first; !day.After(until); day = day.AddDate(0, 0, 1) {
		days = append(days, day)
	}
	return days
}

// account is an AWS account of the sample.
type account struct {
	ID, Name     string
	Partition    string
	Organisation string   // the organisation of its trail
	Path         []string // root and organisational units
	Management   bool
	Regions      []string // regions with activity in every hour
}

// The accounts. The government branch has an organisation of its own, as
// every GovCloud account has: organisations do not cross partitions.
var (
	management = &account{
		ID: "111122223333", Name: "acme-management", Partition: "aws", Organisation: organisationID,
		Path: []string{"r-ac01"}, Management: true, Regions: []string{home},
	}
	prod = &account{
		ID: "444455556666", Name: "acme-shop-prod", Partition: "aws", Organisation: organisationID,
		Path: []string{"r-ac01", "ou-ac01-workload"}, Regions: []string{home, mainRegion},
	}
	staging = &account{
		ID: "777788889999", Name: "acme-shop-staging", Partition: "aws", Organisation: organisationID,
		Path: []string{"r-ac01", "ou-ac01-workload"}, Regions: []string{home, mainRegion},
	}
	logArchive = &account{
		ID: "222233334444", Name: "acme-log-archive", Partition: "aws", Organisation: organisationID,
		Path: []string{"r-ac01", "ou-ac01-security"}, Regions: []string{mainRegion},
	}
	government = &account{
		ID: "555566667777", Name: "acme-gov-cases", Partition: "aws-us-gov", Organisation: "o-gv01c4se5x",
		Path: []string{"r-gv01"}, Regions: []string{gov},
	}
	accounts = []*account{management, prod, logArchive, staging, government}
)

const organisationID = "o-ac01m3sh0p"

// arn is the beginning of an ARN of an IAM entity in the account.
func (a *account) arn(rest string) string {
	return "arn:" + a.Partition + ":iam::" + a.ID + ":" + rest
}
