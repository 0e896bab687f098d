package spool

import (
	"bytes"
	"encoding/hex"
	"testing"

	"pgregory.net/rapid"
)

// The frame as it must stay, since cameras in the field have it on their cards.
const golden = "5367523177b0186228000000050000000000000007000000000000000102000005000000" +
	"68656c6c6f0300000061676500000000"

func TestFrameGolden(t *testing.T) {
	f := frame{Position{5, 7}, true, Entry{Record: []byte("hello"), Media: [][]byte{[]byte("age"), {}}}}
	got := f.encode(9)
	if hex.EncodeToString(got) != golden {
		t.Errorf("frame is %x", got)
	}
	back, n, err := parseFrame(got, 9)
	if err != nil || n != len(got) || back.pos != f.pos || !back.urgent || string(back.entry.Record) != "hello" || len(back.entry.Media) != 2 {
		t.Errorf("parsed %+v, %d, %v", back, n, err)
	}
	if _, _, err := parseFrame(got, 10); err == nil {
		t.Error("a frame of another segment is taken")
	}
	for i := range got {
		b := bytes.Clone(got)
		b[i] ^= 0x10
		if _, _, err := parseFrame(b, 9); err == nil {
			t.Errorf("a changed byte %d is not noticed", i)
		}
	}
}

func TestScanFindsFramesAfterDamage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var data []byte
		type place struct{ from, to int }
		var places []place
		for n := range rapid.IntRange(1, 20).Draw(t, "frames") {
			e := Entry{Record: rapid.SliceOfN(rapid.SampledFrom([]byte(frameMark)), 0, 60).Draw(t, "record")}
			b := frame{pos: Position{1, uint64(n + 1)}, entry: e}.encode(3)
			places = append(places, place{len(data), len(data) + len(b)})
			data = append(data, b...)
		}
		from := rapid.IntRange(0, len(data)-1).Draw(t, "from")
		to := rapid.IntRange(from+1, len(data)).Draw(t, "to")
		for i := from; i < to; i++ {
			data[i] ^= 0xff
		}
		found := map[int]bool{}
		skipped, end := scan(data, 3, func(_ frame, off, size int) { found[off] = true })
		lost := 0
		for _, p := range places {
			hit := p.from < to && p.to > from
			if hit == found[p.from] {
				t.Fatalf("frame at %d: damaged %v, found %v", p.from, hit, found[p.from])
			}
			if hit {
				lost += p.to - p.from
			}
		}
		if skipped+len(data)-end != lost {
			t.Fatalf("skipped %d and %d at the end, lost %d", skipped, len(data)-end, lost)
		}
	})
}

func FuzzScan(f *testing.F) {
	b, _ := hex.DecodeString(golden)
	f.Add(b)
	f.Add(append(append([]byte("SgR1"), b...), b[:20]...))
	f.Add(bytes.Repeat([]byte("SgR1\x00\x00\x00\x00\x30\x00\x00\x00"), 50))
	f.Fuzz(func(t *testing.T, data []byte) {
		last := 0
		skipped, end := scan(data, 9, func(f frame, off, size int) {
			if off < last || off+size > len(data) {
				t.Fatalf("frame at %d+%d after %d", off, size, last)
			}
			last = off + size
			if got := f.encode(9); !bytes.Equal(got, data[off:off+size]) {
				t.Fatalf("frame %x is written as %x", data[off:off+size], got)
			}
		})
		if end != last || skipped > end {
			t.Fatalf("skipped %d, end %d, last frame ends at %d", skipped, end, last)
		}
	})
}

func FuzzNotes(f *testing.F) {
	f.Add(note{noteDone, Range{1, 2, 3}}.append(note{noteBoot, Range{Boot: 4}}.append(nil)))
	f.Add(note{noteFull, Range{1, 1, 9}}.append(note{noteTold, Range{1, 3, 4}}.append(nil)))
	f.Fuzz(func(t *testing.T, data []byte) {
		notes, _, end := parseNotes(data)
		if end > int64(len(data)) {
			t.Fatalf("end %d of %d", end, len(data))
		}
		var st, again state
		for _, n := range notes {
			st.apply(n)
		}
		// Written as few notes and read again it says the same.
		for _, n := range st.notes() {
			if n.Boot > 0 {
				again.apply(n)
			}
		}
		if again.boot != st.boot || again.last != st.last || len(again.gaps) != len(st.gaps) || len(again.done) != len(st.done) {
			t.Fatalf("state %+v became %+v", st, again)
		}
	})
}

func TestRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r ranges
		model := map[uint64]bool{}
		for range rapid.IntRange(1, 30).Draw(t, "adds") {
			from := uint64(rapid.IntRange(1, 60).Draw(t, "from"))
			to := from + uint64(rapid.IntRange(0, 8).Draw(t, "len"))
			r.add(from, to)
			for n := from; n <= to; n++ {
				model[n] = true
			}
		}
		for n := uint64(1); n < 80; n++ {
			if r.has(n) != model[n] {
				t.Fatalf("has(%d) = %v in %v", n, r.has(n), r)
			}
		}
		holes := map[uint64]bool{}
		for _, h := range r.holes() {
			for n := h.from; n <= h.to; n++ {
				holes[n] = true
			}
		}
		for n := uint64(1); n <= r[len(r)-1].to; n++ {
			if holes[n] == model[n] {
				t.Fatalf("%d: in the set %v, a hole %v", n, model[n], holes[n])
			}
		}
		for i := 1; i < len(r); i++ {
			if r[i].from <= r[i-1].to+1 {
				t.Fatalf("spans touch: %v", r)
			}
		}
	})
}
