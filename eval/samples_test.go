package eval

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/iam"
)

type samplePair struct {
	Name       string      `json:"name"`
	PolicyType string      `json:"policyType"`
	Existing   *iam.Policy `json:"existing"`
	New        *iam.Policy `json:"new"`
	Expected   string      `json:"expected"`
}

func TestAWSSamples(t *testing.T) {
	f, err := os.Open("../../shared/containment/aws-samples.jsonl")
	if err != nil {
		t.Skip("the labelled pairs are not here: ", err)
	}
	defer f.Close()
	e := New(catalog.Default())
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<22)
	counts := map[string]int{}
	for s.Scan() {
		var raw map[string]json.RawMessage
		if err := json.Unmarshal(s.Bytes(), &raw); err != nil {
			t.Fatal(err)
		}
		var p samplePair
		if err := json.Unmarshal(s.Bytes(), &p); err != nil {
			t.Errorf("%s: %v", raw["name"], err)
			continue
		}
		kind := IdentityPolicy
		if p.PolicyType == "RESOURCE_POLICY" {
			kind = ResourcePolicy
		}
		got := e.Contain([]Named{{"old", p.Existing}}, []Named{{"new", p.New}}, kind)
		counts[p.Expected+"→"+string(got.Result)]++
	}
	t.Log(counts)
}
