package ingest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/pruner/pruner/trail"
)

// identity reads userIdentity, which may be null.
func (d *decoder) identity() error {
	if d.peek() != '{' {
		return d.skip()
	}
	id := &d.record.Identity
	err := d.members(func(key []byte) (err error) {
		switch string(key) {
		case "type":
			id.Type, err = d.scalar()
		case "arn":
			id.ARN, err = d.scalar()
		case "principalId":
			id.ID, err = d.scalar()
		case "accountId":
			id.Account, err = d.scalar()
		case "invokedBy":
			id.InvokedBy, err = d.scalar()
		case "identityProvider":
			id.Provider, err = d.scalar()
		case "sessionContext":
			err = d.sessionContext(id)
		default:
			err = d.skip()
		}
		return err
	})
	id.ID, _, _ = strings.Cut(id.ID, ":")
	id.ARN = d.session.hide(id.ARN)
	return err
}

func (d *decoder) sessionContext(id *trail.Identity) error {
	if d.peek() != '{' {
		return d.skip()
	}
	return d.members(func(key []byte) (err error) {
		switch string(key) {
		case "sessionIssuer":
			err = d.two("arn", &id.IssuerARN, "principalId", &id.IssuerID)
		case "webIdFederationData":
			err = d.two("federatedProvider", &id.Provider, "", nil)
		case "sourceIdentity":
			id.Source, err = d.scalar()
			id.Source = d.session.hash(id.Source)
		case "attributes":
			var mfa string
			err = d.two("mfaAuthenticated", &mfa, "", nil)
			id.MFA = tristateOf(mfa)
		default:
			err = d.skip()
		}
		return err
	})
}

// two reads up to two scalars of an object that may be null.
func (d *decoder) two(name string, to *string, otherName string, other *string) error {
	if d.peek() != '{' {
		return d.skip()
	}
	return d.members(func(key []byte) (err error) {
		switch {
		case string(key) == name:
			*to, err = d.scalar()
		case other != nil && string(key) == otherName:
			*other, err = d.scalar()
		default:
			err = d.skip()
		}
		return err
	})
}

// sessionNames replaces session names, which are personal data, by hashes that
// cannot be found without the store's key.
type sessionNames struct {
	key    []byte
	hidden map[string]string // ARN → ARN with the hash
}

// maxHidden bounds what is remembered; past it remembering starts anew.
const maxHidden = 1 << 14

func newSessionNames(key []byte) sessionNames {
	return sessionNames{key: key, hidden: map[string]string{}}
}

// hide replaces the session name in an assumed-role ARN by its hash.
func (n *sessionNames) hide(arn string) string {
	if have, known := n.hidden[arn]; known {
		return have
	}
	at := strings.Index(arn, ":assumed-role/")
	if at < 0 {
		return arn
	}
	head := at + len(":assumed-role/")
	slash := strings.IndexByte(arn[head:], '/')
	if slash < 0 {
		return arn
	}
	hidden := arn[:head+slash+1] + n.hash(arn[head+slash+1:])
	if len(n.hidden) >= maxHidden {
		clear(n.hidden)
	}
	n.hidden[strings.Clone(arn)] = hidden
	return hidden
}

func (n *sessionNames) hash(name string) string {
	if name == "" {
		return ""
	}
	mac := hmac.New(sha256.New, n.key)
	mac.Write([]byte(name))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
