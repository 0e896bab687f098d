package uapi

import (
	"os"
	"testing"
	"unsafe"
)

// The kernel's structure has 80 bytes on 64 bits and on ARM's 32, where Go would align it otherwise.
func TestInput(t *testing.T) {
	if n := unsafe.Sizeof(input{}); n != 80 || vidiocEnuminput != 0xc050561a {
		t.Errorf("%d bytes, VIDIOC_ENUMINPUT is %#x", n, vidiocEnuminput)
	}
	n, err := Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if n.HasInput() {
		t.Error("the null device is a camera")
	}
}
