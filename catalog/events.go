package catalog

import (
	_ "embed" // for the tables
	"slices"
	"strings"

	"github.com/pruner/pruner/iam"
)

//go:embed data/service_prefixes.tsv
var servicePrefixes string

//go:embed data/event_aliases.tsv
var eventAliases string

//go:embed data/apigateway_ops.tsv
var apigatewayOps string

// events is how CloudTrail's names become actions.
type events struct {
	prefixes map[string][]string          // eventSource → prefixes
	sources  map[string][]string          // prefix → eventSources
	aliases  map[string]map[string]*Alias // eventSource → folded eventName
	gateway  map[string][]GatewayOp       // folded operation
}

// Alias is an event whose name is not its action's.
type Alias struct {
	Actions []iam.Action
	None    bool // the call needs no permission
	event   string
}

// GatewayOp is an API Gateway operation: the action is the HTTP verb, the
// resource the path.
type GatewayOp struct {
	Version  string // "v1" or "v2"
	Verb     string
	Template string // ARN template
}

func (c *Catalog) loadEvents() {
	c.events = events{map[string][]string{}, map[string][]string{}, map[string]map[string]*Alias{}, map[string][]GatewayOp{}}
	for _, f := range rows(servicePrefixes) {
		if f[2] != "no-iam" {
			c.events.prefixes[f[0]] = strings.Split(f[1], "|")
		}
		if f[2] == "no-iam" || f[2] == "sdk-endpoint" {
			continue // no event bears the latter
		}
		for _, p := range c.events.prefixes[f[0]] {
			c.events.sources[p] = append(c.events.sources[p], f[0])
		}
	}
	for _, f := range rows(eventAliases) {
		c.addAlias(f[0], f[1], f[2], f[3])
	}
	for _, f := range rows(apigatewayOps) {
		op := strings.ToLower(f[1])
		c.events.gateway[op] = append(c.events.gateway[op], GatewayOp{f[0], f[2], f[4]})
	}
}

func (c *Catalog) addAlias(source, names, actions, kind string) {
	if kind != "rename" && kind != "multi" && kind != "none" || source == "*" {
		return
	}
	alias := Alias{None: kind == "none" || actions == "-"}
	if !alias.None {
		for a := range strings.SplitSeq(actions, ",") {
			alias.Actions = append(alias.Actions, iam.Action(strings.TrimSpace(a)))
		}
	}
	byName := c.events.aliases[source]
	if byName == nil {
		byName = map[string]*Alias{}
		c.events.aliases[source] = byName
	}
	for name := range strings.SplitSeq(names, "|") {
		named := alias
		named.event = name
		byName[strings.ToLower(name)] = &named
	}
}

// rows splits a table into fields, without its header.
func rows(table string) [][]string {
	var out [][]string
	for line := range strings.Lines(table) {
		f := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if len(f) > 1 {
			out = append(out, f)
		}
	}
	return slices.Delete(out, 0, 1)
}

// Prefixes gives the service prefixes an eventSource can stand for: the table,
// else the part before .amazonaws.com if it is a known prefix.
func (c *Catalog) Prefixes(eventSource string) []string {
	if p := c.events.prefixes[eventSource]; p != nil {
		return p
	}
	name := strings.TrimSuffix(eventSource, ".amazonaws.com")
	if _, ok := c.services[name]; ok {
		return []string{name}
	}
	return nil
}

// Alias gives the entry for an event whose name is not its action's, or nil.
func (c *Catalog) Alias(eventSource, eventName string) *Alias {
	return c.events.alias(eventSource, strings.ToLower(eventName))
}

func (e *events) alias(source, folded string) *Alias {
	byName := e.aliases[source]
	if byName == nil {
		return nil
	}
	if a := byName[folded]; a != nil {
		return a
	}
	return byName["*"]
}

// Gateway gives the API Gateway operations of a name, of both versions.
func (c *Catalog) Gateway(operation string) []GatewayOp {
	return c.events.gateway[strings.ToLower(operation)]
}
