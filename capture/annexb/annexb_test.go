package annexb

import (
	"bytes"
	"slices"
	"testing"
)

func TestUnits(t *testing.T) {
	for stream, want := range map[string][]string{
		"":                                       nil,
		"\x00\x00\x01":                           nil,
		"rubbish":                                nil,
		"\x00\x00\x01a":                          {"a"},
		"\x00\x00\x00\x01a":                      {"a"},
		"\x00\x00\x00\x00\x00\x01a":              {"a"},
		"rubbish\x00\x00\x01a":                   {"a"},
		"\x00\x00\x01a\x00\x00\x01b":             {"a", "b"},
		"\x00\x00\x00\x01a\x00\x00\x00\x01b":     {"a", "b"},
		"\x00\x00\x01a\x00\x00\x00\x00\x00\x01b": {"a", "b"},
		"\x00\x00\x01a\x00\x00\x00":              {"a"},
		"\x00\x00\x01\x00\x00\x01b":              {"b"},
		"\x00\x00\x01a\x00\x00\x03\x01b":         {"a\x00\x00\x03\x01b"}, // emulation prevention
		"\x00\x00\x01a\x00b":                     {"a\x00b"},
	} {
		var got []string
		for u := range Units([]byte(stream)) {
			got = append(got, string(u))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", stream, got, want)
		}
	}
	for u := range Units([]byte("\x00\x00\x01\x67\x00\x00\x01b")) {
		if Kind(u) != SPS {
			t.Errorf("kind %d", Kind(u))
		}
		break
	}
}

func TestNoAllocations(t *testing.T) {
	b := bytes.Repeat([]byte("\x00\x00\x00\x01abc"), 20)
	n := 0
	if a := testing.AllocsPerRun(10, func() {
		for u := range Units(b) {
			n += len(u)
		}
	}); a != 0 || n != 11*60 {
		t.Errorf("%v allocations, %d bytes", a, n)
	}
}

func FuzzUnits(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x01a\x00\x00\x01b\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var again []byte
		var units [][]byte
		for u := range Units(b) {
			if len(u) == 0 || u[len(u)-1] == 0 || bytes.Contains(u, startCode) {
				t.Fatalf("unit %x", u)
			}
			units = append(units, u)
			again = append(append(again, 0, 0, 0, 1), u...)
		}
		i := 0
		for u := range Units(again) {
			if !bytes.Equal(u, units[i]) {
				t.Fatalf("unit %d is %x, then %x", i, units[i], u)
			}
			i++
		}
		if i != len(units) {
			t.Fatalf("%d units, then %d", len(units), i)
		}
	})
}
