package certs_test

import (
	"bytes"
	"testing"

	"signet/certs"
	"signet/certs/certstest"
)

func TestMessageRoundTrip(t *testing.T) {
	record := certstest.New(t).Camera.Claimed(t).Raw
	for _, media := range [][][]byte{nil, {{}}, {[]byte("a")}, {make([]byte, 23), make([]byte, 24), make([]byte, 65536)}} {
		b := ok(certs.JoinMessage(record, media))(t)
		r, m, err := certs.SplitMessage(b)
		if err != nil {
			t.Fatalf("%d pieces: %v", len(media), err)
		}
		if !bytes.Equal(r, record) || len(m) != len(media) {
			t.Fatalf("%d pieces: got another record, or %d pieces", len(media), len(m))
		}
		for i := range m {
			if !bytes.Equal(m[i], media[i]) {
				t.Errorf("piece %d of %d is another", i, len(media))
			}
		}
	}
}

func TestNilMediaIsEmpty(t *testing.T) {
	record := certstest.New(t).Camera.Claimed(t).Raw
	b := ok(certs.JoinMessage(record, [][]byte{nil}))(t)
	if want := append(bytes.Clone(record), 0x40); !bytes.Equal(b, want) {
		t.Errorf("message ends with % x, want 40", b[len(record):])
	}
}

func TestJoinMessageRefuses(t *testing.T) {
	record := certstest.New(t).Camera.Claimed(t).Raw
	piece := make([]byte, certs.MaxSmallMedia)
	for name, media := range map[string][][]byte{
		"a piece that is too large": {append(piece, 0)},
		"a message that is":         {piece, piece, piece, piece},
		"too many pieces":           make([][]byte, 17),
	} {
		if _, err := certs.JoinMessage(record, media); err == nil {
			t.Errorf("joined %s", name)
		}
	}
	if _, err := certs.JoinMessage(nil, nil); err == nil {
		t.Error("joined no record")
	}
}

func TestSplitMessageRefuses(t *testing.T) {
	record := certstest.New(t).Camera.Claimed(t).Raw
	after := func(b ...byte) []byte { return append(bytes.Clone(record), b...) }
	for name, b := range map[string][]byte{
		"nothing":                      nil,
		"a record cut short":           record[:len(record)-1],
		"media first":                  append([]byte{0x40}, record...),
		"media text":                   after(0x60),
		"media null":                   after(0xf6),
		"media of indefinite length":   after(0x5f, 0x41, 0, 0xff),
		"media tagged":                 after(0xc2, 0x41, 0),
		"media cut short":              after(0x42, 0),
		"media with a long length":     after(0x58, 1, 0),
		"media with a longer length":   after(0x5b, 0, 0, 0, 0, 0, 0, 0, 1, 0),
		"media that is not there":      after(0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"media too large":              after(bstr(make([]byte, certs.MaxSmallMedia+1))...),
		"seventeen pieces of media":    after(bytes.Repeat([]byte{0x40}, 17)...),
		"a record too large":           append([]byte{0xd2}, bstr(make([]byte, certs.MaxRecord))...),
		"a message too large":          make([]byte, certs.MaxMessage+1),
		"a record of indefinite depth": append([]byte{0xd2}, bytes.Repeat([]byte{0x81}, 1000)...),
	} {
		if _, _, err := certs.SplitMessage(b); err == nil {
			t.Errorf("split %s", name)
		}
	}
}

func TestMatchInline(t *testing.T) {
	e := certstest.New(t).Camera.Event(t)
	r, m := &e.Started.Record, e.Started.Inline
	if err := r.MatchInline(m); err != nil {
		t.Fatal(err)
	}
	if err := e.Part.MatchInline(nil); err != nil {
		t.Errorf("a part travels by itself: %v", err)
	}
	changed := append(bytes.Clone(m[0][:len(m[0])-1]), m[0][len(m[0])-1]^1)
	for name, media := range map[string][][]byte{
		"nothing": nil, "one of two": m[:1], "in the other order": {m[1], m[0]}, "one more": {m[0], m[1], m[1]},
		"changed": {changed, m[1]}, "longer": {append(bytes.Clone(m[0]), 0), m[1]}, "of another record": e.Ended.Inline,
	} {
		if err := r.MatchInline(media); err == nil {
			t.Errorf("%s: matches", name)
		}
	}
}
