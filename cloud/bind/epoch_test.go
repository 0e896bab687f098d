package bind_test

import (
	"bytes"
	"math/big"
	"sync/atomic"
	"testing"
	"time"

	"signet/certs"
	"signet/cloud/bind"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
	"signet/cloud/ledger"
)

// await waits until something was counted so often.
func (b *bench) await(name string, n int) {
	b.t.Helper()
	for end := time.Now().Add(cloudtest.Wait); b.count(name) < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("%s: %d instead of %d", name, b.count(name), n)
		}
	}
}

// send sends messages without waiting for receipts.
func send(t testing.TB, s *cloudtest.Session, w *cloudtest.Owned, records ...*certs.SignedRecord) {
	t.Helper()
	for _, r := range records {
		s.Send(cloudtest.Topic(w.ID, "records"), 1, false, cloudtest.Message(t, r))
	}
}

// none fails if anything was refused.
func none(t testing.TB, refused map[certs.Position]string) {
	t.Helper()
	if len(refused) != 0 {
		t.Fatalf("refused: %v", refused)
	}
}

// deliver sends records until each has a receipt, and returns the refusals.
func (b *bench) deliver(s *cloudtest.Session, w *cloudtest.Owned, records ...*certs.SignedRecord) map[certs.Position]string {
	b.t.Helper()
	var m [][]byte
	for _, r := range records {
		m = append(m, cloudtest.Message(b.t, r))
	}
	return s.Deliver(w.Camera, m...)
}

// owned counts an owner's bound records.
func (b *bench) owned(o *certs.Owner) int {
	b.t.Helper()
	return len(b.stored(engine.Bind, engine.OwnerPrefix(o.ID)+">"))
}

// While a claim waits its records are neither bound nor refused nor kept, those of others pass, and when its time has come
// they are bound as they come again.
func TestContestedClaimWaits(t *testing.T) {
	b := startWith(t, nil, func(c *engine.Config) { c.Partitions = 1 })
	alice, bob := cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, b.fleet)
	first := cam.Claim(alice, 1)
	s := cam.Connect(b.Addr())
	none(t, b.deliver(s, first, first.Record(certs.Claimed), first.Record(certs.Closed)))

	second := cam.Claim(bob, 2)
	second.Next = first.Next
	records := []*certs.SignedRecord{second.Record(certs.Claimed), second.Record(certs.Online), second.Record(certs.Tamper)}
	for n := range 3 {
		send(t, s, second, records...)
		b.await("signet_bind_held_total", 3*(n+1))
	}
	other := cloudtest.NewCamera(t, b.fleet).Claim(cloudtest.Owner(t), 1)
	none(t, b.deliver(other.Connect(b.Addr()), other, other.Record(certs.Claimed)))
	if b.owned(bob) != 0 || len(b.stored(engine.Quarantine, ">")) != 0 {
		t.Errorf("%d are bound, %d refused", b.owned(bob), len(b.stored(engine.Quarantine, ">")))
	}
	if n := len(b.stored(engine.Bind, engine.LedgerSubject(cam.ID))); n != 3 {
		t.Errorf("%d ledger entries instead of claim, closing and claim", n)
	}

	b.clock.advance(ledger.DefaultWait)
	none(t, b.deliver(s, second, records[1], records[2])) // the claim itself has not come again
	none(t, b.deliver(s, second, records...))
	if b.owned(bob) != 3 || b.owned(alice) != 2 {
		t.Errorf("%d and %d records are bound", b.owned(alice), b.owned(bob))
	}
}

// A release that comes to the cloud while this very claim waits lets it through.
func TestReleaseEndsTheWait(t *testing.T) {
	b := start(t)
	alice, bob := cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, b.fleet)
	first, second := cam.Claim(alice, 1), cam.Claim(bob, 2)
	second.Next = 10
	s := cam.Connect(b.Addr())
	none(t, b.deliver(s, first, first.Record(certs.Claimed)))
	claim := second.Record(certs.Claimed)
	send(t, s, second, claim)
	b.await("signet_bind_held_total", 1)
	if err := b.book.Release(t.Context(), cam.ID, first.Release(bob)); err != nil {
		t.Fatal(err)
	}
	none(t, b.deliver(s, second, claim))
	// The closing comes last of all, and changes nothing.
	closed := first.Record(certs.Closed, func(r *certs.Record) { r.Closing = first.Closing(r.Position, first.Release(bob)) })
	none(t, b.deliver(s, first, closed))
	if b.owned(bob) != 1 || b.owned(alice) != 2 {
		t.Errorf("%d and %d records are bound", b.owned(alice), b.owned(bob))
	}
}

// Records of both event keys are bound around a renewal, also those of the new one that come before it.
func TestRenewal(t *testing.T) {
	b := start(t)
	w := cloudtest.NewCamera(t, b.fleet).Claim(cloudtest.Owner(t), 1)
	s := w.Connect(b.Addr())
	none(t, b.deliver(s, w, w.Record(certs.Claimed)))
	late := w.Record(certs.Tamper)
	renewed := w.Renew()
	claim, online := renewed.Record(certs.Claimed), renewed.Record(certs.Online)
	none(t, b.deliver(s, renewed, online, claim))
	if b.count("signet_bind_early_total") == 0 {
		t.Error("the new key's record did not wait for its claim")
	}
	none(t, b.deliver(s, w, late))
	w.Next = renewed.Next
	after := w.Record(certs.Tamper)
	if no := b.deliver(s, w, after); no[after.Position] != string(bind.OtherClaim) {
		t.Errorf("the old key after the renewal: %v", no)
	}
	if n := b.owned(w.Owner); n != 4 {
		t.Errorf("%d records are bound", n)
	}
}

// A camera that went back to an earlier epoch is sent its own newest offer, at most once a minute.
func TestNewestOfferIsSentBack(t *testing.T) {
	b := start(t)
	alice, bob := cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, b.fleet)
	first, second := cam.Claim(alice, 1), cam.Claim(bob, 2)
	s := cam.Connect(b.Addr())
	got, ok := s.Listen(cloudtest.Topic(cam.ID, "epoch"))
	if !ok {
		t.Fatal("own topic refused")
	}
	none(t, b.deliver(s, first, first.Record(certs.Claimed),
		first.Record(certs.Closed, func(r *certs.Record) { r.Closing = first.Closing(r.Position, first.Release(nil)) })))
	second.Next = first.Next
	none(t, b.deliver(s, second, second.Record(certs.Claimed)))
	select {
	case <-got:
		t.Fatal("sent to a camera that is where it should be")
	default:
	}
	first.Next = 50
	for range 3 {
		r := first.Record(certs.Tamper)
		if no := b.deliver(s, first, r); no[r.Position] != string(bind.Closed) {
			t.Errorf("record of a former epoch: %v", no)
		}
	}
	select {
	case offer := <-got:
		if !bytes.Equal(offer, second.Offer.Raw) {
			t.Error("another offer is sent")
		}
	case <-time.After(cloudtest.Wait):
		t.Fatal("nothing is sent")
	}
	if n := b.count("signet_bind_raised_total"); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

// A camera that sends what it still had of a former epoch has not lost count; one that goes online in it has.
func TestDrainingSendsNothingBack(t *testing.T) {
	b := start(t)
	alice := cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, b.fleet)
	first, second := cam.Claim(alice, 1), cam.Claim(alice, 2)
	second.Next = 100
	s := cam.Connect(b.Addr())
	none(t, b.deliver(s, first, first.Record(certs.Claimed)))
	none(t, b.deliver(s, second, second.Record(certs.Claimed)))
	none(t, b.deliver(s, first, first.Record(certs.Tamper), first.Record(certs.Tamper)))
	if n := b.count("signet_bind_raised_total"); n != 0 {
		t.Errorf("the newest offer is sent %d times to a camera that drains", n)
	}
	none(t, b.deliver(s, first, first.Record(certs.Online)))
	if n := b.count("signet_bind_raised_total"); n != 1 {
		t.Errorf("the newest offer is sent %d times to a camera that went back", n)
	}
}

// Attacker: a thief with a camera's key. His claim, which the owner has refused, does not take the camera out of its epoch.
func TestAttackRefusedClaimTakesNobodyOut(t *testing.T) {
	b := start(t)
	alice, mallory := cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, b.fleet)
	first, second := cam.Claim(alice, 1), cam.Claim(mallory, 2)
	second.Next = 100
	s := cam.Connect(b.Addr())
	none(t, b.deliver(s, first, first.Record(certs.Claimed)))
	if err := b.book.Lost(t.Context(), cam.ID, first.Lost()); err != nil {
		t.Fatal(err)
	}
	b.refusedFor(s, second, bind.Lost, second.Record(certs.Claimed))
	none(t, b.deliver(s, first, first.Record(certs.Online), first.Record(certs.Tamper)))
	if n := b.count("signet_bind_raised_total"); n != 0 {
		t.Errorf("the thief's offer is sent %d times", n)
	}
}

// A camera that offers an epoch again that it has been in is sent the newest one, before anybody grants anything.
func TestOfferOfAKnownEpoch(t *testing.T) {
	b := start(t)
	w := cloudtest.NewCamera(t, b.fleet).Claim(cloudtest.Owner(t), 3)
	lost := cloudtest.NewCamera(t, b.fleet).Claim(cloudtest.Owner(t), 3)
	offer := func(s *cloudtest.Session, of *cloudtest.Owned) {
		t.Helper()
		m, err := certs.JoinOffer(of.Offer.Raw, [16]byte{1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		s.Send(cloudtest.Topic(of.ID, "offers"), 1, false, m)
	}
	s, sl := w.Connect(b.Addr()), lost.Connect(b.Addr())
	got, ok := sl.Listen(cloudtest.Topic(lost.ID, "epoch"))
	if !ok {
		t.Fatal("own topic refused")
	}
	none(t, b.deliver(s, w, w.Record(certs.Claimed)))
	none(t, b.deliver(sl, lost, lost.Record(certs.Claimed)))
	offer(s, w)                                     // once more, after it was granted
	offer(s, w.Camera.Claim(cloudtest.Owner(t), 4)) // what comes next
	offer(sl, lost.Camera.Claim(cloudtest.Owner(t), 2))
	select {
	case m := <-got:
		if !bytes.Equal(m, lost.Offer.Raw) {
			t.Error("another offer is sent")
		}
	case <-time.After(cloudtest.Wait):
		t.Fatal("nothing is sent")
	}
	if n := b.count("signet_bind_raised_total"); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

// revocable starts a bench whose certificates can be revoked.
func revocable(t *testing.T, change ...func(*engine.Config)) (b *bench, revoke func(der []byte)) {
	t.Helper()
	var list atomic.Pointer[map[string]bool]
	list.Store(&map[string]bool{})
	has := func(s *big.Int) bool { return (*list.Load())[s.String()] }
	b = startWith(t, func(c *bind.Config) { c.Revoked = has },
		append(change, func(c *engine.Config) { c.Revoked = has })...)
	return b, func(der []byte) {
		c, err := certs.VerifyDeviceCertificate(der, b.fleet.Cert)
		if err != nil {
			t.Fatal(err)
		}
		list.Store(&map[string]bool{c.Serial.String(): true})
		b.Expel()
	}
}

// anew gives a camera another certificate for the same key.
func anew(t *testing.T, fleet *certs.Fleet, c *cloudtest.Camera) {
	t.Helper()
	pub, err := certs.VerifyDeviceCertificate(c.Cert, fleet.Cert)
	if err != nil {
		t.Fatal(err)
	}
	if c.Cert, err = fleet.IssueDevice(pub.Key, c.ID, certs.KeyInFile); err != nil {
		t.Fatal(err)
	}
}

// What a revoked camera sent before, and nobody has decided yet, is refused; given another certificate it goes on in the
// same epoch, and what was refused so is bound when it comes again.
func TestRevokedCameraIsRefusedUntilItHasAnotherCertificate(t *testing.T) {
	var free atomic.Uint64
	free.Store(1 << 30)
	b, revoke := revocable(t, func(c *engine.Config) { c.Free = func(string) (uint64, error) { return free.Load(), nil } })
	w := cloudtest.NewCamera(t, b.fleet).Claim(cloudtest.Owner(t), 1)
	s := w.Connect(b.Addr())
	none(t, b.deliver(s, w, w.Record(certs.Claimed)))
	free.Store(engine.RoomForRecords - 1) // nothing is decided
	waiting := w.Record(certs.Tamper)
	send(t, s, w, waiting)
	b.await("signet_bind_undecided_total", 1)
	revoke(w.Cert)
	free.Store(1 << 30)
	b.await(`signet_bind_quarantined_total{reason="revoked"}`, 1)
	if b.owned(w.Owner) != 1 {
		t.Error("a record of a revoked camera is bound")
	}
	if _, err := w.Dial(b.Addr(), w.ID.String()); err == nil {
		t.Error("a revoked camera is let in")
	}

	anew(t, b.fleet, w.Camera)
	s = w.Connect(b.Addr())
	none(t, b.deliver(s, w, waiting, w.Record(certs.Tamper)))
	if b.owned(w.Owner) != 3 {
		t.Errorf("%d records are bound", b.owned(w.Owner))
	}
	// Its claim counts, since it was heard before; one that is news must not be signed by what was revoked.
	none(t, b.deliver(s, w, w.Record(certs.Claimed)))
}
