package ingest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/pruner/pruner/trail"
)

// identities are those read last, the newest first: the records of a session
// have the same userIdentity, byte for byte, and it takes a third of a record.
type identities struct {
	list [16]*knownIdentity
}

// knownIdentity is a userIdentity as it stood in a record.
type knownIdentity struct {
	text     []byte
	identity trail.Identity
}

// maxIdentity bounds the text of those that are remembered.
const maxIdentity = 4 << 10

// find gives the identity that stands at the start of the data, and moves it to
// the front.
func (k *identities) find(data []byte) *knownIdentity {
	for i, have := range k.list {
		if have == nil {
			return nil
		}
		if bytes.HasPrefix(data, have.text) {
			copy(k.list[1:i+1], k.list[:i])
			k.list[0] = have
			return have
		}
	}
	return nil
}

// keep puts an identity in the place of the one that was not met for longest.
func (k *identities) keep(have *knownIdentity) {
	copy(k.list[1:], k.list[:])
	k.list[0] = have
}

// knownIdentity reads userIdentity, which may be null.
func (d *decoder) knownIdentity() error {
	if d.peek() != '{' {
		return d.skip()
	}
	if have := d.known.find(d.data[d.at:]); have != nil {
		d.at += len(have.text)
		d.record.Identity = have.identity
		return nil
	}
	start := d.at
	if err := d.skip(); err != nil {
		return err
	}
	end := d.at
	if have := d.remember(d.data[start:end]); have != nil {
		d.record.Identity = have.identity
		return nil
	}
	d.at = start
	return d.identity(&d.record.Identity)
}

// remember reads an identity from a text of its own and keeps it. It gives nil
// for one that is too long or makes no sense.
func (d *decoder) remember(text []byte) *knownIdentity {
	if len(text) > maxIdentity {
		return nil
	}
	have := &knownIdentity{text: bytes.Clone(text)}
	data, at := d.data, d.at
	d.data, d.at = have.text, 0
	err := d.identity(&have.identity)
	whole := d.at == len(have.text)
	if d.data, d.at = data, at; err != nil || !whole {
		return nil
	}
	d.known.keep(have)
	return have
}

// identity reads an identity's members.
func (d *decoder) identity(id *trail.Identity) error {
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
	id.IssuerID, _, _ = strings.Cut(id.IssuerID, ":") // as documents print it now and then
	id.ARN, id.IssuerARN = d.session.hide(id.ARN), d.session.hide(id.IssuerARN)
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

// inText replaces the session name where a text names an assumed role.
func (n *sessionNames) inText(s string) string {
	if !strings.Contains(s, ":assumed-role/") {
		return s
	}
	return n.hide(s)
}

func (n *sessionNames) hash(name string) string {
	if name == "" {
		return ""
	}
	mac := hmac.New(sha256.New, n.key)
	mac.Write([]byte(name))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
