package uvc

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"
)

// proposal makes what a host proposes.
func proposal(size int, format, frame byte, interval time.Duration) []byte {
	b := make([]byte, size)
	b[2], b[3] = format, frame
	binary.LittleEndian.PutUint32(b[4:], uint32(ticks(interval)))
	return b
}

func TestNegotiation(t *testing.T) {
	for v, size := range map[Version]int{V1_0: 26, V1_1: 34} {
		n := NewNegotiation(v, full().Streams[0])
		if b, fault := n.Get(GetLen, Probe); fault != OK || int(b[0]) != size {
			t.Fatalf("length % x, %d", b, fault)
		}
		if _, ok := n.Mode(); ok {
			t.Error("committed before the host did")
		}
		// Whatever is proposed is corrected to what there is.
		for _, c := range []struct {
			format, frame   byte
			interval        time.Duration
			format2, frame2 byte
			interval2       time.Duration
		}{
			{1, 2, 100 * time.Millisecond, 1, 2, 100 * time.Millisecond},
			{2, 1, 33333300, 2, 1, 33333300},
			{2, 9, 33333300, 2, 1, 33333300},
			{0, 1, 80 * time.Millisecond, 1, 1, 100 * time.Millisecond},
			{9, 2, time.Hour / 10, 1, 2, 100 * time.Millisecond},
			{1, 1, 0, 1, 1, 33333300},
		} {
			if fault := n.Set(Probe, proposal(size, c.format, c.frame, c.interval)); fault != OK {
				t.Fatal(fault)
			}
			got, fault := n.Get(GetCur, Probe)
			if fault != OK || len(got) != size {
				t.Fatalf("% x, %d", got, fault)
			}
			if got[2] != c.format2 || got[3] != c.frame2 || int(binary.LittleEndian.Uint32(got[4:])) != ticks(c.interval2) {
				t.Errorf("%+v: got format %d, frame %d, interval %d", c, got[2], got[3], binary.LittleEndian.Uint32(got[4:]))
			}
			if max := binary.LittleEndian.Uint32(got[22:]); max != PayloadSize {
				t.Errorf("payload of %d bytes", max)
			}
			if fault := n.Set(Commit, got); fault != OK {
				t.Errorf("its own answer is refused: %d", fault)
			}
		}
		if fault := n.Set(Probe, proposal(size, 1, 2, 100*time.Millisecond)); fault != OK {
			t.Fatal(fault)
		}
		got, _ := n.Get(GetCur, Probe)
		if size := binary.LittleEndian.Uint32(got[18:]); size != 2*1280*720 {
			t.Errorf("a frame of %d bytes", size)
		}
		n.Set(Commit, got)
		mode, ok := n.Mode()
		if !ok || mode.Kind != MJPEG || mode.Size != hd || mode.Interval != 100*time.Millisecond {
			t.Errorf("%+v, %v", mode, ok)
		}
	}
}

func TestNegotiationRefuses(t *testing.T) {
	n := NewNegotiation(V1_0, full().Streams[0])
	for name, got := range map[string]Fault{
		"a commitment to what there is not": n.Set(Commit, proposal(26, 1, 1, time.Second)),
		"no format":                         n.Set(Commit, proposal(26, 0, 1, 33333300)),
		"a long proposal":                   n.Set(Probe, proposal(34, 1, 1, 33333300)),
		"another control":                   n.Set(7, proposal(26, 1, 1, 33333300)),
	} {
		if got == OK {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, fault := n.Get(GetRes, Probe); fault == OK {
		t.Error("a proposal has no resolution")
	}
	if _, fault := n.Get(GetMin, Commit); fault == OK {
		t.Error("a commitment has no minimum")
	}
	if _, ok := n.Mode(); ok {
		t.Error("committed")
	}
	low, _ := n.Get(GetMin, Probe)
	high, _ := n.Get(GetMax, Probe)
	if slices.Equal(low, high) {
		t.Error("least and greatest interval are the same")
	}
}
