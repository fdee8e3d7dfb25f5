package main

import (
	"io"
	"time"

	"github.com/pruner/pruner/ingest"
)

// sources opens what logs are read from, all of it before any is read.
func (s *settings) sources(uris []string, stdin io.Reader) ([]ingest.Source, error) {
	options := ingest.SourceOptions{Window: s.Window, End: s.AsOf.fixed(), Stdin: stdin}
	var sources []ingest.Source
	for _, uri := range uris {
		source, err := options.Open(uri)
		if err != nil {
			return nil, usageError("%w", err)
		}
		sources = append(sources, source)
	}
	return sources, nil
}

// fixed is the end of the window if it is known before anything is read; zero
// for latest.
func (a asOf) fixed() time.Time {
	if a.word == "now" || a.word == "" && !a.date.IsZero() {
		return a.end(time.Time{})
	}
	return time.Time{}
}
