package trail

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Digest is a digest file: it lists the log files that were delivered between
// Start and End with their hashes, and names the digest before it.
//
// Source: CloudTrail User Guide, "CloudTrail digest file structure".
type Digest struct {
	ObjectName
	Start, End  time.Time
	Fingerprint string // of the public key that verifies the signature
	SHA256      string // hexadecimal, of the inflated digest file
	Previous    Link   // zero in the first of a chain
	Logs        []DigestLog

	location, ends string // bucket/key and digestEndTime, as they are signed
}

// Link names the digest before another.
type Link struct {
	File      string // of the key
	SHA256    string // hexadecimal, of its inflated bytes
	Signature string // hexadecimal
}

// DigestLog is a log file that a digest lists.
type DigestLog struct {
	File           string // of the key
	SHA256         string // hexadecimal, of the inflated bytes
	Oldest, Newest time.Time
}

// digestFile is a digest as it is written. Fields that may be null are
// pointers.
type digestFile struct {
	AWSAccountID                string
	DigestStartTime             time.Time
	DigestEndTime               string
	DigestS3Bucket              string
	DigestS3Object              string
	DigestPublicKeyFingerprint  string
	DigestSignatureAlgorithm    string
	PreviousDigestS3Object      *string
	PreviousDigestHashValue     *string
	PreviousDigestHashAlgorithm *string
	PreviousDigestSignature     *string
	LogFiles                    []struct {
		S3Object, HashValue, HashAlgorithm string
		OldestEventTime, NewestEventTime   *time.Time
	}
}

// ParseDigest reads the inflated bytes of the digest file that lies under a
// name. A file that was moved or renamed is refused: where it was delivered is
// part of what is signed.
func ParseDigest(uri string, data []byte) (*Digest, error) {
	var f digestFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("not a digest file: %w", err)
	}
	name, ok := ParseObjectName(f.DigestS3Object)
	if !ok || !name.Digest {
		return nil, fmt.Errorf("digestS3Object %.200q is not the name of a digest file", f.DigestS3Object)
	}
	if !sameKey(uri, f.DigestS3Object) {
		return nil, fmt.Errorf("it was moved or renamed: CloudTrail delivered it as %.200q", f.DigestS3Object)
	}
	end, err := time.Parse(time.RFC3339, f.DigestEndTime)
	if err != nil {
		return nil, fmt.Errorf("digestEndTime %.40q is not a time", f.DigestEndTime)
	}
	sum := sha256.Sum256(data)
	d := &Digest{
		ObjectName: name, Start: f.DigestStartTime.UTC(), End: end.UTC(), Fingerprint: f.DigestPublicKeyFingerprint,
		SHA256: hex.EncodeToString(sum[:]), location: f.DigestS3Bucket + "/" + f.DigestS3Object, ends: f.DigestEndTime,
		Previous: Link{FileOf(text(f.PreviousDigestS3Object)), strings.ToLower(text(f.PreviousDigestHashValue)), text(f.PreviousDigestSignature)},
	}
	return d, d.fill(&f)
}

// fill checks the rest of a digest and takes its logs over.
func (d *Digest) fill(f *digestFile) error {
	switch {
	case f.DigestSignatureAlgorithm != "SHA256withRSA":
		return fmt.Errorf("signed with %.40q; CloudTrail signs with SHA256withRSA", f.DigestSignatureAlgorithm)
	case f.AWSAccountID != d.Account:
		return fmt.Errorf("awsAccountId %.40q is not the account of its name", f.AWSAccountID)
	case !d.Start.Before(d.End):
		return errors.New("it ends before it starts")
	case d.Previous.File != "" && text(f.PreviousDigestHashAlgorithm) != "SHA-256":
		return errors.New("the digest before it is not hashed with SHA-256")
	}
	for _, l := range f.LogFiles {
		if l.HashAlgorithm != "SHA-256" {
			return fmt.Errorf("log %.200q is hashed with %.40q; CloudTrail hashes with SHA-256", l.S3Object, l.HashAlgorithm)
		}
		log := DigestLog{File: FileOf(l.S3Object), SHA256: strings.ToLower(l.HashValue), Oldest: d.Start, Newest: d.End}
		if l.OldestEventTime != nil && l.NewestEventTime != nil {
			log.Oldest, log.Newest = l.OldestEventTime.UTC(), l.NewestEventTime.UTC()
		}
		d.Logs = append(d.Logs, log)
	}
	return nil
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// sameKey reports whether a file lies where it was delivered, as far as a copy
// can tell: from AWSLogs/ on, or, where the copy begins below that, its name.
func sameKey(uri, key string) bool {
	const root = "AWSLogs/"
	if at, from := strings.LastIndex(uri, root), strings.LastIndex(key, root); at >= 0 && from >= 0 {
		return uri[at:] == key[from:]
	}
	return FileOf(uri) == FileOf(key)
}

// ErrSignature is a digest that the key's owner did not sign.
var ErrSignature = errors.New("the signature is not that of its content")

// Verify checks a signature, in hexadecimal digits, of the digest.
//
// Source: CloudTrail User Guide, "Custom implementations of CloudTrail log file
// integrity validation": RSA PKCS #1 v1.5 with SHA-256 over the end time, the
// location, the hash of the file and the signature of the digest before it,
// which is "null" in the first of a chain.
func (d *Digest) Verify(key *rsa.PublicKey, signature string) error {
	raw, err := hex.DecodeString(signature)
	if err != nil {
		return fmt.Errorf("%w: it is not in hexadecimal digits", ErrSignature)
	}
	previous := d.Previous.Signature
	if previous == "" {
		previous = "null"
	}
	sum := sha256.Sum256([]byte(d.ends + "\n" + d.location + "\n" + d.SHA256 + "\n" + previous))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], raw) != nil {
		return ErrSignature
	}
	return nil
}
