package usage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Decode reads a usage bundle, the usage.json of a role. It is the inverse of
// the encoding, which is the plain JSON of [Usage]: equal bytes come out again.
func Decode(r io.Reader) (*Usage, error) {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	u := &Usage{}
	if err := dec.Decode(u); err != nil {
		return nil, fmt.Errorf("read a usage bundle: %w; `pruner run` writes it anew", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read a usage bundle: text follows the document")
	}
	return u, nil
}
