package trail

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
)

const digestKey = "AWSLogs/111122223333/CloudTrail-Digest/us-east-2/2015/08/17/111122223333_CloudTrail-Digest_us-east-2_t_us-east-2_20150817T150131Z.json.gz"

// digestText is a digest with a log; previous is the JSON of its link's fields.
func digestText(previous string) string {
	return fmt.Sprintf(`{"awsAccountId":"111122223333","digestStartTime":"2015-08-17T14:01:31Z","digestEndTime":"2015-08-17T15:01:31Z",
		"digestS3Bucket":"b","digestS3Object":%q,"digestPublicKeyFingerprint":"31e8","digestSignatureAlgorithm":"SHA256withRSA",%s
		"logFiles":[{"s3Bucket":"b","s3Object":"AWSLogs/x/L.json.gz","hashValue":"AB","hashAlgorithm":"SHA-256",
		"newestEventTime":"2015-08-17T14:52:27Z","oldestEventTime":"2015-08-17T14:42:27Z"}]}`, digestKey, previous)
}

const (
	noPrevious = `"previousDigestS3Object":null,"previousDigestHashValue":null,"previousDigestHashAlgorithm":null,"previousDigestSignature":null,`
	previous   = `"previousDigestS3Object":"AWSLogs/p.json.gz","previousDigestHashValue":"CD","previousDigestHashAlgorithm":"SHA-256","previousDigestSignature":"50887c",`
)

// TestDigestSignature signs as the documentation says, each time with another
// text, and verifies.
func TestDigestSignature(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		raw, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return hex.EncodeToString(raw)
	}
	for link, signed := range map[string]string{noPrevious: "null", previous: "50887c"} {
		data := []byte(digestText(link))
		d, err := ParseDigest("s3://b/"+digestKey, data)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		parts := []string{"2015-08-17T15:01:31Z", "b/" + digestKey, hex.EncodeToString(sum[:]), signed}
		if err := d.Verify(&key.PublicKey, sign(strings.Join(parts, "\n"))); err != nil {
			t.Errorf("a good signature: %v", err)
		}
		for i := range parts {
			wrong := append([]string(nil), parts...)
			wrong[i] += "0"
			if err := d.Verify(&key.PublicKey, sign(strings.Join(wrong, "\n"))); !errors.Is(err, ErrSignature) {
				t.Errorf("signed with another part %d: %v", i, err)
			}
		}
		for _, signature := range []string{"", "zz", "00"} {
			if err := d.Verify(&key.PublicKey, signature); !errors.Is(err, ErrSignature) {
				t.Errorf("signature %q: %v", signature, err)
			}
		}
	}
}

func TestParseDigest(t *testing.T) {
	d, err := ParseDigest("logs/"+digestKey, []byte(digestText(previous)))
	if err != nil {
		t.Fatal(err)
	}
	if d.Previous.File != "p.json.gz" || d.Previous.SHA256 != "cd" || len(d.Logs) != 1 || d.Logs[0].File != "L.json.gz" || d.Logs[0].SHA256 != "ab" || d.Logs[0].Oldest.Minute() != 42 {
		t.Errorf("%+v", d)
	}
	if _, err := ParseDigest("copied/"+FileOf(digestKey), []byte(digestText(previous))); err != nil {
		t.Errorf("a copy without its folders: %v", err)
	}
	good := digestText(previous)
	for want, change := range map[string][2]string{
		"not a digest file":       {"{", "["},
		"moved or renamed":        {"17T150131Z.json", "17T160131Z.json"},
		"not the name":            {"_CloudTrail-Digest_", "_CloudTrail_"},
		"is not a time":           {`"2015-08-17T15:01:31Z"`, `"today"`},
		"signed with":             {"SHA256withRSA", "MD5withRSA"},
		"not the account":         {`"awsAccountId":"1`, `"awsAccountId":"2`},
		"ends before":             {"T14:01:31Z", "T16:01:31Z"},
		"before it is not hashed": {`HashAlgorithm":"SHA-256","prev`, `HashAlgorithm":"MD5","prev`},
		"is hashed with":          {`"AB","hashAlgorithm":"SHA-256"`, `"AB","hashAlgorithm":"MD5"`},
	} {
		_, err := ParseDigest("logs/"+digestKey, []byte(strings.Replace(good, change[0], change[1], 1)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}
