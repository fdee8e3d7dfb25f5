package ingest

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2" // the other reader
	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/store"
	"github.com/pruner/pruner/trail"
)

// tuple is one row of the fold that both readers make: every field that ingest
// folds by and DuckDB can name.
type tuple struct {
	Role, Kind, Caller, Invoker, Account, Region, Source, Name, Type, Category, Error, Endpoint string
	Resources, Bucket, Key                                                                      string
	Day                                                                                         int32
	First, Last                                                                                 int64
}

// readJSON folds the logs with DuckDB's own reader, into a table as ingest does.
const readJSON = `
	CREATE TABLE fold AS
	WITH record AS (
		SELECT unnest(Records) AS r FROM read_json(?, columns = {'Records': 'STRUCT(
			eventTime TIMESTAMP, eventSource VARCHAR, eventName VARCHAR, eventType VARCHAR, eventCategory VARCHAR, eventID VARCHAR,
			errorCode VARCHAR, awsRegion VARCHAR, recipientAccountId VARCHAR, vpcEndpointId VARCHAR,
			userIdentity STRUCT(type VARCHAR, accountId VARCHAR, invokedBy VARCHAR, sessionContext STRUCT(sessionIssuer STRUCT(arn VARCHAR))),
			resources STRUCT(ARN VARCHAR, ARNPrefix VARCHAR, accountId VARCHAR, type VARCHAR)[],
			requestParameters STRUCT(bucketName VARCHAR, key VARCHAR))[]'}, maximum_object_size = 1000000000)
	)
	SELECT coalesce(r.userIdentity.sessionContext.sessionIssuer.arn, '') AS role, coalesce(r.userIdentity.type, '') AS kind,
		coalesce(r.userIdentity.accountId, '') AS caller, coalesce(r.userIdentity.invokedBy, '') AS invoker,
		coalesce(r.recipientAccountId, r.userIdentity.accountId, '') AS account,
		r.awsRegion AS region, r.eventSource AS source, trim(r.eventName) AS name, coalesce(r.eventType, '') AS type,
		coalesce(r.eventCategory, '') AS category, coalesce(r.errorCode, '') AS error, coalesce(r.vpcEndpointId, '') AS endpoint,
		coalesce(list_aggregate(list_sort(list_transform(r.resources, lambda x: coalesce(x.ARN, x.ARNPrefix || '*'))), 'string_agg', ' '), '') AS resources,
		coalesce(r.requestParameters.bucketName, '') AS bucket, CASE WHEN r.requestParameters.key LIKE '{%' THEN '' ELSE coalesce(r.requestParameters.key, '') END AS key, -- a DynamoDB key is an object
		epoch(r.eventTime)::BIGINT // 86400 AS day,
		min(epoch(r.eventTime)::BIGINT) AS first, max(epoch(r.eventTime)::BIGINT) AS last, min(r.eventID) AS id
	FROM record GROUP BY ALL`

func byReadJSON(t testing.TB, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", filepath.Join(t.TempDir(), "fold.duckdb"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Exec(readJSON, filepath.Join(dir, "**", "*.json.gz")); err != nil {
		t.Fatal(err)
	}
	return db
}

func tuples(t *testing.T, db *sql.DB) (out []tuple) {
	t.Helper()
	rows, err := db.Query(`SELECT * EXCLUDE (id) FROM fold ORDER BY ALL`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r tuple
		if err := rows.Scan(&r.Role, &r.Kind, &r.Caller, &r.Invoker, &r.Account, &r.Region, &r.Source, &r.Name, &r.Type, &r.Category,
			&r.Error, &r.Endpoint, &r.Resources, &r.Bucket, &r.Key, &r.Day, &r.First, &r.Last); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// byIngest makes the same tuples of what the store holds.
func byIngest(t *testing.T, st *store.Store) map[tuple]tuple {
	t.Helper()
	fold := map[tuple]tuple{}
	for o, err := range st.Observations(context.Background(), store.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		key := keyOf(o)
		r, have := fold[key]
		if !have {
			r = key
			r.First, r.Last = o.First.Unix(), o.Last.Unix()
		}
		r.First, r.Last = min(r.First, o.First.Unix()), max(r.Last, o.Last.Unix())
		fold[key] = r
	}
	return fold
}

func keyOf(o *trail.Observation) tuple {
	var arns []string
	for _, r := range o.Resources {
		arns = append(arns, r.ARN)
	}
	slices.Sort(arns)
	key := tuple{
		Role: o.Identity.IssuerARN, Kind: o.Identity.Type, Caller: o.Identity.Account, Invoker: o.Identity.InvokedBy,
		Account: o.Account, Region: o.Region, Source: o.EventSource, Name: o.EventName, Type: o.EventType, Category: o.Category,
		Error: o.ErrorCode, Endpoint: o.VPCEndpoint, Resources: strings.Join(arns, " "), Day: int32(o.Day),
	}
	for _, p := range o.Params {
		switch p.Path {
		case "bucketName":
			key.Bucket = p.Value
		case "key":
			key.Key = p.Value
		}
	}
	return key
}

// TestSameAsReadJSON: DuckDB's JSON reader sees what ingest sees, row by row, in
// the bundled sample or in PRUNER_BENCH_LOGS.
func TestSameAsReadJSON(t *testing.T) {
	if testing.Short() {
		t.Skip("reads everything twice")
	}
	dir := os.Getenv("PRUNER_BENCH_LOGS")
	if dir == "" {
		dir = "../testdata/cloudtrail/logs"
	}
	st := openStore(t)
	ingestFolder(t, st, dir, Options{})
	have, want := byIngest(t, st), tuples(t, byReadJSON(t, dir))
	if len(want) == 0 || len(have) != len(want) {
		t.Errorf("%d rows, DuckDB has %d", len(have), len(want))
	}
	for _, w := range want {
		key := w
		key.First, key.Last = 0, 0
		if diff := cmp.Diff(w, have[key]); diff != "" {
			t.Fatal(diff)
		}
	}
}
