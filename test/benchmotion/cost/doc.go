// Package cost measures what finding motion costs: the detector beside OpenCV's MOG2 on the same pictures, and the whole
// agent beside the motion daemon, both fed by one camera. Decoding is measured in package turbo beside it.
//
// Times are those of the processor, not of the clock, and what is compared takes turns or runs at the same time, so that
// a busy machine slows both. Trust ratios.
package cost

import (
	"cmp"
	"slices"
)

// Spread is a figure that was measured several times.
type Spread struct{ Median, Least, Most float64 }

func spread(v []float64) Spread {
	if len(v) == 0 {
		return Spread{}
	}
	v = slices.Sorted(slices.Values(v))
	return Spread{(v[(len(v)-1)/2] + v[len(v)/2]) / 2, v[0], v[len(v)-1]}
}

// Pair is two costs and their ratio.
type Pair struct {
	Ours, Theirs Spread // µs a frame
	Ratio        Spread
}

// pair compares what was measured in turns.
func pair(ours, theirs []float64) Pair {
	var ratios []float64
	for i := range min(len(ours), len(theirs)) {
		ratios = append(ratios, ours[i]/cmp.Or(theirs[i], 1e-9))
	}
	return Pair{spread(ours), spread(theirs), spread(ratios)}
}
