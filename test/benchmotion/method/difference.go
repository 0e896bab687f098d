package method

import (
	"context"

	"signet/test/benchmotion/clip"
	"signet/test/benchmotion/score"
)

// Difference marks the cells whose brightness differs from that of the frame before.
type Difference struct{}

// differs is from how many grey levels on: of 4, 6, 8, 10, 12 and 15 the one with the best cells on a road with cars.
const differs = 4

// Name implements Method.
func (Difference) Name() string { return "frame difference" }

// See implements Method.
func (Difference) See(_ context.Context, c *clip.Clip) (*score.Seen, error) {
	p, err := c.Planes()
	if err != nil {
		return nil, err
	}
	return Confirm(difference(p, differs), c.Truth.FPS), nil
}

func difference(p *score.Cells, least int) *score.Cells {
	marked := &score.Cells{W: p.W, H: p.H, Data: make([]byte, len(p.Data))}
	n := p.W * p.H
	for i := n; i < len(p.Data); i++ {
		if d := int(p.Data[i]) - int(p.Data[i-n]); d >= least || -d >= least {
			marked.Data[i] = score.Moving
		}
	}
	return marked
}
