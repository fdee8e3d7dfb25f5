package s3test

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"
)

// maxKeys is the most that S3 puts on a page.
const maxKeys = 1000

type listing struct {
	XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name                  string
	Prefix                string
	KeyCount              int
	MaxKeys               int
	IsTruncated           bool
	NextContinuationToken string         `xml:",omitempty"`
	EncodingType          string         `xml:",omitempty"`
	Contents              []content      `xml:"Contents"`
	CommonPrefixes        []commonPrefix `xml:"CommonPrefixes"`
}

type content struct {
	Key          key
	LastModified string
	ETag         string
	Size         int64
	StorageClass string
}

type commonPrefix struct{ Prefix key }

// key is a key as the XML of a page writes it: as it is, or as part of a URL. As
// it is, S3 writes every character by a reference that has no plain form, also
// those that no XML may refer to.
type key struct {
	Text string `xml:",innerxml"`
}

func written(text string, encoded bool) key {
	if encoded {
		return key{strings.ReplaceAll(url.QueryEscape(text), "%2F", "/")}
	}
	var b strings.Builder
	for _, c := range text {
		if c < ' ' || strings.ContainsRune(`<>&"'`, c) {
			fmt.Fprintf(&b, "&#x%x;", c)
		} else {
			b.WriteRune(c)
		}
	}
	return key{b.String()}
}

// list answers ListObjectsV2. Source: Amazon S3 API Reference, ListObjectsV2.
func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	after := q.Get("start-after")
	if token := q.Get("continuation-token"); token != "" {
		last, err := base64.URLEncoding.DecodeString(token)
		if err != nil {
			fail(w, r, http.StatusBadRequest, "InvalidArgument", "The continuation token provided is incorrect")
			return
		}
		after = string(last)
	}
	limit := maxKeys
	if n, err := strconv.Atoi(q.Get("max-keys")); err == nil && n < limit {
		limit = n
	}
	page := s.page(q.Get("prefix"), q.Get("delimiter"), after, limit, q.Get("encoding-type") == "url")
	w.Header().Set("Content-Type", "application/xml")
	w.Write([]byte(xml.Header))
	xml.NewEncoder(w).Encode(page)
}

// page gathers what comes behind after: a key, or a common prefix that was on
// the page before.
func (s *Server) page(prefix, delimiter, after string, limit int, encoded bool) *listing {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &listing{Name: s.Bucket, Prefix: prefix, MaxKeys: limit}
	if encoded {
		p.EncodingType = "url"
	}
	keys := s.sorted()
	last := ""
	for i := sort.SearchStrings(keys, max(prefix, after)); i < len(keys) && strings.HasPrefix(keys[i], prefix); {
		key := keys[i]
		group := ""
		if n := strings.Index(key[len(prefix):], delimiter); delimiter != "" && n >= 0 {
			group = key[:len(prefix)+n+len(delimiter)]
		}
		if key <= after || group != "" && strings.HasPrefix(after, group) && after == group {
			i++
			continue
		}
		if p.KeyCount == limit {
			p.IsTruncated, p.NextContinuationToken = true, base64.URLEncoding.EncodeToString([]byte(last))
			return p
		}
		p.KeyCount++
		if group != "" {
			p.CommonPrefixes = append(p.CommonPrefixes, commonPrefix{written(group, encoded)})
			last = group
			i += sort.Search(len(keys)-i, func(n int) bool { return !strings.HasPrefix(keys[i+n], group) })
			continue
		}
		o := s.objects[key]
		p.Contents = append(p.Contents, content{written(key, encoded), o.changed.Format(time.RFC3339), o.etag, int64(len(o.data)), "STANDARD"})
		last = key
		i++
	}
	return p
}
