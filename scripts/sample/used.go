package main

import (
	"slices"
	"strings"
	"time"
)

// use is the last call of a role to a service, denied ones included: that is
// how IAM counts.
type use struct {
	last   time.Time
	region string
}

// uses finds, by role ID and service namespace, when the sample's logs and the
// work that is not in them last touched a service.
func (w *world) uses(seed uint64) map[string]map[string]use {
	used := map[string]map[string]use{}
	for _, l := range w.lanes(seed) {
		for _, day := range w.days(w.snapshot) {
			for _, e := range l.entries(day, 1) {
				task := &l.works[e.work]
				c := &task.job.Calls[e.call]
				if c.Identity == "" {
					note(used, task.role, namespace(c.Source), use{time.Unix(e.unix, 0).UTC(), l.region})
				}
			}
		}
	}
	for _, r := range w.roles {
		for _, service := range r.Unlogged {
			evening := w.snapshot.Add(22*time.Hour + time.Duration(seeded(seed, r.id(), service).below(3600))*time.Second)
			note(used, r, service, use{evening, r.Account.Regions[len(r.Account.Regions)-1]})
		}
	}
	return used
}

func note(used map[string]map[string]use, r *role, service string, u use) {
	services := used[r.id()]
	if services == nil {
		services = map[string]use{}
		used[r.id()] = services
	}
	if u.last.After(services[service].last) {
		services[service] = u
	}
}

// namespace is the IAM prefix of an event source.
func namespace(source string) string {
	switch source {
	case "monitoring":
		return "cloudwatch"
	case "tagging":
		return "tag"
	}
	return source
}

// accessReport is what `aws iam get-service-last-accessed-details` prints, and
// the ARN it was asked for.
type accessReport struct {
	Arn                  string
	JobStatus, JobType   string
	JobCreationDate      string
	ServicesLastAccessed []serviceAccess
	JobCompletionDate    string
	IsTruncated          bool
}

type serviceAccess struct {
	ServiceName                string
	LastAuthenticated          string `json:",omitempty"`
	ServiceNamespace           string
	LastAuthenticatedEntity    string `json:",omitempty"`
	LastAuthenticatedRegion    string `json:",omitempty"`
	TotalAuthenticatedEntities int
}

// lastAccessed is a report per role of the account that can have one. The
// report lists every service that the role's policies allow.
func (w *world) lastAccessed(a *account, used map[string]map[string]use) []accessReport {
	reports := []accessReport{}
	for _, r := range w.roles {
		if r.Account != a || r.gone() || len(r.Granted) == 0 {
			continue
		}
		reports = append(reports, w.accessReport(r.arn(), r.Granted, used[r.id()]))
	}
	for _, u := range w.users {
		if u.account == a {
			reports = append(reports, w.accessReport(u.arn(), u.granted, nil))
		}
	}
	slices.SortFunc(reports, func(x, y accessReport) int { return strings.Compare(x.Arn, y.Arn) })
	return reports
}

func (w *world) accessReport(arn string, granted []string, used map[string]use) accessReport {
	report := accessReport{
		Arn: arn, JobStatus: "COMPLETED", JobType: "SERVICE_LEVEL",
		JobCreationDate:   cliTime(w.snapshot.Add(23*time.Hour + 58*time.Minute)),
		JobCompletionDate: cliTime(w.snapshot.Add(23*time.Hour + 59*time.Minute)),
	}
	services := slices.Clone(granted)
	if granted[0] == "*" {
		services = allServices()
	}
	slices.Sort(services)
	for _, service := range slices.Compact(services) {
		report.ServicesLastAccessed = append(report.ServicesLastAccessed, access(arn, service, used))
	}
	return report
}

func access(arn, service string, used map[string]use) serviceAccess {
	line := serviceAccess{ServiceName: serviceName(service), ServiceNamespace: service}
	if u, known := used[service]; known {
		line.LastAuthenticated = cliTime(u.last)
		line.LastAuthenticatedEntity = arn
		line.LastAuthenticatedRegion = u.region
		line.TotalAuthenticatedEntities = 1
	}
	return line
}

// cliTime is a time as the AWS CLI prints it.
func cliTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05+00:00") }
