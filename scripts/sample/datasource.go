package main

import (
	"encoding/json"
	"slices"
	"strings"
)

// fromDataSource gives a document the shape that Terraform's
// aws_iam_policy_document writes: lists in reverse order, lists of one as a
// text. The account holds it so, whatever the order in the code.
func fromDataSource(document string) string {
	var d struct {
		Version   string
		Statement []struct {
			Sid       string
			Effect    string
			Action    reversed        `json:",omitempty"`
			NotAction reversed        `json:",omitempty"`
			Resource  reversed        `json:",omitempty"`
			Condition json.RawMessage `json:",omitempty"`
		}
	}
	if err := json.Unmarshal([]byte(document), &d); err != nil {
		panic(err) // the documents of the stories are constants
	}
	text, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// reversed is a list of texts as the data source writes it.
type reversed []string

func (r *reversed) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		*r = reversed{""}
		return json.Unmarshal(text, &(*r)[0])
	}
	return json.Unmarshal(text, (*[]string)(r))
}

func (r reversed) MarshalJSON() ([]byte, error) {
	if len(r) == 1 {
		return json.Marshal(r[0])
	}
	list := slices.Clone(r)
	slices.SortFunc(list, func(a, b string) int { return strings.Compare(b, a) })
	return json.Marshal([]string(list))
}
