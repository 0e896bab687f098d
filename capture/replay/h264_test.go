package replay

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"
)

func TestUnitReader(t *testing.T) {
	const (
		aud   = "\x00\x00\x00\x01\x09\xf0"
		short = "\x00\x00\x01\x09\xf0"
		sps   = "\x00\x00\x00\x01\x67abc"
		idr   = "\x00\x00\x01\x65\x09\x00\x00\x03\x01\x09"
		slice = "\x00\x00\x01\x41xyz"
	)
	units := []string{aud + sps + idr, aud + slice, short + slice + slice, aud + idr}
	stream := []byte{}
	for _, u := range units {
		stream = append(stream, u...)
	}
	for name, r := range map[string]io.Reader{
		"at once":     bytes.NewReader(stream),
		"byte a time": iotest.OneByteReader(bytes.NewReader(stream)),
	} {
		u := newUnitReader(r)
		for i, want := range units {
			got, err := u.next()
			if err != nil || string(got) != want {
				t.Fatalf("%s: unit %d: %q, %v; want %q", name, i, got, err, want)
			}
			if isKey(got) != (i == 0 || i == 3) {
				t.Errorf("%s: unit %d: key %v", name, i, isKey(got))
			}
		}
		if _, err := u.next(); err != io.EOF {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestUnitReaderIsBounded(t *testing.T) {
	endless := io.MultiReader(bytes.NewReader([]byte("\x00\x00\x01\x09\xf0")), iotest.DataErrReader(zeroReader{}))
	u := newUnitReader(endless)
	if _, err := u.next(); err == nil || cap(u.buf) > 4*maxUnit {
		t.Errorf("error %v with %d bytes held", err, cap(u.buf))
	}
}

type zeroReader struct{}

func (zeroReader) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func FuzzUnitReader(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x01\x09\xf0\x00\x00\x01\x65x\x00\x00\x01\x09"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, b := newUnitReader(bytes.NewReader(data)), newUnitReader(iotest.OneByteReader(bytes.NewReader(data)))
		var all []byte
		for {
			x, errX := a.next()
			y, errY := b.next()
			if !bytes.Equal(x, y) || errX != errY {
				t.Fatalf("at once %q, %v; byte by byte %q, %v", x, errX, y, errY)
			}
			if errX != nil {
				break
			}
			all = append(all, x...)
		}
		if !bytes.Equal(all, data) {
			t.Fatalf("%q became %q", data, all)
		}
	})
}

// nalTypes lists the types of an access unit's NAL units.
func nalTypes(unit []byte) []byte {
	var types []byte
	for at := 0; ; {
		i := bytes.Index(unit[at:], startCode)
		if i < 0 || at+i+3 >= len(unit) {
			return types
		}
		at += i + 3
		types = append(types, unit[at]&31)
	}
}
