package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pruner/pruner/catalog"
	"github.com/pruner/pruner/store"
)

// planter puts a canary of its own in the place of every text of a record that
// is not one of those it is read by, and knows where each stands.
type planter struct {
	shape  string   // what a canary looks like: %[1]s is it, %[2]s what stood there
	places []string // of the canaries: the path, the event
}

var canaryNumber = regexp.MustCompile(`Cnry([0-9]{6})z`)

// readBy are the members that say what a record is.
var readBy = []string{".eventTime", ".eventSource", ".eventName", ".awsRegion", ".recipientAccountId", ".eventType", ".eventVersion", ".eventCategory", ".readOnly"}

func (p *planter) plant(value any, path, event string) any {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			v[name] = p.plant(member, path+"."+name, event)
		}
	case []any:
		for i, element := range v {
			v[i] = p.plant(element, path+"[]", event)
		}
	case string:
		if slices.Contains(readBy, path) {
			return v
		}
		canary := fmt.Sprintf("Cnry%06dz", len(p.places))
		p.places = append(p.places, path+" of "+event)
		return strings.NewReplacer("%1", canary, "%2", v).Replace(p.shape)
	}
	return value
}

// planted copies the real events with canaries into a folder.
func (p *planter) planted(t *testing.T, from string) string {
	t.Helper()
	to, n := t.TempDir(), 0
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".tsv") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var lines bytes.Buffer
		p.records(json.NewDecoder(bytes.NewReader(inflated(data))), &lines)
		n++
		write(t, filepath.Join(to, fmt.Sprint(n, ".jsonl")), lines.Bytes())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// inflated is the data, or what it is the gzip of.
func inflated(data []byte) []byte {
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return unzip(data)
	}
	return data
}

func (p *planter) records(from *json.Decoder, to *bytes.Buffer) {
	var each func(any)
	each = func(value any) {
		switch v := value.(type) {
		case []any:
			for _, element := range v {
				each(element)
			}
		case map[string]any:
			if list, ok := v["Records"]; ok {
				each(list)
				return
			}
			text, _ := json.Marshal(p.plant(v, "", fmt.Sprint(v["eventSource"], " ", v["eventName"])))
			to.Write(append(text, '\n'))
		}
	}
	for {
		var value any
		if from.Decode(&value) != nil {
			return
		}
		each(value)
	}
}

// keptPlaces are where the texts stand that may be kept, outside the parameters:
// who called, what happened and to what.
var keptPlaces = regexp.MustCompile(`^\.(eventID|sharedEventID|errorCode|vpcEndpointId|resources\[\]\.(ARN|ARNPrefix|accountId|type)|` +
	`userIdentity\.(type|arn|principalId|accountId|invokedBy|identityProvider|sessionContext\.(sessionIssuer\.(arn|principalId)|webIdFederationData\.federatedProvider))) of `)

// secretPlaces are parameters whose values may be secret, personal or bulk, by
// what they are called; those that name a thing end otherwise.
var (
	secretPlaces = regexp.MustCompile(`(?i)password|passwd|passphrase|secret|token|credential|private|userdata|plaintext|cipher|message|\bbody|command|environment|variable|description|comment|email|phone|sql|statementText|queryString|` +
		`parameters\.|arguments|properties|headers|templates|labels|metadata|encryptioncontext|\bvalue|sessionname`)
	namesOfThings = regexp.MustCompile(`(?i)(id|ids|arn|arns|name|names|identifier|type|\.key)(\[\])?(\.content)? of `)
)

// sessionShown is a session's name in the ARN of an assumed role. (Two of the
// events were made anonymous without the slash before it.)
var sessionShown = regexp.MustCompile(`:assumed-role/[^/ ]+/[^/ ]*Cnry`)

// TestCanaries plants a secret in each text of each real event, as it is, as an
// ARN, and behind what stood there: none is kept from outside the parameters but
// who, what and where, and none of a parameter that may hold one.
func TestCanaries(t *testing.T) {
	real := "../../shared/cloudtrail"
	if _, err := os.Stat(real); err != nil {
		t.Skip("the real events are not here: ", err)
	}
	for _, shape := range []string{"%1", "arn:aws:s3:::%1", "%2%1"} {
		t.Run(strings.ReplaceAll(shape, "%", "n"), func(t *testing.T) {
			p := &planter{shape: shape}
			logs, path := p.planted(t, real), filepath.Join(t.TempDir(), "s.duckdb")
			ctx := context.Background()
			st, err := store.Open(ctx, path, store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			c := catalog.Default()
			got, err := Run(ctx, st, []Source{mustOpen(t, SourceOptions{}, logs)}, Options{RecordOptions: RecordOptions{Params: c.Param, Below: c.ParamBelow, Cut: c.Cut}})
			if err != nil || got.Events < 6000 {
				t.Fatalf("%+v, %v", got, err)
			}
			kept := map[string]string{}
			for o, err := range st.Observations(ctx, store.Query{}) {
				if err != nil {
					t.Fatal(err)
				}
				p.find(kept, fmt.Sprintf("%+v", o))
			}
			for _, name := range []string{path, path + ".wal"} {
				if data, err := os.ReadFile(name); err == nil {
					p.find(kept, string(data))
				}
			}
			judge(t, kept, shape)
		})
	}
}

// find notes the places of the canaries in a text, with what stands before one.
func (p *planter) find(kept map[string]string, text string) {
	for _, at := range canaryNumber.FindAllStringSubmatchIndex(text, -1) {
		if i, _ := strconv.Atoi(text[at[2]:at[3]]); i < len(p.places) {
			kept[p.places[i]] = text[max(0, at[0]-60):at[1]]
		}
	}
}

func judge(t *testing.T, kept map[string]string, shape string) {
	t.Helper()
	parameters := 0
	for place, text := range kept {
		name, _, _ := strings.Cut(place, " of ")
		name, inside := strings.CutPrefix(name, ".requestParameters.")
		switch {
		case inside && secretPlaces.MatchString(name) && !namesOfThings.MatchString(place):
			t.Errorf("%s is kept: %q", place, text)
		case inside:
			parameters++
		case strings.HasPrefix(place, ".errorMessage of ") && shape == "%2%1":
			// What a denial names: the resource is the message's last word.
		case !keptPlaces.MatchString(place):
			t.Errorf("%s is kept: %q", place, text)
		case shape == "%2%1" && sessionShown.MatchString(text):
			t.Errorf("%s shows a session's name: %q", place, text)
		}
	}
	if parameters < 300 {
		t.Errorf("%d parameters are kept: the test sees nothing", parameters)
	}
}
