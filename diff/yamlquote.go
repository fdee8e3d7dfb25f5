package diff

import (
	"errors"
	"strings"
)

// What CloudFormation or the Serverless Framework would read as more than a
// text is not written.
//
// Source: CloudFormation User Guide, "Get values stored in other services using
// dynamic references".
var (
	errDynamic  = errors.New("CloudFormation would resolve {{resolve:…}} in the new element")
	errNotSub   = errors.New("the new element needs an expression that Fn::Sub cannot hold")
	errOpen     = errors.New("Fn::Sub has no way to write a ${ that nothing closes")
	errVariable = errors.New("the Serverless Framework would read ${…} as a variable of its own")
)

// plainYAML: letters, digits and a few marks, beginning with a letter, are a
// string to every YAML reader, unless they are one of its words. Inside
// brackets, braces end it.
func plainYAML(text string, flow bool) bool {
	switch strings.ToLower(text) {
	case "", "true", "false", "yes", "no", "on", "off", "null", "y", "n":
		return false
	}
	marks := ":/*._-$+=@"
	if !flow {
		marks += "{}"
	}
	for i := range len(text) {
		c := text[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		other := c >= '0' && c <= '9' || strings.IndexByte(marks, c) >= 0
		if !letter && (i == 0 || !other) {
			return false
		}
	}
	return !strings.HasSuffix(text, ":")
}

// singleYAML: between single quotes a text of visible ASCII stands for itself.
func singleYAML(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}
