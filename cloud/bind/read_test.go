package bind

import (
	"slices"
	"testing"

	"signet/certs"
	"signet/cloud/cloudtest"
)

// What comes on a connection is bytes. Whatever they are, what passes is a record of that device with the pictures that
// it names.
func FuzzRead(f *testing.F) {
	fleet := cloudtest.Fleet(f)
	w := cloudtest.NewCamera(f, fleet).Claim(cloudtest.Owner(f), 1)
	picture, md := w.Picture(100)
	f.Add(cloudtest.Message(f, w.Record(certs.Claimed)))
	f.Add(cloudtest.Message(f, w.Record(certs.Started, func(r *certs.Record) { r.Media = []certs.Media{md} }), picture))
	f.Add([]byte{0xd2, 0x84})
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, no := read(w.ID, raw)
		if no != nil {
			if !slices.Contains(Reasons(), no.reason) {
				t.Errorf("unknown reason %q", no.reason)
			}
			return
		}
		if m.record.Device != w.ID {
			t.Error("record of another device")
		}
		if len(raw) > certs.MaxMessage {
			t.Error("larger than any message")
		}
		again, no := read(w.ID, m.raw)
		if no != nil || again.record.Hash != m.record.Hash {
			t.Error("does not come back as it was")
		}
	})
}

func TestRanges(t *testing.T) {
	p := func(boot, n uint64) certs.Position { return certs.Position{Boot: boot, N: n} }
	got := ranges([]certs.Position{p(2, 0), p(1, 5), p(1, 3), p(1, 4), p(1, 4), p(1, 7), p(2, 1)})
	want := []certs.Range{{Boot: 1, From: 3, To: 5}, {Boot: 1, From: 7, To: 7}, {Boot: 2, From: 0, To: 1}}
	if !slices.Equal(got, want) {
		t.Errorf("%v instead of %v", got, want)
	}
	if got := ranges(nil); got != nil {
		t.Errorf("%v from nothing", got)
	}
}
