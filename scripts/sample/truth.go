package main

// truth is what the sample knows about a role and its logs do not say.
type truth struct {
	Story   string   `json:"story"`             // one sentence
	Needs   []string `json:"needs"`             // "action resource": what it really needs, logged or not
	Retired []string `json:"retired,omitempty"` // used before the window only, no longer needed
	Unseen  []string `json:"unseen,omitempty"`  // needed, and CloudTrail does not show it here
	Expect  []string `json:"expect"`            // what pruner is to say
}

type truthRole struct {
	ARN     string `json:"arn"`
	ID      string `json:"id"`
	Deleted string `json:"deleted,omitempty"`
	truth
}

// writeTruth writes what is known of every role.
func (w *world) writeTruth(path string) error {
	file := struct {
		From  string      `json:"from"`
		To    string      `json:"to"`
		Hole  string      `json:"hole"`
		Roles []truthRole `json:"roles"`
	}{
		From: w.first.Format("2006-01-02"), To: w.last.Format("2006-01-02"),
		Hole: prod.ID + " " + mainRegion + " " + missingHour.Format("2006-01-02T15"),
	}
	for _, r := range w.roles {
		file.Roles = append(file.Roles, truthRole{r.arn(), r.id(), r.Deleted, r.Truth})
	}
	return writeJSON(path, file)
}
