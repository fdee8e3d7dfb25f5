package interpret

import "sync"

// memo remembers what was worked out for a key, up to a number of keys: what
// names hostile logs bring past it is worked out each time. It is safe for
// concurrent use.
type memo[K comparable, V any] struct {
	mu    sync.RWMutex
	known map[K]*V
}

const mostKnown = 1 << 16

// get gives the key's value, which make works out. keep gives the key as it
// may be kept: texts of observations can be views of a larger text.
func (m *memo[K, V]) get(key K, keep func(K) K, make func(K) V) *V {
	m.mu.RLock()
	v := m.known[key]
	m.mu.RUnlock()
	if v != nil {
		return v
	}
	key = keep(key)
	made := make(key)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[K]*V{}
	}
	if len(m.known) < mostKnown {
		m.known[key] = &made
	}
	return &made
}
