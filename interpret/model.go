package interpret

import (
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

// geographies begin the identifiers of inference profiles that route a call to
// any region of theirs.
//
// Source: Bedrock User Guide, "Supported Regions and models for inference
// profiles".
var geographies = []string{"us", "eu", "apac", "us-gov", "global", "jp", "au", "ca"}

// model is what a call of Bedrock is made on: a foundation model by its
// identifier, something else by its ARN. A call through an inference profile is
// authorised on the profile and on the model in each region that the profile
// can route to.
//
// Source: Bedrock API Reference, InvokeModel, modelId; User Guide, "Prerequisites
// for inference profiles".
func (r *resolver) model(*target) []iam.Pattern {
	id := plainARN(first(r.fact, "modelId"))
	if id == "" {
		return nil
	}
	place := iam.Pattern("arn:" + partition(r.fact.Region) + ":bedrock:" + r.fact.Region + ":")
	profile := id
	if strings.HasPrefix(id, "arn:") {
		name, ok := "", false
		if _, name, ok = strings.Cut(id, "inference-profile/"); !ok {
			return []iam.Pattern{iam.Escape(id)}
		}
		profile = name
	}
	geography, base, _ := strings.Cut(profile, ".")
	routed := slices.Contains(geographies, geography)
	models := iam.Pattern("arn:" + partition(r.fact.Region) + ":bedrock:*::foundation-model/")
	switch {
	case profile != id && !routed:
		return []iam.Pattern{models + "*", iam.Escape(id)} // an application's profile does not tell its model
	case profile != id:
		return []iam.Pattern{models + iam.Escape(base), iam.Escape(id)}
	case routed:
		return []iam.Pattern{models + iam.Escape(base), place + iam.Pattern(r.fact.Account) + ":inference-profile/" + iam.Escape(id)}
	}
	return []iam.Pattern{place + ":foundation-model/" + iam.Escape(id)}
}
