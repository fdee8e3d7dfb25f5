//go:build unix

package ingest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pruner/pruner/ingest/s3test"
)

const benchLatency = 20 * time.Millisecond

// BenchmarkBucket ingests small objects over HTTP from a server on this machine
// that answers after 20 ms. The share is of what the latency allows: in-flight
// requests / 20 ms. The server is another process, so that the processor time is
// what this one takes; the processors it has to share.
func BenchmarkBucket(b *testing.B) {
	for _, inFlight := range []int{8, 32, 128, 256} {
		b.Run(strconv.Itoa(inFlight), func(b *testing.B) {
			serveElsewhere(b, 256*inFlight) // so that 5 s pass at the least
			for b.Loop() {
				src := mustOpen(b, SourceOptions{InFlight: inFlight}, "s3://logs")
				before := processorTime(b)
				got := benchRun(b, src, Options{Memory: 256 << 20})
				spent := processorTime(b) - before
				speed := float64(got.Objects) / got.Seconds
				b.ReportMetric(speed, "objects/s")
				b.ReportMetric(100*speed*benchLatency.Seconds()/float64(inFlight), "%_of_latency")
				b.ReportMetric(float64(spent.Microseconds())/float64(got.Objects), "cpu-µs/object")
			}
		})
	}
}

// serveElsewhere starts a process that serves so many objects of one event.
func serveElsewhere(b *testing.B, objects int) {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestServe$")
	cmd.Env = append(os.Environ(), fmt.Sprint("SERVE_OBJECTS=", objects))
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatalf("the server did not start: %v", err)
	}
	useServer(b, strings.TrimSpace(url))
}

// TestServe is the process that serveElsewhere starts. It ends when its input
// does.
func TestServe(t *testing.T) {
	objects, err := strconv.Atoi(os.Getenv("SERVE_OBJECTS"))
	if err != nil {
		t.Skip("BenchmarkBucket starts this one")
	}
	server := s3Server(t)
	for n := range objects {
		at := suiteDay.Add(time.Duration(n) * time.Second)
		server.Put(keyAt(false, "111122223333", "eu-west-1", at, n), oneEvent("111122223333", "eu-west-1", at, n), nil)
	}
	server.SetFaults(s3test.Faults{Latency: benchLatency})
	fmt.Println(server.URL)
	io.Copy(io.Discard, os.Stdin)
}
