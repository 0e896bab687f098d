package mjpeg

import (
	"errors"
	"testing"
)

// TestTooManyComponents: a frame may name 255 components, of which nobody has more than four.
func TestTooManyComponents(t *testing.T) {
	for n, want := range map[byte]error{3: nil, 4: nil, 5: ErrTooLarge, 255: ErrTooLarge} {
		var h Header
		payload := append([]byte{8, 0, 16, 0, 16, n}, make([]byte, 3*int(n))...)
		if err := h.frame(Segment{Marker: 0xC0, Payload: payload}); !errors.Is(err, want) {
			t.Errorf("%d components: %v", n, err)
		}
	}
}
