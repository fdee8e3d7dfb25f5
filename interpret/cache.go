package interpret

import (
	"hash/maphash"
	"sync/atomic"
)

// cache keeps what was worked out for keys. It holds a fixed number of them: a
// key for which there is no room takes the place of another, so that what
// hostile logs bring costs time, not memory. Reading takes no lock. It is safe
// for concurrent use.
type cache[V any] struct {
	seed  maphash.Seed
	slots [cacheSize]atomic.Pointer[cached[V]]
}

// cacheSize is the number of keys held: some 500 events of 2 forms each stand
// in the logs of an account, a few thousand in those of an organisation. A key
// can lie in one of ways places.
const (
	cacheSize = 1 << 13
	ways      = 4
)

type cached[V any] struct {
	key   string
	value V
}

func newCache[V any]() *cache[V] { return &cache[V]{seed: maphash.MakeSeed()} }

// get gives the key's value, which work works out where it is not held.
func (c *cache[V]) get(key []byte, work func() V) *V {
	hash := maphash.Bytes(c.seed, key)
	set := c.slots[hash%(cacheSize/ways)*ways:][:ways]
	free := hash >> 32 % ways
	for i := range set {
		switch e := set[i].Load(); {
		case e == nil:
			free = uint64(i)
		case e.key == string(key):
			return &e.value
		}
	}
	e := &cached[V]{string(key), work()}
	set[free].Store(e)
	return &e.value
}
