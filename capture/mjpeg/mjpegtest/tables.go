// Package mjpegtest makes images as USB cameras send them.
package mjpegtest

import (
	"testing"

	"signet/capture/mjpeg"
)

// WithoutTables returns a copy of a JPEG without its Huffman tables, as many cameras send their images. It is the same
// picture if the tables were the standard ones.
func WithoutTables(t testing.TB, img []byte) []byte {
	t.Helper()
	out := append([]byte(nil), img[:2]...)
	for at := 2; ; {
		s, err := mjpeg.NextSegment(img, at)
		if err != nil {
			t.Fatal(err)
		}
		if s.Marker == mjpeg.SOS {
			return append(out, img[s.Start:]...)
		}
		if s.Marker != mjpeg.DHT {
			out = append(out, img[s.Start:s.Next]...)
		}
		at = s.Next
	}
}
