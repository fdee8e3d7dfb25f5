package main

import (
	"bytes"
	"encoding"
	"encoding/json"
	"io"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pruner/pruner/iam"
	"github.com/pruner/pruner/report"
)

// writeDocument writes one indented JSON document: byte for byte what
// encoding/json gives of it, with the escapes of [lineWriter]. A run writes
// gigabytes of them, which encoding/json goes through four times: to encode
// them, to make a nested Marshaler's text compact, to indent, to escape.
func writeDocument(w io.Writer, v any) error {
	e := idle.Get().(*documentEncoder)
	defer idle.Put(e)
	e.b = e.b[:0]
	if err := e.value(reflect.ValueOf(v), 0); err != nil {
		return err
	}
	e.b = append(e.b, '\n')
	_, err := w.Write(e.b)
	return err
}

var idle = sync.Pool{New: func() any { return &documentEncoder{plans: map[reflect.Type]*documentPlan{}} }}

// documentEncoder writes values as JSON, each nested level two spaces further
// in.
type documentEncoder struct {
	b     []byte
	plans map[reflect.Type]*documentPlan
}

// documentPlan is how values of a type are written.
type documentPlan struct {
	write  func(e *documentEncoder, v reflect.Value, depth int) error
	fields []documentField // of a struct
}

type documentField struct {
	index     int
	key       string // with quotes, colon and space
	omitEmpty bool
	plan      *documentPlan
}

func (e *documentEncoder) plan(t reflect.Type) *documentPlan {
	plan := e.plans[t]
	if plan == nil {
		plan = planDocument(t)
		e.plans[t] = plan
		for i := range plan.fields {
			plan.fields[i].plan = e.plan(t.Field(plan.fields[i].index).Type)
		}
	}
	return plan
}

func (e *documentEncoder) value(v reflect.Value, depth int) error {
	return e.as(e.plan(v.Type()), v, depth)
}

func (e *documentEncoder) as(plan *documentPlan, v reflect.Value, depth int) error {
	if plan.fields != nil {
		return e.object(plan.fields, v, depth)
	}
	return plan.write(e, v, depth)
}

var (
	marshaler     = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// planDocument leaves to encoding/json what is rare.
func planDocument(t reflect.Type) *documentPlan {
	switch t {
	case reflect.TypeFor[time.Time]():
		return &documentPlan{write: (*documentEncoder).time}
	case reflect.TypeFor[iam.Context]():
		return &documentPlan{write: (*documentEncoder).context}
	case reflect.TypeFor[report.Findings]():
		return &documentPlan{write: (*documentEncoder).findings}
	}
	p := reflect.PointerTo(t)
	if t.Kind() != reflect.Pointer && (p.Implements(marshaler) || p.Implements(textMarshaler)) {
		return &documentPlan{write: (*documentEncoder).other}
	}
	switch t.Kind() {
	case reflect.String:
		return &documentPlan{write: func(e *documentEncoder, v reflect.Value, _ int) error { return e.text(v.String()) }}
	case reflect.Bool:
		return &documentPlan{write: func(e *documentEncoder, v reflect.Value, _ int) error {
			e.b = strconv.AppendBool(e.b, v.Bool())
			return nil
		}}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return &documentPlan{write: func(e *documentEncoder, v reflect.Value, _ int) error {
			e.b = strconv.AppendInt(e.b, v.Int(), 10)
			return nil
		}}
	case reflect.Uint32:
		return &documentPlan{write: func(e *documentEncoder, v reflect.Value, _ int) error {
			e.b = strconv.AppendUint(e.b, v.Uint(), 10)
			return nil
		}}
	case reflect.Pointer:
		return &documentPlan{write: (*documentEncoder).pointer}
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 {
			return &documentPlan{write: (*documentEncoder).list}
		}
	case reflect.Struct:
		if fields, ok := documentFields(t); ok {
			return &documentPlan{fields: fields}
		}
	}
	return &documentPlan{write: (*documentEncoder).other}
}

// documentFields lists a struct's fields with their keys, unless there is one
// that needs more of encoding/json.
func documentFields(t reflect.Type) (fields []documentField, ok bool) {
	fields = []documentField{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous, option != "" && option != "omitempty", f.IsExported() && name == "":
			return nil, false
		case !f.IsExported(), name == "-":
			continue
		}
		fields = append(fields, documentField{index: i, key: strconv.Quote(name) + ": ", omitEmpty: option == "omitempty"})
	}
	return fields, true
}

func (e *documentEncoder) object(fields []documentField, v reflect.Value, depth int) error {
	e.b = append(e.b, '{')
	empty := true
	for i := range fields {
		f := &fields[i]
		value := v.Field(f.index)
		if f.omitEmpty && isEmpty(value) {
			continue
		}
		e.next(empty, depth+1)
		e.b, empty = append(e.b, f.key...), false
		if err := e.as(f.plan, value, depth+1); err != nil {
			return err
		}
	}
	e.end('}', empty, depth)
	return nil
}

// isEmpty is what omitempty leaves out.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Struct:
		return false
	case reflect.Slice, reflect.Map, reflect.Array:
		return v.Len() == 0
	}
	return v.IsZero()
}

func (e *documentEncoder) list(v reflect.Value, depth int) error {
	if v.IsNil() {
		e.b = append(e.b, "null"...)
		return nil
	}
	e.b = append(e.b, '[')
	plan := e.plan(v.Type().Elem())
	for i := range v.Len() {
		e.next(i == 0, depth+1)
		if err := e.as(plan, v.Index(i), depth+1); err != nil {
			return err
		}
	}
	e.end(']', v.Len() == 0, depth)
	return nil
}

const margin = "\n                                "

// next begins the line of an element.
func (e *documentEncoder) next(first bool, depth int) {
	if !first {
		e.b = append(e.b, ',')
	}
	e.line(depth)
}

func (e *documentEncoder) line(depth int) {
	for e.b = append(e.b, margin[:min(1+2*depth, len(margin))]...); 1+2*depth > len(margin); depth-- {
		e.b = append(e.b, "  "...)
	}
}

func (e *documentEncoder) end(bracket byte, empty bool, depth int) {
	if !empty {
		e.line(depth)
	}
	e.b = append(e.b, bracket)
}

func (e *documentEncoder) pointer(v reflect.Value, depth int) error {
	if v.IsNil() {
		e.b = append(e.b, "null"...)
		return nil
	}
	return e.value(v.Elem(), depth)
}

// text writes a string. Those without anything to escape are most.
func (e *documentEncoder) text(s string) error {
	if !isPlain(s) {
		return e.encode(s, 0)
	}
	e.b = append(append(append(e.b, '"'), s...), '"')
	return nil
}

func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func (e *documentEncoder) time(v reflect.Value, depth int) error {
	b, err := v.Interface().(time.Time).AppendText(append(e.b, '"'))
	if err != nil {
		return e.other(v, depth)
	}
	e.b = append(b, '"')
	return nil
}

// context writes one whose keys stand in the order of bytes, each with one value
// and nothing to escape, which here is more: see [iam.Context.MarshalJSON].
func (e *documentEncoder) context(v reflect.Value, depth int) error {
	c := v.Interface().(iam.Context)
	plain := func(s string) bool { return isPlain(s) && !strings.ContainsAny(s, "<>&") }
	for i := range c {
		if i > 0 && c[i-1].Key >= c[i].Key || len(c[i].Values) != 1 || !plain(c[i].Key) || !plain(c[i].Values[0]) {
			return e.other(v, depth)
		}
	}
	e.b = append(e.b, '{')
	for i := range c {
		e.next(i == 0, depth+1)
		e.b = append(append(append(append(append(e.b, '"'), c[i].Key...), `": "`...), c[i].Values[0]...), '"')
	}
	e.end('}', len(c) == 0, depth)
	return nil
}

func (e *documentEncoder) findings(v reflect.Value, depth int) error {
	return e.value(reflect.ValueOf(v.Interface().(report.Findings).Single()), depth)
}

func (e *documentEncoder) other(v reflect.Value, depth int) error {
	if v.CanAddr() {
		v = v.Addr()
	}
	return e.encode(v.Interface(), depth)
}

// encode leaves a value to encoding/json.
func (e *documentEncoder) encode(v any, depth int) error {
	var b bytes.Buffer
	enc := lineWriter(&b)
	enc.SetIndent(strings.Repeat("  ", depth), "  ")
	err := enc.Encode(v)
	e.b = append(e.b, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
	return err
}
