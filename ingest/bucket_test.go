package ingest

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// bucket is what CloudTrail delivered: objects and the signatures in their
// metadata, by key.
type bucket struct {
	objects, signatures map[string][]byte
}

func newBucket() *bucket {
	return &bucket{objects: map[string][]byte{}, signatures: map[string][]byte{}}
}

// testKeys are made once: two that CloudTrail may have, one that it has not.
var testKeys = sync.OnceValue(func() (keys [3]*rsa.PrivateKey) {
	for i := range keys {
		var err error
		if keys[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			panic(err)
		}
	}
	return keys
})

func fingerprint(k *rsa.PrivateKey) string {
	sum := md5.Sum(x509.MarshalPKCS1PublicKey(&k.PublicKey))
	return hex.EncodeToString(sum[:])
}

// keyFile writes keys as the AWS CLI prints them.
func keyFile(t *testing.T, keys ...*rsa.PrivateKey) string {
	t.Helper()
	type key struct{ Value, ValidityStartTime, ValidityEndTime, Fingerprint string }
	var list []key
	for _, k := range keys {
		list = append(list, key{
			base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(&k.PublicKey)),
			"2026-09-01T00:00:00+00:00", "2026-12-01T00:00:00+00:00", fingerprint(k),
		})
	}
	data, err := json.Marshal(map[string]any{"PublicKeyList": list})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "keys.json")
	write(t, path, data)
	return path
}

// deliverer is CloudTrail, delivering a trail's logs and digests of one account
// and region.
type deliverer struct {
	*bucket
	account, region string
	key             *rsa.PrivateKey
	last            map[string]any // the newest digest
	lastKey         string
	serial          int
}

// monday is when delivery starts: some seconds past the hour, as digests do.
var monday = time.Date(2026, 10, 5, 0, 1, 31, 0, time.UTC)

func zip(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		panic(err)
	}
	z.Close()
	return b.Bytes()
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

func event(account, region, id string, at time.Time) json.RawMessage {
	return fmt.Appendf(nil, `{"eventVersion":"1.11","eventID":%q,"eventTime":%q,"eventSource":"s3.amazonaws.com","eventName":"GetObject",`+
		`"awsRegion":%q,"recipientAccountId":%q,"userIdentity":{"type":"AssumedRole","accountId":%q,"sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::%s:role/r"}}}}`,
		id, at.Format(time.RFC3339), region, account, account, account)
}

// log delivers a log with an event, and gives its entry for a digest.
func (d *deliverer) log(at time.Time) map[string]any {
	d.serial++
	key := fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%s_%016d.json.gz",
		d.account, d.region, at.Format("2006/01/02"), d.account, d.region, at.Add(5*time.Minute).Format("20060102T1504Z"), d.serial)
	data := envelope([]json.RawMessage{event(d.account, d.region, fmt.Sprint(d.region, d.serial), at)})
	d.objects[key] = zip(data)
	return map[string]any{
		"s3Bucket": "logs", "s3Object": key, "hashValue": sum(data), "hashAlgorithm": "SHA-256",
		"oldestEventTime": at.Format(time.RFC3339), "newestEventTime": at.Format(time.RFC3339),
	}
}

// digest delivers the digest of a time; logs may be empty.
func (d *deliverer) digest(start, end time.Time, suffix string, logs ...map[string]any) string {
	key := fmt.Sprintf("AWSLogs/%s/CloudTrail-Digest/%s/%s/%s_CloudTrail-Digest_%s_main_eu-west-1_%s%s.json.gz",
		d.account, d.region, end.Format("2006/01/02"), d.account, d.region, end.Format("20060102T150405Z"), suffix)
	f := map[string]any{
		"awsAccountId": d.account, "digestStartTime": start.Format(time.RFC3339), "digestEndTime": end.Format(time.RFC3339),
		"digestS3Bucket": "logs", "digestS3Object": key, "digestPublicKeyFingerprint": fingerprint(d.key), "digestSignatureAlgorithm": "SHA256withRSA",
		"previousDigestS3Bucket": nil, "previousDigestS3Object": nil, "previousDigestHashValue": nil, "previousDigestHashAlgorithm": nil,
		"previousDigestSignature": nil, "logFiles": logs,
	}
	if d.lastKey != "" {
		f["previousDigestS3Bucket"], f["previousDigestS3Object"], f["previousDigestHashValue"] = "logs", d.lastKey, sum(unzip(d.objects[d.lastKey]))
		f["previousDigestHashAlgorithm"], f["previousDigestSignature"] = "SHA-256", string(d.signatures[d.lastKey])
	}
	d.put(key, f)
	d.lastKey = key
	return key
}

// put signs a digest and stores it.
func (d *deliverer) put(key string, f map[string]any) {
	if f["logFiles"] == nil {
		f["logFiles"] = []any{}
	}
	data, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	previous, ok := f["previousDigestSignature"].(string)
	if !ok {
		previous = "null"
	}
	text := fmt.Sprintf("%s\n%s/%s\n%s\n%s", f["digestEndTime"], f["digestS3Bucket"], key, sum(data), previous)
	hash := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, d.key, crypto.SHA256, hash[:])
	if err != nil {
		panic(err)
	}
	d.last, d.objects[key], d.signatures[key] = f, zip(data), []byte(hex.EncodeToString(signature))
}

// hour delivers an hour: an event at its tenth and its fortieth minute, and a
// digest.
func (d *deliverer) hour(n int) string {
	start := monday.Add(time.Duration(n) * time.Hour)
	return d.digest(start, start.Add(time.Hour), "", d.log(start.Add(9*time.Minute)), d.log(start.Add(39*time.Minute)))
}

// copyTo writes the bucket to a folder, as `aws s3 sync` does: without
// metadata. With sidecars the signatures lie beside the digests.
func (b *bucket) copyTo(t *testing.T, dir string, sidecars bool) {
	t.Helper()
	for key, data := range b.objects {
		write(t, filepath.Join(dir, filepath.FromSlash(key)), data)
		if signature := b.signatures[key]; sidecars && signature != nil {
			write(t, filepath.Join(dir, filepath.FromSlash(key)+".signature"), append(signature, '\n'))
		}
	}
}

func unzip(data []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		panic(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		panic(err)
	}
	return plain
}

func withFingerprint(f map[string]any, fingerprint string) map[string]any {
	f["digestPublicKeyFingerprint"] = fingerprint
	return f
}
