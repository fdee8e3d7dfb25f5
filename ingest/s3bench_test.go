package ingest

import (
	"strconv"
	"testing"
	"time"

	"github.com/pruner/pruner/ingest/s3test"
)

// BenchmarkBucket ingests small objects over HTTP from a server on this machine
// that answers after 20 ms. The share is of what the latency allows:
// in-flight requests / 20 ms.
func BenchmarkBucket(b *testing.B) {
	const latency = 20 * time.Millisecond
	for _, inFlight := range []int{8, 32, 128, 256} {
		b.Run(strconv.Itoa(inFlight), func(b *testing.B) {
			server := s3Server(b)
			objects := 256 * inFlight // so that 5 s pass at the least
			for n := range objects {
				at := suiteDay.Add(time.Duration(n) * time.Second)
				server.Put(keyAt(false, "111122223333", "eu-west-1", at, n), oneEvent("111122223333", "eu-west-1", at, n), nil)
			}
			server.SetFaults(s3test.Faults{Latency: latency})
			for b.Loop() {
				src := mustOpen(b, SourceOptions{InFlight: inFlight}, "s3://logs")
				got := benchRun(b, src, Options{Memory: 256 << 20})
				speed := float64(got.Objects) / got.Seconds
				b.ReportMetric(speed, "objects/s")
				b.ReportMetric(100*speed*latency.Seconds()/float64(inFlight), "%_of_latency")
			}
		})
	}
}
