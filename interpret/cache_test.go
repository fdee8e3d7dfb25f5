package interpret

import (
	"strconv"
	"testing"
)

// TestCache: a key has its own value, however many others came, and one that
// just came is held.
func TestCache(t *testing.T) {
	c := newCache[string]()
	worked := 0
	for i := range 3 * cacheSize {
		key := strconv.Itoa(i)
		for range 2 {
			got := c.get([]byte(key), func() string { worked++; return key })
			if *got != key {
				t.Fatalf("%s has the value %s", key, *got)
			}
		}
	}
	if worked != 3*cacheSize {
		t.Errorf("%d keys were worked out %d times", 3*cacheSize, worked)
	}
	held := 0
	for i := range c.slots {
		if c.slots[i].Load() != nil {
			held++
		}
	}
	if held < cacheSize*9/10 {
		t.Errorf("of %d places %d are used", cacheSize, held)
	}
}
