package eval

// tri is the truth of a statement about a request: unknown when it hangs on a
// condition key whose value is not known.
type tri int8

const (
	no tri = iota
	maybe
	yes
)

func truth(b bool) tri {
	if b {
		return yes
	}
	return no
}

func (t tri) not() tri { return yes - t }

func both(a, b tri) tri { return min(a, b) }
