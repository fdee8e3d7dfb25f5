package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/pruner/pruner/ingest/s3test"
)

// serveS3 is the command of scripts that serves a folder as a bucket:
//
//	s3 serve BUCKET DIR [latency=20ms] [fail=N] [slow=N] [cut=N] [deny=OPERATION]
//
// It points the SDK's configuration at the server, which ends with the script.
func serveS3(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || args[0] != "serve" {
		ts.Fatalf("usage: s3 serve BUCKET DIR [fault…]")
	}
	server := s3test.New(args[1])
	ts.Defer(server.Close)
	ts.Check(server.Load(ts.MkAbs(args[2])))
	faults := s3test.Faults{Deny: map[string]string{}}
	for _, fault := range args[3:] {
		ts.Check(setFault(&faults, fault))
	}
	server.SetFaults(faults)
	for name, value := range pointAt(server) {
		ts.Setenv(name, value)
	}
}

// pointAt is an environment in which the SDK asks the server.
func pointAt(server *s3test.Server) map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
	}
}

func setFault(f *s3test.Faults, text string) (err error) {
	name, value, _ := strings.Cut(text, "=")
	switch name {
	case "latency":
		f.Latency, err = time.ParseDuration(value)
	case "fail":
		f.InternalNth, err = strconv.Atoi(value)
	case "slow":
		f.SlowDownNth, err = strconv.Atoi(value)
	case "cut":
		f.CutNth, err = strconv.Atoi(value)
	case "deny":
		f.Deny[value] = ""
	default:
		err = fmt.Errorf("no fault %q", text)
	}
	return err
}
