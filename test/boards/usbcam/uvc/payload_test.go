package uvc

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"

	"signet/test/boards/usbcam/uvc/uvctest"
)

// send passes frames through a cutter to a receiver, in transfers of a fixed size.
func send(t interface{ Fatalf(string, ...any) }, room int, marks Marks, frames ...[][]byte) *uvctest.Receiver {
	r := uvctest.NewReceiver(PayloadSize)
	var c Cutter
	for _, f := range frames {
		c.Start(f, marks)
		for calls := 0; c.Active(); calls++ {
			parts, n := c.Next(nil, room)
			transfer := bytes.Join(parts, nil)
			if len(transfer) != n || n > room {
				t.Fatalf("%d bytes, said %d, in a transfer of %d", len(transfer), n, room)
			}
			r.Complete(transfer, room)
			if calls > 100_000 {
				t.Fatalf("does not end")
			}
		}
		if !r.Between() {
			t.Fatalf("the frame has ended and its payload has not")
		}
	}
	return r
}

func TestFramesArrive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		room := rapid.SampledFrom([]int{512, 1024, 8192, PayloadSize}).Draw(t, "room")
		marks := Marks{Timed: rapid.Bool().Draw(t, "timed"), Time: time.Second}
		head := 2
		if marks.Timed {
			head = 12
		}
		var frames [][][]byte
		var want [][]byte
		for range rapid.IntRange(1, 4).Draw(t, "frames") {
			// Around where a payload or a transfer is just filled.
			size := rapid.SampledFrom([]int{1, 100, room - head, 2*room - head, PayloadSize - head, 2 * (PayloadSize - head), 40000}).Draw(t, "size")
			size = max(1, size+rapid.IntRange(-2, 2).Draw(t, "more"))
			whole := make([]byte, size)
			for i := range whole {
				whole[i] = byte(i * 31)
			}
			cut := rapid.IntRange(0, size).Draw(t, "cut")
			frames = append(frames, [][]byte{whole[:cut], nil, whole[cut:]})
			want = append(want, whole)
		}
		r := send(t, room, marks, frames...)
		if len(r.Frames) != len(want) {
			t.Fatalf("%d frames of %d arrive", len(r.Frames), len(want))
		}
		for i := range want {
			if !bytes.Equal(r.Frames[i], want[i]) {
				t.Fatalf("frame %d: %d bytes of %d", i, len(r.Frames[i]), len(want[i]))
			}
		}
	})
}

func TestMarks(t *testing.T) {
	frame := [][]byte{make([]byte, 40000)}
	r := send(t, PayloadSize, Marks{NoEnd: true}, frame, frame, frame)
	if len(r.Frames) != 2 || len(r.Frames[0]) != 40000 || len(r.Rest) != 40000 {
		t.Errorf("without the end bit %d of 3 frames are complete, %d bytes under way", len(r.Frames), len(r.Rest))
	}
	r = send(t, PayloadSize, Marks{Error: true}, frame)
	if len(r.Frames) != 0 || r.Failed != 3 {
		t.Errorf("with the error bit: %d frames, %d payloads marked of 3", len(r.Frames), r.Failed)
	}
}

func TestStop(t *testing.T) {
	var c Cutter
	c.Start([][]byte{make([]byte, 40000)}, Marks{})
	c.Next(nil, PayloadSize)
	c.Stop()
	if c.Active() {
		t.Error("active after Stop")
	}
	c.Start([][]byte{{1, 2, 3}}, Marks{})
	parts, _ := c.Next(nil, PayloadSize)
	if b := bytes.Join(parts, nil); !bytes.Equal(b, []byte{2, bitEndOfHeader | bitEndOfFrame, 1, 2, 3}) {
		t.Errorf("the frame after: % x", b)
	}
}

// TestHeadersLast: as many transfers as are sent at once have their own headers.
func TestHeadersLast(t *testing.T) {
	var c Cutter
	var all [][][]byte
	c.Start([][]byte{make([]byte, 20*PayloadSize)}, Marks{Timed: true, Time: 1})
	for range headers {
		parts, _ := c.Next(nil, PayloadSize)
		all = append(all, parts)
		c.marks.Time += time.Second
	}
	seen := map[string]bool{}
	for _, parts := range all {
		seen[string(parts[0])] = true
	}
	if len(seen) != headers {
		t.Errorf("%d headers of %d are left", len(seen), headers)
	}
}

func TestNoAllocations(t *testing.T) {
	var c Cutter
	frame := [][]byte{make([]byte, 30000), make([]byte, 1000)}
	var parts [][]byte
	n := testing.AllocsPerRun(100, func() {
		c.Start(frame, Marks{Timed: true})
		for c.Active() {
			parts, _ = c.Next(parts[:0], PayloadSize)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}
