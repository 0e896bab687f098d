package capture

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"time"
)

func TestHint(t *testing.T) {
	err := fmt.Errorf("open: %w", WithHint(fs.ErrNotExist, "look elsewhere"))
	if err.Error() != "open: file does not exist" || Hint(err) != "look elsewhere" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, hint %q", err, Hint(err))
	}
	if Hint(fs.ErrNotExist) != "" || Hint(nil) != "" {
		t.Error("a hint from nowhere")
	}
}

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
