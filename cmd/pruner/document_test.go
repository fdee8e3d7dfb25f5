package main

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/report"
	"github.com/pruner/pruner/usage"
)

// byTheBook is the document as encoding/json alone writes it.
func byTheBook(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	enc := lineWriter(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestDocuments: what is written is what encoding/json writes, whatever the
// values of the types that a run writes.
func TestDocuments(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		for _, v := range []any{new(report.Document), new(usage.Usage), new(report.Summary), new([]report.RoleSummary)} {
			fillIn(r, reflect.ValueOf(v).Elem())
			var b bytes.Buffer
			if err := writeDocument(&b, v); err != nil {
				t.Fatal(err)
			}
			if want := byTheBook(t, v); want != b.String() {
				t.Fatalf("%T (-encoding/json +ours):\n%s", v, cmp.Diff(want, b.String()))
			}
		}
	}
}

func TestDocumentThatCannotBeWritten(t *testing.T) {
	for _, v := range []any{&usage.Usage{Uses: []usage.Use{{First: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)}}}, struct{ F func() }{}} {
		if err := writeDocument(&bytes.Buffer{}, v); err == nil {
			t.Errorf("%T is written", v)
		}
	}
}

var words = []string{
	"", "s3:GetObject", "arn:aws:s3:::lake/in/*", "quote\" back\\slash", "<b>&amp;</b>", "tab\tnewline\n\x00\x7f", "\u202eevil\u2028", "\xff broken", "käse ☃ 🌋", "aws:RequestedRegion",
}

// fillIn gives everything below v some value: nothing, a hostile text, a list.
func fillIn(r *rand.Rand, v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(r.Int64N(4e9), r.Int64N(2)*r.Int64N(1e9)).UTC()))
		return
	}
	if v.Type() == reflect.TypeFor[iam.Policy]() {
		v.Set(reflect.ValueOf(iam.Policy{Version: iam.Version2012, Statements: []iam.Statement{{Effect: iam.Allow, Action: []iam.Pattern{iam.Pattern(words[r.IntN(len(words))])}}}}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(words[r.IntN(len(words))])
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(r.Int64N(5) - 1)
	case reflect.Uint32:
		v.SetUint(r.Uint64N(1 << 24))
	case reflect.Pointer:
		if r.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fillIn(r, v.Elem())
		}
	case reflect.Slice:
		if n := r.IntN(5) - 1; n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		for i := range v.Len() {
			fillIn(r, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fillIn(r, v.Field(i))
			}
		}
	default:
		panic("a kind that no document has: " + v.Type().String())
	}
}
