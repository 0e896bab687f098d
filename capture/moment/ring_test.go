package moment

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"

	"signet/capture"
)

// TestRingHoldsTheYoungest pushes any frames and compares with a plain list of all of them.
func TestRingHoldsTheYoungest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 5000).Draw(t, "bytes")
		keep := time.Duration(rapid.IntRange(0, 3000).Draw(t, "keep")) * time.Millisecond
		deltas := rapid.Bool().Draw(t, "deltas")
		r := NewRing(limit)
		var all []capture.Frame
		at := capture.Mono(0)
		for i := range rapid.IntRange(1, 120).Draw(t, "frames") {
			at = at.Add(time.Duration(rapid.IntRange(1, 400).Draw(t, "gap")) * time.Millisecond)
			f := capture.Frame{Seq: uint64(i), Mono: at, Format: capture.H264, Key: !deltas || rapid.IntRange(0, 4).Draw(t, "key") == 0}
			f.Data = bytes.Repeat([]byte{byte(i)}, rapid.IntRange(0, 1200).Draw(t, "size"))
			taken := r.Push(&f, keep)
			if taken {
				all = append(all, f)
			} else if len(f.Data) <= limit && f.Key {
				t.Fatalf("frame %d of %d bytes was not taken by a ring of %d", i, len(f.Data), limit)
			}
			if r.Bytes() > limit {
				t.Fatalf("%d bytes in a ring of %d", r.Bytes(), limit)
			}

			var got []capture.Frame
			sum := 0
			for f := range r.From(0) {
				c := *f
				c.Data = bytes.Clone(f.Data)
				got = append(got, c)
				sum += len(f.Data)
			}
			if len(got) != r.Len() || sum > r.Bytes() {
				t.Fatalf("%d frames with %d bytes, Len is %d, Bytes is %d", len(got), sum, r.Len(), r.Bytes())
			}
			if len(got) == 0 {
				continue
			}
			if !got[0].Key {
				t.Fatal("the ring begins with a delta frame")
			}
			if taken && got[len(got)-1].Seq != f.Seq {
				t.Fatalf("the youngest frame is %d, pushed %d", got[len(got)-1].Seq, f.Seq)
			}
			tail := all[len(all)-len(got):]
			for k := range got {
				w := tail[k]
				if got[k].Seq != w.Seq || got[k].Mono != w.Mono || got[k].Key != w.Key || !bytes.Equal(got[k].Data, w.Data) {
					t.Fatalf("frame %d of the ring is %d, want %d", k, got[k].Seq, w.Seq)
				}
			}
			// Nothing is kept in vain: no later key frame, but for the one just pushed, would do.
			for _, f := range got[1:max(1, len(got)-1)] {
				if f.Key && f.Mono <= at.Add(-keep) {
					t.Fatalf("frame %d is kept, %d would do", got[0].Seq, f.Seq)
				}
			}
		}
	})
}

func TestRingKeepsTheTimeAsked(t *testing.T) {
	r := NewRing(1 << 20)
	for i := range 100 {
		f := capture.Frame{Seq: uint64(i), Mono: frameTime(i), Key: i%20 == 0, Data: make([]byte, 1000)}
		if !r.Push(&f, 5*time.Second) {
			t.Fatalf("frame %d was not taken", i)
		}
	}
	// Five seconds before frame 99 is frame 49; its key frame is frame 40.
	if r.Len() != 60 {
		t.Errorf("%d frames, want 60", r.Len())
	}
	for at, want := range map[capture.Mono]uint64{0: 40, frameTime(59): 40, frameTime(60): 60, frameTime(1000): 80} {
		for f := range r.From(at) {
			if f.Seq != want {
				t.Errorf("from frame time %v on: frame %d, want %d", at, f.Seq, want)
			}
			break
		}
	}
}

func TestRingRefuses(t *testing.T) {
	r := NewRing(1000)
	for name, f := range map[string]capture.Frame{
		"too large":         {Key: true, Data: make([]byte, 1001)},
		"delta without key": {Data: make([]byte, 10)},
	} {
		if r.Push(&f, time.Second) {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestRingDoesNotAllocate(t *testing.T) {
	r := NewRing(1 << 20)
	f := capture.Frame{Key: true, Data: make([]byte, 30_000)}
	push := func() {
		f.Seq++
		f.Mono = frameTime(int(f.Seq))
		f.Data = f.Data[:20_000+f.Seq*7919%10_000]
		r.Push(&f, 3*time.Second)
	}
	for range 200 {
		push()
	}
	if n := testing.AllocsPerRun(500, push); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}
