package v4l2

import (
	"errors"
	"reflect"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"
)

// What *webcam.Webcam keeps to itself and is needed all the same. Its version is pinned, and a test holds that these
// fields are there.

var errOtherLibrary = errors.New("this version of blackjack/webcam is built otherwise")

// descriptorOf returns the stream's descriptor. Drivers such as uvcvideo tell of their buffers, when they were exposed and
// whether they are broken, only to the open file that streams; the library does not ask.
func descriptorOf(w *webcam.Webcam) (uintptr, error) {
	f := reflect.ValueOf(w).Elem().FieldByName("fd")
	if f.Kind() != reflect.Uintptr {
		return 0, errOtherLibrary
	}
	return uintptr(f.Uint()), nil
}

// tidy is a stream that does not leak. The library forgets the buffers that it had mapped when a stream does not start,
// as happens where the USB bus has no room: the mappings would keep the device, and its number, for ever.
type tidy struct{ *webcam.Webcam }

func (t *tidy) StartStreaming() error {
	before := mappings(t.Webcam)
	err := t.Webcam.StartStreaming()
	if err != nil && mappings(t.Webcam) != before { // those of before are unmapped, and their place may be another camera's
		unmap(t.Webcam)
	}
	return err
}

// mappings tells one list of mapped buffers from another.
func mappings(w *webcam.Webcam) uintptr {
	all := reflect.ValueOf(w).Elem().FieldByName("buffers")
	if all.Kind() != reflect.Slice {
		return 0
	}
	return all.Pointer()
}

func unmap(w *webcam.Webcam) {
	all := reflect.ValueOf(w).Elem().FieldByName("buffers")
	if all.Kind() != reflect.Slice || all.Type().Elem() != reflect.TypeFor[[]byte]() {
		return
	}
	for i := range all.Len() {
		if b := all.Index(i).Bytes(); b != nil {
			_ = unix.Munmap(b)
		}
	}
}
