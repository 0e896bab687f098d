package moment

import (
	"math/rand/v2"
	"testing"
	"time"

	"signet/capture"
)

func TestLimiterKeepsItsBounds(t *testing.T) {
	tests := []struct {
		name         string
		cameraFPS    int
		size         int
		fps          float64
		rate         int
		jitter       time.Duration
		least, most  float64 // frames a second
		bytesPerSecs int     // at most
	}{
		{"all pass", 5, 20_000, 5, 250_000, 0, 5, 5, 250_000},
		{"thinned from 30", 30, 20_000, 5, 250_000, 0, 4.9, 5, 250_000},
		{"thinned from 10, late and early", 10, 20_000, 5, 250_000, 20 * time.Millisecond, 4.8, 5.1, 250_000},
		{"thinned from 7", 7, 20_000, 5, 250_000, 0, 4.6, 5, 250_000},
		{"large pictures", 10, 100_000, 5, 250_000, 0, 2.2, 2.6, 260_000},
		{"huge pictures", 10, 900_000, 5, 250_000, 0, 0.95, 1.05, 950_000},
		{"one a second", 25, 1000, 1, 10_000, 0, 0.98, 1, 10_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const seconds = 60
			rnd := rand.New(rand.NewPCG(3, 4))
			var l limiter
			frames, bytes := 0, 0
			last := capture.Mono(0)
			for i := range seconds * tt.cameraFPS {
				at := capture.Mono(time.Duration(i) * time.Second / time.Duration(tt.cameraFPS))
				if tt.jitter > 0 {
					at = at.Add(time.Duration(rnd.Int64N(int64(2*tt.jitter))) - tt.jitter)
				}
				if !l.allow(at, tt.size, tt.fps, tt.rate) {
					continue
				}
				if frames > 0 && at.Sub(last) > time.Second+time.Second/time.Duration(tt.cameraFPS) {
					t.Errorf("nothing between %v and %v", last, at)
				}
				last = at
				frames++
				bytes += tt.size
			}
			if f := float64(frames) / seconds; f < tt.least || f > tt.most {
				t.Errorf("%.2f frames a second, want %v to %v", f, tt.least, tt.most)
			}
			if b := (bytes - burstSeconds*tt.rate) / seconds; b > tt.bytesPerSecs {
				t.Errorf("%d bytes a second", b)
			}
		})
	}
}

func TestLimiterStartsAgainAfterAGap(t *testing.T) {
	var l limiter
	for i := range 100 {
		l.allow(frameTime(i), 900_000, 5, 250_000)
	}
	if !l.allow(frameTime(1000), 900_000, 5, 250_000) {
		t.Error("the first frame after a long gap was held back")
	}
	if !l.allow(frameTime(10), 900_000, 5, 250_000) {
		t.Error("the first frame after time ran backwards was held back")
	}
}
