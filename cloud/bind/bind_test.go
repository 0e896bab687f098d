package bind_test

import (
	"bytes"
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/bind"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
	"signet/cloud/ledger"
)

// bench is an engine with its bind workers.
type bench struct {
	*engine.Engine
	t     testing.TB
	fleet *certs.Fleet
	set   *metrics.Set
	clock *clock // of the ledger
	book  *ledger.Store
}

// clock stands until it is put on.
type clock struct{ atomic.Int64 }

func (c *clock) now() time.Time { return time.UnixMilli(c.Load()) }

func (c *clock) advance(d time.Duration) { c.Add(d.Milliseconds()) }

func start(t testing.TB, change ...func(*engine.Config)) *bench {
	t.Helper()
	return startWith(t, nil, change...)
}

// startWith starts one whose binding is configured otherwise.
func startWith(t testing.TB, binding func(*bind.Config), change ...func(*engine.Config)) *bench {
	t.Helper()
	fleet := cloudtest.Fleet(t)
	cfg := engine.Config{Dir: t.TempDir(), Addr: "127.0.0.1:0", Cert: cloudtest.ServerCert(t, fleet), Fleet: fleet.Cert, Log: cloudtest.Log(t)}
	for _, f := range change {
		f(&cfg)
	}
	e, err := engine.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	key := cloudtest.Key(t)
	der, err := fleet.IssueReceipts(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	chains, err := bind.NewChains(t.Context(), e.JetStream())
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Engine: e, t: t, fleet: fleet, set: metrics.NewSet(), clock: &clock{}}
	b.clock.Store(time.Now().UnixMilli())
	b.book, err = ledger.NewStore(t.Context(), ledger.Config{JetStream: e.JetStream(), Fleet: fleet.Cert, Now: b.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	bc := bind.Config{
		Engine: e, Ledger: b.book, Fleet: fleet.Cert, Signer: bind.Signer{Cert: der, Key: key}, Chains: chains, Metrics: b.set,
		Log: cloudtest.Log(t), Patience: []time.Duration{100 * time.Millisecond, 100 * time.Millisecond},
	}
	if binding != nil {
		binding(&bc)
	}
	w, err := bind.New(t.Context(), bc)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("binder: %v", err)
		}
		e.Close()
	})
	e.Admit()
	return b
}

func (b *bench) count(name string) int {
	return int(b.set.GetOrCreateCounter(name).Get())
}

// stored returns the messages of a stream under a subject.
func (b *bench) stored(stream, subject string) (out []*jetstream.RawStreamMsg) {
	b.t.Helper()
	s, err := b.JetStream().Stream(b.t.Context(), stream)
	if err != nil {
		b.t.Fatal(err)
	}
	for seq := uint64(1); ; {
		m, err := s.GetMsg(b.t.Context(), seq, jetstream.WithGetMsgSubject(subject))
		if err != nil {
			return out
		}
		out = append(out, m)
		seq = m.Sequence + 1
	}
}

func TestBindsToTheOwnerThatTheRecordNames(t *testing.T) {
	b := start(t)
	owner := cloudtest.Owner(t)
	w := cloudtest.NewCamera(t, b.fleet).Claim(owner, 1)
	s := w.Connect(b.Addr())

	picture, md := w.Picture(9000)
	_, part := w.Part(30000, 0)
	claimed := cloudtest.Message(t, w.Record(certs.Claimed))
	started := cloudtest.Message(t, w.Record(certs.Started, func(r *certs.Record) { r.Media = []certs.Media{md} }), picture)
	parted := cloudtest.Message(t, w.Record(certs.Part, func(r *certs.Record) { r.Media = []certs.Media{part} }))
	if no := s.Deliver(w.Camera, claimed, started, parted); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	got := b.stored(engine.Bind, engine.OwnerPrefix(owner.ID)+">")
	if len(got) != 3 {
		t.Fatalf("%d records stored instead of 3", len(got))
	}
	for i, want := range [][]byte{claimed, started, parted} {
		if !bytes.Equal(got[i].Data, want) {
			t.Errorf("record %d was altered", i)
		}
	}
	want := b.stored(engine.Bind, engine.WantSubject(w.ID, part.Hash))
	if len(want) != 1 || string(want[0].Data) != strconv.FormatUint(got[2].Sequence, 10) {
		t.Errorf("part is announced by %v, not by the record that names it", want)
	}

	// Once more: a receipt again, stored once.
	if no := s.Deliver(w.Camera, claimed, started, parted); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	if n := len(b.stored(engine.Bind, "bind.rec.>")); n != 3 {
		t.Errorf("%d records stored instead of 3", n)
	}
	if n := b.count("signet_bind_duplicate_total"); n != 3 {
		t.Errorf("%d duplicates counted", n)
	}
}

// Each kind of record that is not what it should be is refused with its reason, kept, and not bound.
func TestRefusals(t *testing.T) {
	b := start(t)
	alice, bob := cloudtest.Owner(t), cloudtest.Owner(t)
	mine := cloudtest.NewCamera(t, b.fleet).Claim(alice, 1)
	other := cloudtest.NewCamera(t, b.fleet).Claim(bob, 1)
	s := mine.Connect(b.Addr())
	// The second one warms what is remembered about the certificate.
	if no := s.Deliver(mine.Camera, cloudtest.Message(t, mine.Record(certs.Claimed)), cloudtest.Message(t, mine.Record(certs.Tamper))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	if no := other.Connect(b.Addr()).Deliver(other.Camera, cloudtest.Message(t, other.Record(certs.Claimed))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	own := len(b.stored(engine.Bind, "bind.rec.>"))

	picture, md := mine.Picture(2000)
	wrong := bytes.Clone(picture)
	wrong[100] ^= 1
	usurped := mine.Claim(bob, 1) // another claim of the same epoch, signed by the device
	usurped.Next = 100
	unknown := mine.Claim(alice, 2) // never shown to the cloud
	unknown.Next = 200
	older := cloudtest.NewCamera(t, b.fleet)

	for _, c := range []struct {
		reason bind.Reason
		msg    []byte
	}{
		{bind.WrongMedia, cloudtest.Message(t, mine.Record(certs.Tamper, func(r *certs.Record) { r.Media = []certs.Media{md} }), wrong)},
		{bind.WrongMedia, cloudtest.Message(t, mine.Record(certs.Tamper, func(r *certs.Record) { r.Media = []certs.Media{md} }))},
		{bind.WrongMedia, cloudtest.Message(t, mine.Record(certs.Tamper), picture)},
		// Names Bob, signed by the key that Alice certified: the path does not end at Bob.
		{bind.WrongCertificate, cloudtest.Message(t, mine.Record(certs.Tamper, func(r *certs.Record) { r.Owner = bob.ID }))},
		// The same with Bob's root beside it.
		{bind.WrongCertificate, cloudtest.Message(t, mine.Record(certs.Online, func(r *certs.Record) { r.Owner, r.Chain[1] = bob.ID, bob.Root }))},
		{bind.WrongSignature, cloudtest.Message(t, broken(t, mine.Record(certs.Tamper)))},
		{bind.UnknownCertificate, cloudtest.Message(t, unknown.Record(certs.Tamper))},
		{bind.NotClaimed, cloudtest.Message(t, unknown.Record(certs.Online))},
		{bind.OtherClaim, cloudtest.Message(t, usurped.Record(certs.Claimed))},
		{bind.OtherClaim, cloudtest.Message(t, usurped.Record(certs.Online))},
		{bind.WrongOffer, cloudtest.Message(t, mine.Record(certs.Claimed, func(r *certs.Record) { r.Offer = other.Offer.Raw }))},
		{bind.WrongOffer, cloudtest.Message(t, mine.Record(certs.Claimed, func(r *certs.Record) { r.Offer = usurped.Offer.Raw }))},
		{bind.WrongOffer, cloudtest.Message(t, mine.Record(certs.Claimed, func(r *certs.Record) { r.Offer = []byte("x") }))},
		{bind.Fork, cloudtest.Message(t, mine.Record(certs.Online, func(r *certs.Record) { r.Position.N = 0 }))},
	} {
		no := s.Deliver(mine.Camera, c.msg)
		if len(no) != 1 {
			t.Errorf("%s: refused %v", c.reason, no)
		}
		for _, r := range no {
			if r != string(c.reason) {
				t.Errorf("refused for %s instead of %s", r, c.reason)
			}
		}
		kept := b.stored(engine.Quarantine, "quarantine."+mine.ID.String()+"."+string(c.reason))
		if len(kept) == 0 || !bytes.Equal(kept[len(kept)-1].Data, c.msg) {
			t.Errorf("%s: not kept as it came", c.reason)
		}
		if b.count(`signet_bind_quarantined_total{reason="`+string(c.reason)+`"}`) == 0 {
			t.Errorf("%s: not counted", c.reason)
		}
	}
	if n := len(b.stored(engine.Bind, "bind.rec.>")); n != own {
		t.Errorf("%d refused records were bound", n-own)
	}

	// Without a position, or without one of this device, there is nothing to refuse by name.
	s.Send(cloudtest.Topic(mine.ID, "records"), 1, false, []byte("garbage"))
	s.Send(cloudtest.Topic(mine.ID, "records"), 1, false, cloudtest.Message(t, other.Record(certs.Tamper)))
	if no := s.Deliver(mine.Camera, cloudtest.Message(t, mine.Record(certs.Tamper))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	for _, r := range []bind.Reason{bind.Malformed, bind.ForeignDevice} {
		if n := len(b.stored(engine.Quarantine, "quarantine."+mine.ID.String()+"."+string(r))); n != 1 {
			t.Errorf("%s: %d kept", r, n)
		}
	}

	// A claim below the highest epoch.
	high := older.Claim(alice, 7)
	low := older.Claim(bob, 3)
	low.Next = 50
	so := older.Connect(b.Addr())
	if no := so.Deliver(older, cloudtest.Message(t, high.Record(certs.Claimed))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	for _, typ := range []certs.RecordType{certs.Claimed, certs.Online} {
		for _, r := range so.Deliver(older, cloudtest.Message(t, low.Record(typ))) {
			if r != string(bind.OldEpoch) {
				t.Errorf("old epoch: %s", r)
			}
		}
	}
}

// broken returns a record whose signature is another's: s is flipped at one bit, low enough to stay well-formed.
func broken(t *testing.T, r *certs.SignedRecord) *certs.SignedRecord {
	t.Helper()
	b := bytes.Clone(r.Raw)
	b[len(b)-1] ^= 1
	s, err := certs.ParseRecord(b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Records of a closed epoch are bound up to its end and refused after it; the next epoch goes on.
func TestClosedEpoch(t *testing.T) {
	b := start(t)
	alice, bob := cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, b.fleet)
	first := cam.Claim(alice, 1)
	s := cam.Connect(b.Addr())
	claimed, late := first.Record(certs.Claimed), first.Record(certs.Tamper)
	end := first.Record(certs.Closed, func(r *certs.Record) { r.Closing = first.Closing(r.Position, first.Release(nil)) })
	after := first.Record(certs.Tamper)
	if no := s.Deliver(cam, cloudtest.Message(t, claimed), cloudtest.Message(t, end)); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	second := cam.Claim(bob, 2)
	second.Next = first.Next
	if no := s.Deliver(cam, cloudtest.Message(t, second.Record(certs.Claimed)), cloudtest.Message(t, late)); len(no) != 0 {
		t.Errorf("refused: %v", no)
	}
	if no := s.Deliver(cam, cloudtest.Message(t, after)); no[after.Position] != string(bind.Closed) {
		t.Errorf("after the end: %v", no)
	}
	if n := len(b.stored(engine.Bind, engine.OwnerPrefix(alice.ID)+">")); n != 3 {
		t.Errorf("first owner has %d records", n)
	}
	if n := len(b.stored(engine.Bind, engine.OwnerPrefix(bob.ID)+">")); n != 1 {
		t.Errorf("second owner has %d records", n)
	}
}

// A live record that overtakes its claim waits for it.
func TestOvertakingRecordWaits(t *testing.T) {
	b := start(t)
	w := cloudtest.NewCamera(t, b.fleet).Claim(cloudtest.Owner(t), 1)
	s := w.Connect(b.Addr())
	claimed, alarm := w.Record(certs.Claimed), w.Record(certs.Started)
	if no := s.Deliver(w.Camera, cloudtest.Message(t, alarm), cloudtest.Message(t, claimed)); len(no) != 0 {
		t.Errorf("refused: %v", no)
	}
	if b.count("signet_bind_early_total") == 0 {
		t.Error("it did not overtake")
	}
}

// On a full disk nothing is decided, and nothing is said; when there is room again, all goes on by itself.
func TestFullDisk(t *testing.T) {
	var free atomic.Uint64
	free.Store(1 << 30)
	b := start(t, func(cfg *engine.Config) { cfg.Free = func(string) (uint64, error) { return free.Load(), nil } })
	w := cloudtest.NewCamera(t, b.fleet).Claim(cloudtest.Owner(t), 1)
	s := w.Connect(b.Addr())
	if no := s.Deliver(w.Camera, cloudtest.Message(t, w.Record(certs.Claimed))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	free.Store(engine.RoomForRecords - 1)
	m := cloudtest.Message(t, w.Record(certs.Tamper))
	s.Send(cloudtest.Topic(w.ID, "records"), 1, false, m)
	for end := time.Now().Add(cloudtest.Wait); b.count("signet_bind_undecided_total") == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("decided on a full disk")
		}
	}
	if n := len(b.stored(engine.Bind, "bind.rec.>")) + len(b.stored(engine.Quarantine, ">")); n != 1 {
		t.Errorf("%d messages are stored", n)
	}
	free.Store(1 << 30)
	if no := s.Deliver(w.Camera, m); len(no) != 0 {
		t.Errorf("refused: %v", no)
	}
}

// A camera that loops is slowed down and loses nothing; another of the same partition does not wait for it.
func TestLoopingCameraIsSlowedDown(t *testing.T) {
	b := startWith(t, func(c *bind.Config) { c.Rate, c.Burst = 10, 5 }, func(c *engine.Config) { c.Partitions = 1 })
	w := cloudtest.NewCamera(t, b.fleet).Claim(cloudtest.Owner(t), 1)
	s := w.Connect(b.Addr())
	if no := s.Deliver(w.Camera, cloudtest.Message(t, w.Record(certs.Claimed))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	var msgs [][]byte
	for range 10 {
		msgs = append(msgs, cloudtest.Message(t, w.Record(certs.Tamper)))
	}
	if no := s.Deliver(w.Camera, msgs...); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	if b.count("signet_bind_slowed_total") == 0 {
		t.Error("it was not slowed down")
	}
	if n := len(b.stored(engine.Bind, "bind.rec.>")); n != 11 {
		t.Errorf("%d records are bound", n)
	}
	other := cloudtest.NewCamera(t, b.fleet).Claim(cloudtest.Owner(t), 1)
	slowed := b.count("signet_bind_slowed_total")
	if no := other.Connect(b.Addr()).Deliver(other.Camera, cloudtest.Message(t, other.Record(certs.Claimed))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	if b.count("signet_bind_slowed_total") != slowed {
		t.Error("another camera was slowed down")
	}
}

// One camera does not fill the quarantine: what is beyond its part is neither kept nor refused.
func TestQuarantineOfADeviceIsBounded(t *testing.T) {
	b := startWith(t, func(c *bind.Config) { c.Kept = 10_000 })
	cam := cloudtest.NewCamera(t, b.fleet)
	s := cam.Connect(b.Addr())
	for i := range 20 {
		s.Send(cloudtest.Topic(cam.ID, "records"), 1, false, bytes.Repeat([]byte{byte(i)}, 1000))
	}
	w := cam.Claim(cloudtest.Owner(t), 1)
	if no := s.Deliver(cam, cloudtest.Message(t, w.Record(certs.Claimed))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	if n := len(b.stored(engine.Quarantine, ">")); n != 10 {
		t.Errorf("%d KB are kept", n)
	}
	if n := b.count(`signet_bind_dropped_total{reason="malformed"}`); n != 10 {
		t.Errorf("%d are dropped", n)
	}
}

// Waiting for room is not waiting for a claim: the patience with early records begins when they are found early.
func TestFullDiskTakesNoPatience(t *testing.T) {
	var free atomic.Uint64
	free.Store(1 << 30)
	b := startWith(t, func(c *bind.Config) { c.Patience = []time.Duration{cloudtest.Wait} },
		func(cfg *engine.Config) { cfg.Free = func(string) (uint64, error) { return free.Load(), nil } })
	w := cloudtest.NewCamera(t, b.fleet).Claim(cloudtest.Owner(t), 1)
	s := w.Connect(b.Addr())
	free.Store(engine.RoomForRecords - 1)
	claimed, alarm := w.Record(certs.Claimed), w.Record(certs.Started)
	s.Send(cloudtest.Topic(w.ID, "records"), 1, false, cloudtest.Message(t, alarm))
	await := func(name string, n int) {
		t.Helper()
		for end := time.Now().Add(cloudtest.Wait); b.count(name) < n; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: %d", name, b.count(name))
			}
		}
	}
	await("signet_bind_undecided_total", 2)
	free.Store(1 << 30)
	await("signet_bind_early_total", 1)
	if no := s.Deliver(w.Camera, cloudtest.Message(t, claimed)); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	if n := len(b.stored(engine.Quarantine, ">")); n != 0 {
		t.Errorf("%d are refused", n)
	}
}

// A camera that went back and was claimed by another owner does not write a second time where the first owner has a
// record.
func TestForkAcrossOwners(t *testing.T) {
	b := start(t)
	alice, bob := cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, b.fleet)
	first := cam.Claim(alice, 1)
	s := cam.Connect(b.Addr())
	if no := s.Deliver(cam, cloudtest.Message(t, first.Record(certs.Claimed)), cloudtest.Message(t, first.Record(certs.Tamper)),
		cloudtest.Message(t, first.Record(certs.Tamper)), cloudtest.Message(t, first.Record(certs.Tamper))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	if err := b.book.Release(t.Context(), cam.ID, first.Release(nil)); err != nil {
		t.Fatal(err)
	}
	second := cam.Claim(bob, 2)
	second.Next = 2 // of 4
	back := second.Record(certs.Claimed)
	if no := s.Deliver(cam, cloudtest.Message(t, back)); no[back.Position] != string(bind.Fork) {
		t.Errorf("claim at a position that is taken: %v", no)
	}
	second.Next = 4
	if no := s.Deliver(cam, cloudtest.Message(t, second.Record(certs.Claimed)), cloudtest.Message(t, second.Record(certs.Tamper))); len(no) != 0 {
		t.Errorf("refused: %v", no)
	}
	second.Next = 3
	again := second.Record(certs.Tamper)
	if no := s.Deliver(cam, cloudtest.Message(t, again)); no[again.Position] != string(bind.Fork) {
		t.Errorf("record at a position that is taken: %v", no)
	}
	first.Next = 5
	late := first.Record(certs.Tamper)
	if no := s.Deliver(cam, cloudtest.Message(t, late)); no[late.Position] != string(bind.Closed) {
		t.Errorf("the first owner's record at a position of the second: %v", no)
	}
}

// A claim that comes again is announced once.
func TestClaimIsAnnouncedOnce(t *testing.T) {
	b := start(t)
	w := cloudtest.NewCamera(t, b.fleet).Claim(cloudtest.Owner(t), 1)
	s := w.Connect(b.Addr())
	claimed := cloudtest.Message(t, w.Record(certs.Claimed))
	for range 3 {
		if no := s.Deliver(w.Camera, claimed); len(no) != 0 {
			t.Fatalf("refused: %v", no)
		}
	}
	if n := len(b.stored(engine.Bind, engine.OwnSubject(w.Owner.ID, w.ID))); n != 1 {
		t.Errorf("announced %d times", n)
	}
}

// A cloud that has lost a claim, restored from a backup, refuses what follows it only after its patience. When the
// camera claims again, signed anew or not, what it has kept binds, and so does the rest.
func TestClaimAgain(t *testing.T) {
	b := start(t)
	w := cloudtest.NewCamera(t, b.fleet).Claim(cloudtest.Owner(t), 1)
	s := w.Connect(b.Addr())
	w.Record(certs.Claimed) // lost
	alarm, online := w.Record(certs.Tamper), w.Record(certs.Online)
	lost := [][]byte{cloudtest.Message(t, alarm), cloudtest.Message(t, online)}
	no := s.Deliver(w.Camera, lost...)
	if no[alarm.Position] != string(bind.UnknownCertificate) || no[online.Position] != string(bind.NotClaimed) {
		t.Errorf("refused: %v", no)
	}
	if n := b.count("signet_bind_early_total"); n < 4 {
		t.Errorf("refused after %d waits", n)
	}
	if no := s.Deliver(w.Camera, cloudtest.Message(t, w.Record(certs.Claimed))); len(no) != 0 {
		t.Errorf("claimed again: %v", no)
	}
	if no := s.Deliver(w.Camera, append(lost, cloudtest.Message(t, w.Record(certs.Tamper)))...); len(no) != 0 {
		t.Errorf("after the claim: %v", no)
	}
	anew := w.Record(certs.Claimed, func(r *certs.Record) { r.Offer = w.OfferAgain().Raw })
	if no := s.Deliver(w.Camera, cloudtest.Message(t, anew), cloudtest.Message(t, w.Record(certs.Tamper))); len(no) != 0 {
		t.Errorf("claimed again, signed anew: %v", no)
	}
	if n := len(b.stored(engine.Bind, engine.LedgerSubject(w.ID))); n != 1 {
		t.Errorf("%d ledger entries", n)
	}
}
