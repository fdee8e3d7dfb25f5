//go:build !duckdb_arrow

package store

// The build fails here without DuckDB's Arrow interface: go build -tags
// duckdb_arrow (make sets it).
var _ = the_build_needs_the_tag_duckdb_arrow
