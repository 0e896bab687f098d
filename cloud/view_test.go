package cloud_test

import (
	"fmt"
	mrand "math/rand/v2"
	"slices"
	"testing"

	"signet/certs"
	"signet/cloud"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
)

// shared is somebody with a camera of his own, who may view those of several others.
func shared(t *testing.T, others int) (*cloud.Cloud, *cloudtest.Page, []*cloudtest.Owned) {
	t.Helper()
	t.Parallel()
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	p := page(t, c, cloudtest.Owner(t))
	cams := []*cloudtest.Owned{cloudtest.NewCamera(t, fleet).Claim(p.Owner, 1)}
	for range others {
		cams = append(cams, cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1))
	}
	for _, w := range cams {
		if no := w.Connect(c.MQTTAddr()).Deliver(w.Camera, cloudtest.Message(t, w.Record(certs.Claimed))); len(no) != 0 {
			t.Fatalf("refused: %v", no)
		}
		if w.Owner == p.Owner {
			continue
		}
		if status := page(t, c, w.Owner).Post("policies", w.Policy(2, cloudtest.Viewer(p.Owner, certs.ScopeClips, 2))); status != 202 {
			t.Fatalf("policy: %d", status)
		}
	}
	return c, p, cams
}

// say writes a record behind the cloud's back, by the policy of version 2, and returns its place.
func say(t *testing.T, c *cloud.Cloud, w *cloudtest.Owned) uint64 {
	t.Helper()
	r := w.Record(certs.Tamper, func(r *certs.Record) { r.PolicyVersion = 2 })
	return put(t, c, engine.RecordSubject(&r.Record), r.Raw)
}

func seqs(items []cloudtest.Item) (out []uint64) {
	for _, it := range items {
		out = append(out, it.Seq)
	}
	return out
}

// The records of one's own camera and of others' come as one, in pages, forwards and backwards, without gap or overlap.
func TestPagesOfSeveralOwners(t *testing.T) {
	c, p, cams := shared(t, 3)
	want := seqs(p.Records("after=0")) // the own claim; the others came before the policy
	if len(want) != 1 {
		t.Fatalf("%d records", len(want))
	}
	rng := mrand.New(mrand.NewPCG(3, 5))
	for range 120 {
		want = append(want, say(t, c, cams[rng.IntN(len(cams))]))
	}
	var got []uint64
	for after := uint64(0); ; after = got[len(got)-1] {
		page := seqs(p.Records(fmt.Sprintf("limit=7&after=%d", after)))
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("forwards:\n got %v\nwant %v", got, want)
	}
	got = seqs(p.Records("limit=7"))
	for {
		page := seqs(p.Records(fmt.Sprintf("limit=7&before=%d", got[0])))
		if len(page) == 0 {
			break
		}
		got = append(page, got...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("backwards:\n got %v\nwant %v", got, want)
	}
}

// A stream of several owners' cameras brings every record, in order, also those that come while it reads what there was.
func TestStreamOfSeveralOwnersMissesNothing(t *testing.T) {
	c, p, cams := shared(t, 3)
	var want []uint64
	for range 40 {
		want = append(want, say(t, c, cams[1]))
	}
	events := p.Stream(fmt.Sprintf("after=%d", want[0]-1)) // from there on, there is nothing yet of the other cameras
	cloudtest.Until(t, events, "the first record", func(e cloudtest.Event) bool { return e.Name == "record" })
	for i := range 60 { // while those of one camera are read, others come under another
		want = append(want, say(t, c, cams[[]int{1, 0, 2, 3}[i%4]]))
	}
	want = want[1:]
	var got []uint64
	for len(got) < len(want) {
		e := cloudtest.Until(t, events, fmt.Sprintf("record %d of %d", len(got), len(want)), func(e cloudtest.Event) bool { return e.Name == "record" })
		var seq uint64
		fmt.Sscan(e.ID, &seq)
		got = append(got, seq)
	}
	if !slices.Equal(got, want) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}
}
