package ingest

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/pruner/pruner/trail"
)

// Keys are CloudTrail's public keys by fingerprint. CloudTrail has others in
// each region.
type Keys map[string][]PublicKey

// PublicKey is a key and the time in which CloudTrail signs with it.
type PublicKey struct {
	Key         *rsa.PublicKey
	Start, End  time.Time // zero: not said
	Fingerprint string
}

// keyList is what `aws cloudtrail list-public-keys` prints.
//
// Source: CloudTrail API Reference, ListPublicKeys: Value is the "DER encoded
// public key value in PKCS#1 format", in base64.
type keyList struct {
	PublicKeyList []struct {
		Value, Fingerprint                 string
		ValidityStartTime, ValidityEndTime json.RawMessage
	}
}

// LoadKeys reads the files that `aws cloudtrail list-public-keys` printed: one
// file, or the *.json of a folder, one for each region.
func LoadKeys(path string) (Keys, error) {
	files := []string{path}
	if info, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("read the public keys: %w", err)
	} else if info.IsDir() {
		if files, err = filepath.Glob(filepath.Join(path, "*.json")); err != nil {
			return nil, fmt.Errorf("read the public keys: %w", err)
		}
	}
	keys := Keys{}
	for _, file := range files {
		if err := keys.load(file); err != nil {
			return nil, fmt.Errorf("read the public keys %s: %w; it should be what `aws cloudtrail list-public-keys` prints", file, err)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("read the public keys: %w in %s; save what `aws cloudtrail list-public-keys` prints there", fs.ErrNotExist, path)
	}
	return keys, nil
}

func (k Keys) load(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var list keyList
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	for i, p := range list.PublicKeyList {
		der, err := base64.StdEncoding.DecodeString(p.Value)
		if err != nil {
			return fmt.Errorf("key %d: %w", i+1, err)
		}
		start, err1 := keyTime(p.ValidityStartTime)
		end, err2 := keyTime(p.ValidityEndTime)
		if err := errors.Join(err1, err2); err != nil {
			return fmt.Errorf("key %d: %w", i+1, err)
		}
		if err := k.Add(p.Fingerprint, der, start, end); err != nil {
			return fmt.Errorf("key %d: %w", i+1, err)
		}
	}
	return nil
}

// Add takes a key in PKCS #1 DER form.
func (k Keys) Add(fingerprint string, der []byte, start, end time.Time) error {
	key, err := x509.ParsePKCS1PublicKey(der)
	if err != nil {
		return err
	}
	k[fingerprint] = append(k[fingerprint], PublicKey{Key: key, Start: start, End: end, Fingerprint: fingerprint})
	return nil
}

// keyTime reads a time as text or, from older versions of the AWS CLI, as
// seconds since 1970.
func keyTime(raw json.RawMessage) (t time.Time, err error) {
	var seconds float64
	switch {
	case len(raw) == 0 || string(raw) == "null":
	case json.Unmarshal(raw, &seconds) == nil:
		t = time.UnixMilli(int64(seconds * 1000))
	default:
		err = json.Unmarshal(raw, &t)
	}
	return t, err
}

// errNoKeys is digests without any keys to verify them.
var errNoKeys = errors.New("no public keys are configured; set integrity_keys to what `aws cloudtrail list-public-keys` printed in each region")

// find gives the key that a digest names, if it was in use when the digest was
// made. A backfill digest is made later than its end says.
func (k Keys) find(d *trail.Digest) (*rsa.PublicKey, error) {
	if len(k) == 0 {
		return nil, errNoKeys
	}
	named := k[d.Fingerprint]
	for _, p := range named {
		early, late := d.End.Before(p.Start), !p.End.IsZero() && d.End.After(p.End)
		if !early && (!late || d.Backfill) {
			return p.Key, nil
		}
	}
	if len(named) > 0 {
		return nil, fmt.Errorf("the key %.80q was not in use at %s", d.Fingerprint, d.End.Format(time.RFC3339))
	}
	return nil, fmt.Errorf("no public key has the fingerprint %.80q; add what `aws cloudtrail list-public-keys --region %s` prints to integrity_keys", d.Fingerprint, d.Region)
}
