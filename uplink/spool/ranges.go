package spool

import "slices"

// span is the numbers from to to, both included.
type span struct{ from, to uint64 }

// ranges is a set of numbers as ascending spans that neither overlap nor touch.
type ranges []span

// add puts from to to into the set; 0 < from, to < 2^64-1.
func (r *ranges) add(from, to uint64) {
	if to < from {
		return
	}
	s := *r
	// Nearly always the numbers come in order.
	if len(s) > 0 && s[len(s)-1].to == from-1 {
		s[len(s)-1].to = to
		return
	}
	i, _ := slices.BinarySearchFunc(s, from, func(a span, n uint64) int {
		if a.to < n-1 {
			return -1
		}
		return 1
	})
	j := i
	for j < len(s) && s[j].from <= to+1 {
		from, to = min(from, s[j].from), max(to, s[j].to)
		j++
	}
	*r = slices.Replace(s, i, j, span{from, to})
}

// has reports whether n is in the set.
func (r ranges) has(n uint64) bool {
	i, _ := slices.BinarySearchFunc(r, n, func(a span, n uint64) int {
		if a.to < n {
			return -1
		}
		return 1
	})
	return i < len(r) && r[i].from <= n
}

// holes returns what is missing in 1 to the largest number.
func (r ranges) holes() []span {
	var out []span
	next := uint64(1)
	for _, s := range r {
		if s.from > next {
			out = append(out, span{next, s.from - 1})
		}
		next = s.to + 1
	}
	return out
}
