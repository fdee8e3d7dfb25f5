package main

import (
	_ "embed"
	"strings"
)

// services.tsv lists the services that a last-accessed report names for a
// policy that allows everything: namespace, name.
//
//go:embed services.tsv
var servicesTable string

func allServices() []string {
	var all []string
	for line := range strings.Lines(servicesTable) {
		namespace, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
		all = append(all, namespace)
	}
	return all
}

func serviceName(namespace string) string {
	for line := range strings.Lines(servicesTable) {
		if n, name, _ := strings.Cut(strings.TrimSpace(line), "\t"); n == namespace {
			return name
		}
	}
	panic("services.tsv has no " + namespace)
}
