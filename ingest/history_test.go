package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// historyServer answers STS and LookupEvents as AWS does, with 50 events of
// each day and region a page, and refuses every third page for its rate.
type historyServer struct {
	perDay int
	denied string // region
	bad    bool   // one event of each day is no JSON

	mu     sync.Mutex
	serial int
	pages  map[string]int // by region, day and token: how often it was given
}

func (s *historyServer) start(t *testing.T) {
	http := httptest.NewServer(s)
	t.Cleanup(http.Close)
	s3Server(t) // for its environment
	t.Setenv("AWS_ENDPOINT_URL", http.URL)
}

func (s *historyServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), "LookupEvents") {
		fmt.Fprint(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>`+
			`<Arn>arn:aws:iam::111122223333:user/u</Arn><UserId>AIDA</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	region := strings.Split(r.Header.Get("Authorization"), "/")[2]
	switch {
	case region == s.denied:
		s.refuse(w, "AccessDeniedException", "not authorized to perform: cloudtrail:LookupEvents")
	case s.serial%3 == 0:
		s.refuse(w, "ThrottlingException", "Rate exceeded")
	default:
		s.answer(w, r, region)
	}
}

func (s *historyServer) refuse(w http.ResponseWriter, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-ErrorType", code)
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `{"__type":%q,"message":%q}`, code, message)
}

func (s *historyServer) answer(w http.ResponseWriter, r *http.Request, region string) {
	var in struct {
		StartTime, EndTime float64
		MaxResults         int
		NextToken          string
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		s.refuse(w, "SerializationException", err.Error())
		return
	}
	from := time.Unix(int64(in.StartTime), 0).UTC()
	if s.pages == nil {
		s.pages = map[string]int{}
	}
	s.pages[region+from.Format("0102")+in.NextToken]++
	at, _ := strconv.Atoi(in.NextToken)
	type found struct{ CloudTrailEvent string }
	out := map[string]any{}
	var events []found
	for ; at < s.perDay && len(events) < in.MaxResults; at++ {
		text := string(event("111122223333", region, fmt.Sprint(region, from.Format("0102"), at), from.Add(time.Duration(at)*time.Minute)))
		if s.bad && at == 7 {
			text = "not an event"
		}
		events = append(events, found{text})
	}
	if out["Events"] = events; at < s.perDay {
		out["NextToken"] = strconv.Itoa(at)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	json.NewEncoder(w).Encode(out)
}

func historyOptions(now time.Time) SourceOptions {
	return SourceOptions{Now: now, Window: 4, Backoff: time.Millisecond}
}

func TestHistory(t *testing.T) {
	server := &historyServer{perDay: 120, bad: true}
	server.start(t)
	st := suiteStore(t)
	now := suiteDay.Add(12 * time.Hour)
	open := func(now time.Time) Source {
		return mustOpen(t, historyOptions(now), "event-history:eu-west-1,us-east-1")
	}
	// Three whole days of two regions; an event of each makes no sense.
	runSuite(t, st, open(now), 6, 6*119, 6)
	again := 0 // as where a connection broke: then a page is asked for twice
	for _, n := range server.pages {
		again += n - 1
	}
	if len(server.pages) != 6*3 || again > 2 {
		t.Errorf("%d pages, want 18; %d asked for again", len(server.pages), again)
	}
	runSuite(t, st, open(now), 0, 0, 0)
	// The day is over, but only just.
	runSuite(t, st, open(suiteDay.AddDate(0, 0, 1).Add(30*time.Minute)), 0, 0, 0)
	runSuite(t, st, open(suiteDay.AddDate(0, 0, 1).Add(2*time.Hour)), 2, 2*119, 2)
	accounts, err := st.AccountsBelow(context.Background(), HistoryPrefix)
	if err != nil || len(accounts) != 1 || accounts[0] != "111122223333" {
		t.Errorf("accounts %v, %v", accounts, err)
	}
}

func TestHistoryOfTheConfiguredRegion(t *testing.T) {
	(&historyServer{perDay: 1}).start(t)
	runSuite(t, suiteStore(t), mustOpen(t, historyOptions(suiteDay), "event-history"), 2, 2, 0)
}

// TestHistoryDenied: what one region refuses does not end the others, but
// the run says it, and the next one tries again.
func TestHistoryDenied(t *testing.T) {
	server := &historyServer{perDay: 10, denied: "us-east-1"}
	server.start(t)
	st := suiteStore(t)
	src := mustOpen(t, historyOptions(suiteDay.Add(2*time.Hour)), "event-history:us-east-1,eu-west-1")
	got, err := Run(context.Background(), st, []Source{src}, Options{})
	if err == nil || !strings.Contains(err.Error(), "cloudtrail:LookupEvents") || got.Objects != 3 {
		t.Errorf("%+v, %v", got, err)
	}
	server.denied = ""
	runSuite(t, st, mustOpen(t, historyOptions(suiteDay.Add(2*time.Hour)), "event-history:us-east-1,eu-west-1"), 3, 30, 0)
}

func TestHistoryCancel(t *testing.T) {
	(&historyServer{perDay: 60}).start(t)
	st := suiteStore(t)
	ctx, cancel := context.WithCancel(context.Background())
	open := func() Source {
		return mustOpen(t, historyOptions(suiteDay.Add(2*time.Hour)), "event-history:us-east-1,eu-west-1")
	}
	got, err := Run(ctx, st, []Source{stopping{open(), 3, cancel}}, Options{Jobs: 1})
	if !errors.Is(err, context.Canceled) || got.Objects >= 6 {
		t.Fatalf("%+v, %v", got, err)
	}
	rest := 6 - int(got.Objects)
	runSuite(t, st, open(), rest, 60*rest, 0)
}
