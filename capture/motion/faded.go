package motion

// A covered lens shows next to nothing, and so do a glaring light and a lamp that goes out at night. The brightness
// curve would explain that, since all that was bright or dark is now the same, and would leave no difference; but a picture that
// has lost its contrast is another scene. Exposure, gain and fading light leave more of it than this.
const (
	fadedShare   = 5        // the deviation of its brightness is less than the model's by so much
	leastSpread  = 8 * grey // of the model: with less there was not much to be seen before either
	spreadStride = 3        // cells looked at: every third is enough for a picture as a whole
)

// faded tells whether the picture has lost the contrast that the model knows.
func (m *model) faded(pix []int16) bool {
	var n, is, was, isSquares, wasSquares int64
	for i := 0; i < len(pix); i += spreadStride {
		v, w := int64(pix[i]), int64(m.mean[i]>>8)
		n++
		is += v
		was += w
		isSquares += v * v
		wasSquares += w * w
	}
	// n² times the variances.
	spread := n*wasSquares - was*was
	return spread >= n*n*leastSpread*leastSpread && (n*isSquares-is*is)*fadedShare*fadedShare < spread
}
