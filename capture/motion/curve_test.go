package motion

import "testing"

// TestCurveOfLargePictures has more equal cells than a small counter holds: a dark wall of 12 megapixels that grows brighter.
func TestCurveOfLargePictures(t *testing.T) {
	const w, h = 540, 350
	mean, pix := make([]int32, w*h), make([]int16, w*h)
	for i := range mean {
		mean[i], pix[i] = -600<<8, -500
	}
	var c curve
	c.fit(pix, mean, nil, make([]byte, w*h))
	if got := c.at(-600); got < 90 || got > 110 {
		t.Errorf("grown brighter by 100, the curve says %d", got)
	}
}
