package main

import (
	"encoding/binary"
	"hash/fnv"
)

// random is a SplitMix64 generator: tiny, fast, and the same on every machine
// and in every Go version, which the standard library's generators are not
// promised to be.
//
// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number
// generators", OOPSLA 2014.
type random uint64

// seeded is a generator that depends on the seed and on the names alone, so
// that objects can be made in any order and in parallel.
func seeded(seed uint64, names ...string) *random {
	h := fnv.New64a()
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], seed)
	h.Write(b[:])
	for _, name := range names {
		h.Write([]byte(name))
		h.Write([]byte{0})
	}
	r := random(h.Sum64())
	return &r
}

// mixed is a generator that depends on all the numbers.
func mixed(numbers ...uint64) *random {
	var r random
	for _, n := range numbers {
		r ^= random(n)
		r = random(r.next())
	}
	return &r
}

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below is a number from 0 to n-1. The bias of the modulo does not matter to
// sample data.
func (r *random) below(n int) int { return int(r.next() % uint64(n)) }

// unit is a number in [0,1).
func (r *random) unit() float64 { return float64(r.next()>>11) / (1 << 53) }
