package v4l2

import (
	"reflect"
	"testing"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"
)

// The pinned version of the library has the fields that are looked into.
func TestInside(t *testing.T) {
	w := new(webcam.Webcam)
	if _, err := descriptorOf(w); err != nil {
		t.Error(err)
	}
	b, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	setBuffers(t, w, [][]byte{b, nil})
	unmap(w)
	if err := unix.Munmap(b); err != unix.EINVAL {
		t.Errorf("the mapping was still there: %v", err)
	}
}

// setBuffers does what the library does when it maps a driver's buffers.
func setBuffers(t *testing.T, w *webcam.Webcam, all [][]byte) {
	t.Helper()
	f := reflect.ValueOf(w).Elem().FieldByName("buffers")
	*(*[][]byte)(f.Addr().UnsafePointer()) = all
}

// A start that fails before anything is mapped leaves alone what was mapped before: another camera may be there by now.
func TestFailedStartUnmapsNothingElse(t *testing.T) {
	w := new(webcam.Webcam) // of descriptor 0, which is no camera
	b, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	setBuffers(t, w, [][]byte{b})
	if err := (&tidy{w}).StartStreaming(); err == nil {
		t.Fatal("standard input is a camera")
	}
	if err := unix.Munmap(b); err != nil {
		t.Errorf("the mapping is gone: %v", err)
	}
}
