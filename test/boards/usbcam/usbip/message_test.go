package usbip

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
)

// Captured from a keyboard, as given in the kernel's usbip_protocol.rst.
const (
	cmdIntrIn  = "00000001 00000d05 0001000f 00000001 00000001 00000200 00000040 ffffffff 00000000 00000004 00000000 00000000"
	cmdIntrOut = "00000001 00000d06 0001000f 00000000 00000001 00000000 00000040 ffffffff 00000000 00000004 00000000 00000000" +
		"ffffffff860008a784ce5ae212376300000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
)

func wire(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRead(t *testing.T) {
	const setup = "00000001 00000001 00010002 00000001 00000000 00000200 00000012 00000000 00000000 00000000 80060001 00001200"
	const unlink = "00000002 00000007 00010002 00000000 00000000 00000005 00000000 00000000 00000000 00000000 00000000 00000000"
	for name, c := range map[string]struct {
		bytes string
		want  Message
	}{
		"in":     {cmdIntrIn, Message{Seq: 0xd05, In: true, Endpoint: 1, Length: 64}},
		"out":    {cmdIntrOut, Message{Seq: 0xd06, Endpoint: 1, Length: 64}},
		"setup":  {setup, Message{Seq: 1, In: true, Length: 18, Setup: Setup{0x80, 6, 0x100, 0, 18}}},
		"unlink": {unlink, Message{Seq: 7, Unlink: true, Victim: 5}},
	} {
		t.Run(name, func(t *testing.T) {
			b := wire(t, c.bytes)
			r := bytes.NewReader(b)
			m, err := read(r, new([headerSize]byte))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(m.Data, b[headerSize:]) {
				t.Errorf("data % x", m.Data)
			}
			m.Data = nil
			if got, want := m, c.want; got.Seq != want.Seq || got.Unlink != want.Unlink || got.Victim != want.Victim ||
				got.In != want.In || got.Endpoint != want.Endpoint || got.Length != want.Length || got.Setup != want.Setup {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			if _, err := read(r, new([headerSize]byte)); err != io.EOF {
				t.Errorf("behind it: %v, want io.EOF", err)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	change := func(at int, to byte) []byte {
		b := wire(t, cmdIntrOut)
		b[at] = to
		return b
	}
	for name, b := range map[string][]byte{
		"command":         change(3, 9),
		"direction":       change(15, 2),
		"endpoint":        change(19, 16),
		"a length":        change(24, 0x80),
		"too much data":   change(26, 0xFF),
		"another command": change(0, 0xFF),
		"a huge length":   change(24, 0xFF),
	} {
		if m, err := read(bytes.NewReader(b), new([headerSize]byte)); !errors.Is(err, ErrProtocol) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
	b := wire(t, cmdIntrOut)
	for _, n := range []int{1, 47, 48, 100} {
		if m, err := read(bytes.NewReader(b[:n]), new([headerSize]byte)); !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) || err == io.EOF {
			t.Errorf("broken off after %d bytes: %+v, %v", n, m, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(wire(f, cmdIntrIn))
	f.Add(wire(f, cmdIntrOut))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		for {
			m, err := read(r, new([headerSize]byte))
			if err != nil {
				return
			}
			if m.Length < 0 || m.Length > maxTransfer || m.Endpoint > 15 || len(m.Data) > maxData {
				t.Fatalf("%+v", m)
			}
			if want := m.Length; !m.In && len(m.Data) != want {
				t.Fatalf("%d bytes of %d", len(m.Data), want)
			}
		}
	})
}
