package usage

import (
	"slices"
	"strings"
	"time"

	"github.com/pruner/pruner/account"
	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/trail"
)

// Settle brings usage and the account together, in place. Use that a log left
// without a unique ID or with a session's ARN, which never carries the role's
// path, goes to the role it can only belong to. And the changes that the
// events show are noted in the organisation: when a role's policies and when a
// trail were last touched.
func Settle(all map[Key]*Usage, org *account.Organization) {
	k := newKeeper(org)
	k.adopt(all)
	for _, u := range all {
		k.noteChanges(u)
	}
}

// keeper knows the organisation's roles by what events call them.
type keeper struct {
	org          *account.Organization
	byID, byName map[string]*account.Role
	byPattern    map[iam.Pattern]*account.Role
}

func newKeeper(org *account.Organization) *keeper {
	k := &keeper{org: org, byID: map[string]*account.Role{}, byName: map[string]*account.Role{}, byPattern: map[iam.Pattern]*account.Role{}}
	for _, a := range org.Accounts {
		for _, r := range a.Roles {
			k.byName[nameKey(r.ARN)] = r
			k.byPattern[iam.Escape(string(r.ARN))] = r
			if r.ID != "" {
				k.byID[r.ID] = r
			}
		}
	}
	return k
}

// keyOf is the key of the role that an incomplete key can only belong to. A key
// with the ID of another role than the one there now stays alone: that role was
// deleted and made again. Without any ID the use may be the older role's;
// counting it keeps, and never removes.
func (k *keeper) keyOf(key Key) Key {
	r := k.byID[key.ID]
	if key.ID == "" {
		r = k.byName[nameKey(key.ARN)]
	}
	if r == nil {
		return key
	}
	return Key{r.ARN, r.ID}
}

// adopt merges usage under an incomplete key into its role's.
func (k *keeper) adopt(all map[Key]*Usage) {
	for _, key := range sortedKeys(all) {
		target := k.keyOf(key)
		if target == key {
			continue
		}
		if all[target] == nil {
			p := all[key].Principal
			p.ARN, p.ID = target.ARN, target.ID
			all[target] = &Usage{Principal: p, Uses: []Use{}, Denied: []Use{}, Unmapped: []Unmapped{}}
		}
		all[target].merge(all[key])
		delete(all, key)
	}
}

func sortedKeys(all map[Key]*Usage) []Key {
	keys := make([]Key, 0, len(all))
	for k := range all {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareKeys)
	return keys
}

// nameKey is a role without its path: names are unique in an account.
func nameKey(arn iam.ARN) string {
	p, _ := arn.Split()
	if !strings.HasPrefix(p.Resource, "role/") {
		return string(arn)
	}
	return p.Partition + ":" + p.Account + ":" + arn.Name()
}

func (u *Usage) merge(o *Usage) {
	u.Uses = mergeUses(u.Uses, o.Uses)
	u.Denied = mergeUses(u.Denied, o.Denied)
	u.Refusals = mergeRefusals(u.Refusals, o.Refusals)
	u.Unmapped = append(u.Unmapped, o.Unmapped...)
	slices.SortFunc(u.Unmapped, func(a, b Unmapped) int {
		return strings.Compare(a.EventSource+" "+a.EventName+" "+a.EventID, b.EventSource+" "+b.EventName+" "+b.EventID)
	})
	u.Unmapped = slices.CompactFunc(u.Unmapped, func(a, b Unmapped) bool {
		return a.EventSource == b.EventSource && a.EventName == b.EventName
	})
}

// mergeUses joins two lists; equal calls become one with the evidence of both.
func mergeUses(a, b []Use) []Use {
	byKey := map[string]Use{}
	for _, list := range [][]Use{a, b} {
		for _, u := range list {
			key := callKey(&u.Call, u.Outcome)
			if old, ok := byKey[key]; ok {
				u = old.with(u)
			}
			byKey[key] = u
		}
	}
	keys := make([]string, 0, len(byKey))
	for k := range byKey {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := make([]Use, 0, len(keys))
	for _, k := range keys {
		out = append(out, byKey[k])
	}
	return out
}

func (u Use) with(o Use) Use {
	days := slices.Concat(u.Days, o.Days)
	slices.Sort(days)
	u.Days = slices.Compact(days)
	u.Hours |= o.Hours
	u.Apart = u.Apart && o.Apart
	if o.First.Before(u.First) || o.First.Equal(u.First) && o.EventID < u.EventID {
		u.First, u.EventID = o.First, o.EventID
	}
	if o.Last.After(u.Last) {
		u.Last = o.Last
	}
	return u
}

func (k *keeper) noteChanges(u *Usage) {
	for i := range u.Uses {
		k.noteChange(&u.Uses[i])
	}
}

// noteChange reads the calls that grant, and those that change a trail.
//
// Source: CloudTrail User Guide, "Logging IAM and AWS STS API calls"; the
// actions are those of the IAM and CloudTrail API references that add to a
// role's policies or change what a trail records.
func (k *keeper) noteChange(u *Use) {
	if u.Outcome != trail.Allowed {
		return
	}
	switch u.Call.Action {
	case "iam:PutRolePolicy", "iam:AttachRolePolicy":
		for _, p := range u.Call.Resources {
			if r := k.byPattern[p]; r != nil {
				r.Changed = later(r.Changed, u.Last)
			}
		}
	case "cloudtrail:CreateTrail", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors",
		"cloudtrail:StartLogging", "cloudtrail:StopLogging", "cloudtrail:DeleteTrail":
		for _, a := range k.org.Accounts {
			for i := range a.Trails {
				if t := &a.Trails[i]; touches(u.Call.Resources, t.ARN) {
					t.Changed = later(t.Changed, u.Last)
				}
			}
		}
	}
}

// touches: the call may have been about the trail. A pattern with a part that
// the event does not show may be about any that it fits.
func touches(resources []iam.Pattern, t iam.ARN) bool {
	return slices.ContainsFunc(resources, func(p iam.Pattern) bool { return p.OverlapsARN(iam.Escape(string(t))) })
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
