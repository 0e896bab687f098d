package motion

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/luma"
	"signet/capture/mjpeg"
)

// footage opens a recording of the development set, which lies beside the repository or where
// SIGNET_FOOTAGE says. It is not part of the project; without it the test is skipped.
func footage(t *testing.T, name string) *os.File {
	t.Helper()
	dir := os.Getenv("SIGNET_FOOTAGE")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "footage")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Skipf("no footage: %v (set SIGNET_FOOTAGE)", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// eachPlane runs through a recording at fps frames a second.
func eachPlane(t *testing.T, name string, fps int, do func(p *luma.Plane, s Stamp)) {
	t.Helper()
	split := mjpeg.NewSplitter(footage(t, name), 0)
	var dec luma.Decoder
	var p luma.Plane
	for i := 0; ; i++ {
		img, err := split.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := dec.Decode(&p, &capture.Frame{Format: capture.MJPEG, Data: img}); err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		do(&p, Stamp{Seq: uint64(i), At: capture.Mono(time.Duration(i) * time.Second / time.Duration(fps))})
	}
}

// TestHighwayCells compares cells with CDnet's truth. The figures for the methods in use elsewhere,
// on the same cells: frame difference .63, running average .74, OpenCV MOG2 .84.
func TestHighwayCells(t *testing.T) {
	z, err := gzip.NewReader(footage(t, "highway.cells.gz"))
	if err != nil {
		t.Fatal(err)
	}
	truth, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	const still, moving, untold = 0, 1, 70
	d := newDetector(t, Config{})
	var hit, false_, miss float64
	var spent time.Duration
	frames := 0
	eachPlane(t, "highway.mjpeg", 30, func(p *luma.Plane, s Stamp) {
		start := time.Now()
		res := d.Detect(p, s)
		spent += time.Since(start)
		frames++
		if s.Seq < untold {
			return
		}
		n := len(res.Cells)
		for i, want := range truth[int(s.Seq)*n : (int(s.Seq)+1)*n] {
			switch got := res.Cells[i]; {
			case got == 1 && want == moving:
				hit++
			case got == 1 && want == still:
				false_++
			case got == 0 && want == moving:
				miss++
			}
		}
	})
	precision, recall := hit/(hit+false_), hit/(hit+miss)
	f := 2 * precision * recall / (precision + recall)
	t.Logf("cell F %.3f, precision %.3f, recall %.3f, %v a frame", f, precision, recall, spent/time.Duration(frames))
	if f < 0.94 {
		t.Errorf("cell F %.3f, want at least .94", f)
	}
}
