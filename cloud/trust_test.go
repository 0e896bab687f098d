package cloud_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	mrand "math/rand/v2"
	"testing"

	"signet/certs"
	"signet/cloud"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
)

// put writes behind the cloud's back.
func put(t testing.TB, c *cloud.Cloud, subject string, b []byte) uint64 {
	t.Helper()
	a, err := c.JetStream().Publish(t.Context(), subject, b)
	if err != nil {
		t.Fatal(err)
	}
	return a.Sequence
}

func last(t testing.TB, c *cloud.Cloud, subject string) []byte {
	t.Helper()
	st, err := c.JetStream().Stream(t.Context(), engine.Bind)
	if err != nil {
		t.Fatal(err)
	}
	m, err := st.GetLastMsgForSubject(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	return m.Data
}

// Every ledger entry is corrupted, at random. Records are refused or bound to the owner that they name; none is
// delivered to anybody else.
func TestCorruptedLedgerMovesNothing(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	const n = 12
	var cams []*cloudtest.Owned
	var sessions []*cloudtest.Session
	var pages []*cloudtest.Page
	for range n {
		w := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
		s := w.Connect(c.MQTTAddr())
		if no := s.Deliver(w.Camera, cloudtest.Message(t, w.Record(certs.Claimed))); len(no) != 0 {
			t.Fatalf("refused: %v", no)
		}
		cams, sessions, pages = append(cams, w), append(sessions, s), append(pages, page(t, c, w.Owner))
	}
	entries := make([][]byte, n)
	for i, w := range cams {
		entries[i] = last(t, c, engine.LedgerSubject(w.ID))
	}
	seed := [2]uint64{uint64(mrand.Uint32()), uint64(mrand.Uint32())}
	t.Logf("seed %v", seed)
	rng := mrand.New(mrand.NewPCG(seed[0], seed[1]))
	bound, refused := make([]int, n), 0
	for range 4 {
		for i, w := range cams {
			var bad []byte
			switch rng.IntN(5) {
			case 0: // noise
				bad = make([]byte, rng.IntN(2000))
				rand.Read(bad)
			case 1: // some bytes
				bad = bytes.Clone(entries[i])
				for range 1 + rng.IntN(8) {
					bad[rng.IntN(len(bad))] = byte(rng.IntN(256))
				}
			case 2: // another device's
				bad = entries[(i+1+rng.IntN(n-1))%n]
			case 3: // this device's, but for another owner: the device signed it, at another time, and for another key
				other := w.Camera.Claim(cams[(i+1)%n].Owner, 1)
				text := fmt.Sprintf(`{"token":"x","epochs":[{"claims":["%s"],"heard":1}]}`, b64(other.Record(certs.Claimed).Raw))
				bad = []byte(certs.HashOf([]byte(text)).String() + "\n" + text)
			case 4: // an earlier one, cut
				bad = entries[i][:rng.IntN(len(entries[i]))]
			}
			put(t, c, engine.LedgerSubject(w.ID), bad)
			r := w.Record(certs.Tamper)
			if no := sessions[i].Deliver(w.Camera, cloudtest.Message(t, r)); len(no) == 0 {
				bound[i]++
			} else {
				refused++
			}
		}
	}
	for i, p := range pages {
		items := p.Records("after=0&limit=500")
		if len(items) != 1+bound[i] {
			t.Errorf("owner %d has %d records instead of the claim and the %d that were not refused", i, len(items), bound[i])
		}
		for _, it := range items {
			if r := it.Parsed(t); r.Owner != p.Owner.ID || r.Device != cams[i].ID {
				t.Errorf("owner %d was given a record of owner %s", i, r.Owner.Short())
			}
		}
	}
	if refused < n {
		t.Errorf("only %d of %d records were refused", refused, 4*n)
	}

	// Repaired, records go on.
	for i, w := range cams {
		put(t, c, engine.LedgerSubject(w.ID), entries[i])
		if no := sessions[i].Deliver(w.Camera, cloudtest.Message(t, w.Record(certs.Tamper))); len(no) != 0 {
			t.Errorf("after repair: %v", no)
		}
	}
}

// A record, or a pointer, of another owner that stands among this owner's, put there behind the cloud's back, does not
// leave.
func TestForeignRecordDoesNotLeave(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	alice, bob := cloudtest.Owner(t), cloudtest.Owner(t)
	mine, theirs := cloudtest.NewCamera(t, fleet).Claim(alice, 1), cloudtest.NewCamera(t, fleet).Claim(bob, 1)
	p := page(t, c, alice)
	events := p.Stream("after=0")
	for _, w := range []*cloudtest.Owned{mine, theirs} {
		if no := w.Connect(c.MQTTAddr()).Deliver(w.Camera, cloudtest.Message(t, w.Record(certs.Claimed))); len(no) != 0 {
			t.Fatalf("refused: %v", no)
		}
	}
	picture, md := theirs.Picture(5000)
	foreign := theirs.Record(certs.Started, func(r *certs.Record) { r.Media = []certs.Media{md} })
	seq := put(t, c, engine.OwnerPrefix(alice.ID)+mine.ID.String()+".1.77", cloudtest.Message(t, foreign, picture))
	put(t, c, engine.OwnerPrefix(alice.ID)+mine.ID.String()+".1.78", []byte("garbage"))
	put(t, c, engine.OwnSubject(alice.ID, theirs.ID), last(t, c, engine.OwnSubject(bob.ID, theirs.ID)))
	put(t, c, engine.OwnSubject(alice.ID, certs.NewDeviceID()), []byte(fmt.Sprint(seq)))
	put(t, c, engine.ChainSubject(certs.HashOf(nil)), last(t, c, engine.ChainSubject(theirs.Event.X5T)))
	after := mine.Record(certs.Tamper, func(r *certs.Record) { r.Position.N = 100 })
	if no := mine.Connect(c.MQTTAddr()).Deliver(mine.Camera, cloudtest.Message(t, after)); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}

	for _, query := range []string{"after=0", "limit=10", "before=1000000"} {
		items := p.Records(query)
		if len(items) != 2 {
			t.Errorf("%s: %d records", query, len(items))
		}
		for _, it := range items {
			if it.Parsed(t).Owner != alice.ID {
				t.Errorf("%s: a foreign record left", query)
			}
		}
	}
	if status, b := p.Do("GET", fmt.Sprintf("/api/v1/records/%d/media/%s", seq, md.Hash), nil); status != 404 || bytes.Contains(b, picture[:32]) {
		t.Errorf("foreign thumbnail: %d", status)
	}
	records := 0
	cloudtest.Until(t, events, "her last record", func(e cloudtest.Event) bool {
		if e.Name != "record" {
			return false
		}
		records++
		return bytes.Contains(b64decode(t, e.Data), after.Raw)
	})
	if records != 2 {
		t.Errorf("stream brought %d records", records)
	}
	if status, b := p.Do("GET", "/api/v1/status", nil); status != 200 || bytes.Contains(b, []byte(theirs.ID.String())) || !bytes.Contains(b, []byte(mine.ID.String())) {
		t.Errorf("cameras: %d %s", status, b)
	}
	for _, x5t := range []certs.Hash{theirs.Event.X5T, certs.HashOf(nil)} {
		if status, _ := p.Do("GET", "/api/v1/certificates/"+x5t.String(), nil); status != 404 {
			t.Errorf("foreign certificate: %d", status)
		}
	}
	if n := metric(t, c, `signet_deliver_kept_back_total{reason="foreign"}`); n < 5 {
		t.Errorf("what was kept back is counted %d times", n)
	}
}

// What tests use to try the page's own defence replaces bytes on their way out, and nothing else.
func TestIntercept(t *testing.T) {
	dir, fleet := initDir(t)
	var foreign []byte
	c, _ := run(t, dir, func(cfg *cloud.Config) {
		cfg.InterceptRecord = func(_ certs.OwnerID, _ uint64, b []byte) []byte {
			if foreign != nil {
				return foreign
			}
			return b
		}
		cfg.InterceptMedia = func(certs.OwnerID, uint64, certs.Hash, []byte) []byte { return []byte("other") }
	})
	w := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	x := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	picture, md := w.Picture(100)
	if no := w.Connect(c.MQTTAddr()).Deliver(w.Camera, cloudtest.Message(t, w.Record(certs.Claimed)),
		cloudtest.Message(t, w.Record(certs.Tamper, func(r *certs.Record) { r.Media = []certs.Media{md} }), picture)); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	p := page(t, c, w.Owner)
	items := p.Records("after=0")
	foreign = x.Record(certs.Claimed).Raw
	if got := p.Records("after=0"); len(got) != 2 || !bytes.Equal(got[0].Record, foreign) || got[0].Seq != items[0].Seq {
		t.Error("record was not replaced")
	}
	if _, b := p.Do("GET", fmt.Sprintf("/api/v1/records/%d/media/%s", items[1].Seq, md.Hash), nil); string(b) != "other" {
		t.Error("media was not replaced")
	}
}

// The newest records come in pages, backwards, without gap or overlap, however many of other owners lie between.
func TestPages(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	w := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	x := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	rng := mrand.New(mrand.NewPCG(7, 7))
	var want []uint64
	for range 700 {
		who := x
		if rng.IntN(20) == 0 {
			who = w
		}
		r := who.Record(certs.Tamper)
		seq := put(t, c, engine.RecordSubject(&r.Record), r.Raw)
		if who == w {
			want = append(want, seq)
		}
	}
	p := page(t, c, w.Owner)
	var got []uint64
	for query := "limit=7"; ; query = fmt.Sprintf("limit=7&before=%d", got[0]) {
		items := p.Records(query)
		if len(items) == 0 {
			break
		}
		var seqs []uint64
		for _, it := range items {
			seqs = append(seqs, it.Seq)
		}
		got = append(seqs, got...)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("backwards:\n got %v\nwant %v", got, want)
	}
	got = got[:0]
	for after := uint64(0); ; {
		items := p.Records(fmt.Sprintf("limit=9&after=%d", after))
		if len(items) == 0 {
			break
		}
		for _, it := range items {
			got = append(got, it.Seq)
		}
		after = got[len(got)-1]
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("forwards:\n got %v\nwant %v", got, want)
	}
	for _, query := range []string{"limit=x", "limit=0", "after=-1", "after=1&before=2", "before=99999999999999999999"} {
		if status, _ := p.Do("GET", "/api/v1/records?"+query, nil); status != 400 {
			t.Errorf("%s: %d", query, status)
		}
	}
}

func metric(t testing.TB, c *cloud.Cloud, name string) int {
	t.Helper()
	var b bytes.Buffer
	c.WriteMetrics(&b)
	for line := range bytes.Lines(b.Bytes()) {
		if rest, ok := bytes.CutPrefix(line, []byte(name+" ")); ok {
			var n int
			fmt.Sscan(string(rest), &n)
			return n
		}
	}
	return 0
}
