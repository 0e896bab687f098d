package certs_test

import (
	"bytes"
	"runtime"
	"testing"

	"signet/certs"
	"signet/certs/certstest"
)

func BenchmarkSignRecord(b *testing.B) {
	c := certstest.New(b).Camera
	r := c.Event(b).Started.Record
	b.ReportAllocs()
	for b.Loop() {
		if _, err := certs.SignRecord(&r, c.Cert, c.EventKey); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseRecord(b *testing.B) {
	raw := certstest.New(b).Camera.Event(b).Started.Raw
	b.ReportAllocs()
	for b.Loop() {
		if _, err := certs.ParseRecord(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseAndVerifyRecord(b *testing.B) {
	c := certstest.New(b).Camera
	raw := c.Event(b).Started.Raw
	b.ReportAllocs()
	for b.Loop() {
		r, err := certs.ParseRecord(raw)
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Verify(c.Cert); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyEventCertificate(b *testing.B) {
	w := certstest.New(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := certs.VerifyEventCertificate(w.Camera.Cert.Raw, w.Owner.Root, w.Owner.ID); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSealThumbnail(b *testing.B) { // 15 KB
	s, picture := certstest.New(b).Camera.Sealer, make([]byte, 15_000)
	b.ReportAllocs()
	b.SetBytes(int64(len(picture)))
	for b.Loop() {
		if _, err := s.Seal(picture); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSealPart(b *testing.B) { // 1 MB: four seconds at 2 Mbit/s
	s, part := certstest.New(b).Camera.Sealer, make([]byte, 1<<20)
	b.ReportAllocs()
	b.SetBytes(int64(len(part)))
	for b.Loop() {
		if _, err := s.Seal(part); err != nil {
			b.Fatal(err)
		}
	}
}

// TestMemoryIsBounded holds what refusing and taking costs, in bytes allocated: a small input must not make much of
// itself. Measured 2026-11-21 on amd64: 4408, 416, 400, 144 and 1262038 bytes; the race detector doubles that.
func TestMemoryIsBounded(t *testing.T) {
	w := certstest.New(t)
	raw := w.Camera.Event(t).Started.Raw
	part := make([]byte, 1<<20)
	large := append([]byte{0xd2, 0x9a, 0, 0, 0x3f, 0xf0}, bytes.Repeat([]byte{0x80}, 0x3ff0)...) // 16368 empty arrays
	for _, c := range []struct {
		name  string
		bytes uint64
		do    func()
	}{
		{"parse a record", 8 << 10, func() { ok(certs.ParseRecord(raw))(t) }},
		{"refuse a length that is not there", 2 << 10, func() { certs.ParseRecord([]byte{0xd2, 0x9b, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff}) }},
		{"refuse many arrays", 2 << 10, func() { certs.ParseRecord(large) }},
		{"refuse a message of 256 KiB", 2 << 10, func() { certs.SplitMessage(append([]byte{0xd2, 0x80, 0x5a, 0, 4}, 0)) }},
		{"seal a part", 3 << 20, func() { ok(w.Camera.Sealer.Seal(part))(t) }},
	} {
		var before, after runtime.MemStats
		const runs = 10
		c.do() // what is made once
		runtime.ReadMemStats(&before)
		for range runs {
			c.do()
		}
		runtime.ReadMemStats(&after)
		if got := (after.TotalAlloc - before.TotalAlloc) / runs; got > c.bytes {
			t.Errorf("%s: %d bytes are allocated, at most %d are meant to be", c.name, got, c.bytes)
		} else {
			t.Logf("%s: %d bytes", c.name, got)
		}
	}
}
