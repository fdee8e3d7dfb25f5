package diff

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/pruner/pruner/synth"
)

// State says which block of the code made which policy of an account. Of a
// Terraform state or plan only type, address, arn, name and id are read: the
// rest may be secret.
type State struct {
	folder string // of the root module, or the file of the template
	made   []made
}

type made struct{ kind, address, arn, name, id string }

// ReadState reads what `terraform show -json` prints of a state or plan of the
// root module in a folder of the repo, or what `aws cloudformation
// describe-stack-resources` prints of a stack of the template at a path.
//
// Source: Terraform, "JSON Output Format"; AWS CLI, describe-stack-resources.
func ReadState(where, path string) (*State, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the state of %s: %w", where, err)
	}
	var doc stateDocument
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("read the state of %s in %s: %w; it must be what `terraform show -json` prints", where, path, err)
	}
	s := &State{folder: strings.Trim(strings.TrimPrefix(where, "./"), "/")}
	for _, values := range []*stateValues{doc.Values, doc.Prior.Values, doc.Planned} {
		if values != nil {
			s.module(&values.Root)
		}
	}
	for _, r := range doc.Stack {
		s.made = append(s.made, made{kind: r.Type, address: r.Logical, arn: r.Physical, name: r.Physical})
	}
	if len(s.made) == 0 {
		return nil, fmt.Errorf("the state of %s in %s names no resource; it must be what `terraform show -json` prints", where, path)
	}
	return s, nil
}

type stateDocument struct {
	Values *stateValues `json:"values"`
	Prior  struct {
		Values *stateValues `json:"values"`
	} `json:"prior_state"`
	Planned *stateValues    `json:"planned_values"`
	Stack   []stackResource `json:"StackResources"`
}

type stackResource struct {
	Type     string `json:"ResourceType"`
	Logical  string `json:"LogicalResourceId"`
	Physical string `json:"PhysicalResourceId"`
}

type stateValues struct {
	Root stateModule `json:"root_module"`
}

type stateModule struct {
	Resources []struct {
		Type    string `json:"type"`
		Address string `json:"address"`
		Values  struct {
			ARN  string `json:"arn"`
			Name string `json:"name"`
			ID   string `json:"id"`
		} `json:"values"`
	} `json:"resources"`
	Children []stateModule `json:"child_modules"`
}

func (s *State) module(m *stateModule) {
	for _, r := range m.Resources {
		s.made = append(s.made, made{r.Type, r.Address, r.Values.ARN, r.Values.Name, r.Values.ID})
	}
	for i := range m.Children {
		s.module(&m.Children[i])
	}
}

// names: the state says that the block at the address makes the policy.
func (s *State) names(f *Found, c *synth.PolicyChange) bool {
	for i := range s.made {
		if s.made[i].makes(c) && s.at(f.Address, s.made[i].address) {
			return true
		}
	}
	return false
}

// index is what count and for_each put behind an address.
var index = regexp.MustCompile(`\[(?:\d+|"(?:[^"\\]|\\.)*")\]`)

// at: the address in the repo is that of the state, its index aside.
func (s *State) at(found, address string) bool {
	if rest, ok := strings.CutPrefix(found, "cfn:"+s.folder+"#"); ok {
		logical, _, _ := strings.Cut(rest, "/")
		return logical == address
	}
	prefix := "tf:" + s.folder + ":"
	if s.folder == "" || s.folder == "." {
		prefix = "tf:"
	}
	rest, ok := strings.CutPrefix(found, prefix)
	if inline, _, is := strings.Cut(rest, "/inline_policy"); is {
		rest = inline
	}
	return ok && (rest == address || rest == index.ReplaceAllString(address, ""))
}

// makes: the resource is the policy, or the role that holds it inline.
//
// Source: Terraform AWS provider, the attributes id of aws_iam_role_policy
// ("role:policy") and aws_ssoadmin_permission_set_inline_policy.
func (m *made) makes(c *synth.PolicyChange) bool {
	switch c.Kind {
	case synth.CustomerManaged:
		return (m.kind == "aws_iam_policy" || m.kind == "AWS::IAM::ManagedPolicy") && m.arn == string(c.ARN)
	case synth.Inline:
		switch m.kind {
		case "aws_iam_role_policy":
			return m.id == c.Owner.Name()+":"+c.Name
		case "aws_iam_role":
			return m.arn == string(c.Owner)
		case "AWS::IAM::Role":
			return m.name == c.Owner.Name()
		}
	}
	return false
}
