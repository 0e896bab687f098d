package capture

import (
	"testing"
	"time"
)

func TestNow(t *testing.T) {
	a, start := Now(), time.Now()
	time.Sleep(2 * time.Millisecond)
	b, d := Now(), time.Since(start)
	if got := b.Sub(a); got < 2*time.Millisecond || got > d+50*time.Millisecond {
		t.Errorf("%v passed, the clock says %v", d, got)
	}
	if a.Add(b.Sub(a)) != b {
		t.Error("a + (b - a) is not b")
	}
}
