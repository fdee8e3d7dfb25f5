package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/klauspost/compress/gzip"
)

// objectWriter writes log objects, one after the other.
type objectWriter struct {
	dir      string
	volume   volume
	gzip     *gzip.Writer
	text     []byte
	sessions map[string]*session
	moment   moment
}

func newObjectWriter(dir string, v volume) *objectWriter {
	z, err := gzip.NewWriterLevel(nil, v.level)
	if err != nil {
		panic(err)
	}
	return &objectWriter{dir: dir, volume: v, gzip: z}
}

// day writes the objects of a lane's day.
func (w *objectWriter) day(l *lane, day time.Time, factor float64) (objects, records int, err error) {
	w.sessions = map[string]*session{}
	all := l.entries(day, factor)
	for chunk := range w.chunks(l, day, all) {
		if err := w.object(l, day, objects, chunk); err != nil {
			return objects, records, err
		}
		objects++
		records += len(chunk.entries)
	}
	return objects, records, nil
}

// chunk is the records of one object and when it was delivered.
type chunk struct {
	entries   []entry
	delivered time.Time
}

// chunks cuts a day into objects: so many records each, or by the hour. A file
// is delivered some minutes after its last event: the one that ends the day
// stands under the next day's date, as in a real trail.
func (w *objectWriter) chunks(l *lane, day time.Time, all []entry) func(func(chunk) bool) {
	return func(yield func(chunk) bool) {
		for len(all) > 0 {
			n := w.volume.perObject
			end := all[min(max(n, 1), len(all))-1].unix
			if n == 0 {
				stretch := int64(l.stretch(day)) * 3600
				end = all[0].unix - all[0].unix%stretch + stretch
				n = len(all)
				if i := slices.IndexFunc(all, func(e entry) bool { return e.unix >= end }); i > 0 {
					n = i
				}
			}
			n = min(n, len(all))
			if !yield(chunk{all[:n], time.Unix(end, 0).UTC().Truncate(5 * time.Minute).Add(5 * time.Minute)}) {
				return
			}
			all = all[n:]
		}
	}
}

// stretch is how many hours of a day go into one object of the sample. A real
// trail delivers every five minutes; the sample is to stay small, and only
// around the missing hour does it matter.
func (l *lane) stretch(day time.Time) int {
	for hour := range 24 {
		if l.world.missing != nil && l.world.missing(l, day.Add(time.Duration(hour)*time.Hour)) {
			return 1
		}
	}
	return 24
}

func (w *objectWriter) object(l *lane, day time.Time, n int, c chunk) error {
	w.text = append(w.text[:0], `{"Records":[`...)
	for i, e := range c.entries {
		if i > 0 {
			w.text = append(w.text, ',')
		}
		from := len(w.text)
		w.text = w.record(w.text, l, e)
		if at := bytes.LastIndex(w.text[from:], []byte(needsMark)); at >= 0 {
			w.text = w.text[:from+at]
		}
	}
	w.text = append(w.text, `]}`...)
	path := filepath.Join(w.dir, l.objectKey(w.volume.seed, day, n, c.delivered))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return w.write(path)
}

// record appends an entry's record, and what it needs behind a mark.
func (w *objectWriter) record(text []byte, l *lane, e entry) []byte {
	work := &l.works[e.work]
	w.moment.unix = e.unix
	w.moment.session = w.session(work.role, e.run)
	w.moment.random = mixed(work.seed, uint64(e.unix), uint64(e.turn), uint64(e.call))
	return work.records[e.call].append(text, &w.moment)
}

// session is the role's session at a time. A day has few, so they are kept.
func (w *objectWriter) session(r *role, unix int64) *session {
	period := int64(max(r.Session.hours, 1)) * 3600
	key := r.id() + fmt.Sprint(unix/period)
	s, known := w.sessions[key]
	if !known {
		made := r.at(unix, w.volume.seed)
		s = &made
		w.sessions[key] = s
	}
	return s
}

// write compresses the text into a file. The gzip header carries no time, so
// that equal text makes equal bytes.
func (w *objectWriter) write(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w.gzip.Reset(f)
	if _, err := w.gzip.Write(w.text); err != nil {
		f.Close()
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := w.gzip.Close(); err != nil {
		f.Close()
		return fmt.Errorf("write %s: %w", path, err)
	}
	return f.Close()
}

// objectKey is where an organisation trail puts the object.
//
// Source: CloudTrail User Guide, "Finding your CloudTrail log files".
func (l *lane) objectKey(seed uint64, day time.Time, n int, delivered time.Time) string {
	random := seeded(seed, l.account.ID, l.region, day.Format(time.DateOnly), fmt.Sprint(n))
	tail := digits("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "16")(nil, &moment{random: random})
	return fmt.Sprintf("AWSLogs/%s/%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%s_%s.json.gz",
		l.account.Organisation, l.account.ID, l.region, delivered.Format("2006/01/02"),
		l.account.ID, l.region, delivered.Format("20060102T1504Z"), tail)
}
