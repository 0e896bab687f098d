package order

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSorts(t *testing.T) {
	type pair struct{ key, at int }
	by := func(a, b pair) int { return cmp.Compare(a.key, b.key) }
	for n := range 200 {
		var all []pair
		for i := range n {
			all = append(all, pair{rand.IntN(20), i})
		}
		want, got := slices.Clone(all), slices.Clone(all)
		slices.SortStableFunc(want, by)
		if StablyBy(got, by); !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
		if By(all, by); !slices.IsSortedFunc(all, by) {
			t.Fatalf("not sorted: %v", all)
		}
	}
}
