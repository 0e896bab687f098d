package bind_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"errors"
	"testing"

	"signet/certs"
	"signet/cloud/bind"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
	"signet/cloud/ledger"
)

// Each of these tests is an attack, named for who makes it. It was seen to succeed with its defence removed.

// refusedFor fails unless each record is refused for a reason.
func (b *bench) refusedFor(s *cloudtest.Session, w *cloudtest.Owned, why bind.Reason, records ...*certs.SignedRecord) {
	b.t.Helper()
	no := b.deliver(s, w, records...)
	for _, r := range records {
		if got := no[r.Position]; got != string(why) {
			b.t.Errorf("%v in epoch %d for %s: %q instead of %q", r.Type, r.Epoch, r.Owner.Short(), got, why)
		}
	}
}

// certify makes an owner certify any key for a device, as no honest one does: without an offer of the device.
func certify(t *testing.T, o *certs.Owner, of *cloudtest.Owned, key crypto.Signer, epoch uint64) *cloudtest.Owned {
	t.Helper()
	stolen := *of.Offer
	stolen.Owner, stolen.Epoch, stolen.EventKey = o.ID, epoch, key.Public().(*ecdsa.PublicKey)
	grant, err := o.Grant(&stolen, certs.Policy{Version: 1, Recipients: []string{o.Recipient}})
	if err != nil {
		t.Fatal(err)
	}
	g, err := certs.ParseGrant(grant, o.ID)
	if err != nil {
		t.Fatal(err)
	}
	w := *of
	w.Owner, w.Epoch, w.Event, w.Key = o, epoch, g.Event, key
	return &w
}

// A cloud, or another owner, puts itself in the owner's place: into the record, or beside the offer that names another.
func TestAttackOtherOwnerSwapsTheOwnerInAClaim(t *testing.T) {
	b := start(t)
	alice, mallory := cloudtest.Owner(t), cloudtest.Owner(t)
	w := cloudtest.NewCamera(t, b.fleet).Claim(alice, 1)
	s := w.Connect(b.Addr())
	// Mallory certifies the key of the offer that was made to Alice. That this record is signed by the event key is more
	// than Mallory could do.
	swapped := certify(t, mallory, w, w.Key, 1)
	b.refusedFor(s, swapped, bind.WrongOffer, swapped.Record(certs.Claimed))
	// Or a key of her own.
	own := certify(t, mallory, w, cloudtest.Key(t), 1)
	own.Next = 5
	b.refusedFor(s, own, bind.WrongOffer, own.Record(certs.Claimed))
	w.Next = 10
	none(t, b.deliver(s, w, w.Record(certs.Claimed)))
	if b.owned(mallory) != 0 || b.owned(alice) != 1 {
		t.Error("the claim is Mallory's")
	}
}

// A former owner, who has kept the event key and the offer of his epoch, brings them again.
func TestAttackFormerOwnerReplaysAnOldOffer(t *testing.T) {
	b := start(t)
	mallory, bob := cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, b.fleet)
	never, first, second := cam.Claim(mallory, 1), cam.Claim(mallory, 2), cam.Claim(bob, 3)
	s := cam.Connect(b.Addr())
	none(t, b.deliver(s, first, first.Record(certs.Claimed),
		first.Record(certs.Closed, func(r *certs.Record) { r.Closing = first.Closing(r.Position, first.Release(nil)) })))
	second.Next = first.Next
	none(t, b.deliver(s, second, second.Record(certs.Claimed)))
	first.Next, never.Next = 20, 30
	b.refusedFor(s, first, bind.Closed, first.Record(certs.Claimed))
	b.refusedFor(s, never, bind.OldEpoch, never.Record(certs.Claimed)) // one that was never granted then
	none(t, b.deliver(s, second, second.Record(certs.Tamper)))
	if b.owned(mallory) != 2 {
		t.Errorf("%d records are the former owner's", b.owned(mallory))
	}
}

// A thief resets a camera and claims it.
func TestAttackThiefClaimsAnOwnedCamera(t *testing.T) {
	b := start(t)
	alice, thief := cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, b.fleet)
	w, stolen := cam.Claim(alice, 1), cam.Claim(thief, 2)
	s := cam.Connect(b.Addr())
	none(t, b.deliver(s, w, w.Record(certs.Claimed)))
	stolen.Next = 10
	claim := stolen.Record(certs.Claimed)
	send(t, s, stolen, claim)
	b.await("signet_bind_held_total", 1)
	if b.owned(thief) != 0 {
		t.Fatal("the thief's claim is bound at once")
	}
	if o, _, err := b.book.Ownership(t.Context(), cam.ID, alice.ID); err != nil || o.State != ledger.Contested {
		t.Errorf("the owner is told %q, %v", o.State, err)
	}
	if err := b.book.Lost(t.Context(), cam.ID, w.Lost()); err != nil {
		t.Fatal(err)
	}
	b.clock.advance(100 * ledger.DefaultWait)
	b.refusedFor(s, stolen, bind.Lost, claim)
	if b.owned(thief) != 0 {
		t.Error("the thief's claim of a lost camera is bound")
	}
}

// A thief knows a camera's device id, has a key of his own, and signs an offer in its name.
func TestAttackStolenDeviceIDWithAnotherKey(t *testing.T) {
	b := start(t)
	thief := cloudtest.Owner(t)
	victim, own := cloudtest.NewCamera(t, b.fleet), cloudtest.NewCamera(t, b.fleet)
	if _, err := own.Dial(b.Addr(), victim.ID.String()); err == nil {
		t.Error("let in under a foreign device id")
	}
	// The record names the victim, everything else is the thief's own camera's.
	w := own.Claim(thief, 1)
	s := own.Connect(b.Addr())
	foreign := certify(t, thief, victim.Claim(thief, 1), w.Key, 1)
	foreign.Offer = w.Offer
	r := foreign.Record(certs.Claimed)
	s.Send(cloudtest.Topic(own.ID, "records"), 1, false, cloudtest.Message(t, r))
	b.await(`signet_bind_quarantined_total{reason="foreign-device"}`, 1)
	// On the victim's own connection, too, the offer has to be the victim's.
	b.refusedFor(victim.Connect(b.Addr()), foreign, bind.WrongOffer, r)
	if b.owned(thief) != 0 {
		t.Error("bound")
	}
}

// A thief has certified the camera's id himself, by a fleet CA of his own.
func TestAttackCertificateOfAnotherFleet(t *testing.T) {
	b := start(t)
	thief := cloudtest.Owner(t)
	victim := cloudtest.NewCamera(t, b.fleet)
	theirs := cloudtest.Fleet(t)
	fake := *victim
	key := cloudtest.Key(t)
	der, err := theirs.IssueDevice(&key.PublicKey, victim.ID, certs.KeyInFile)
	if err != nil {
		t.Fatal(err)
	}
	fake.Key, fake.Cert = key, der
	if _, err := fake.Dial(b.Addr(), fake.ID.String()); err == nil {
		t.Error("let in by a certificate of another fleet")
	}
	fake.Fleet = theirs.Cert
	w := fake.Claim(thief, 1)
	b.refusedFor(victim.Connect(b.Addr()), &cloudtest.Owned{Camera: victim, Epoch: 1}, bind.WrongOffer, w.Record(certs.Claimed))
	if b.owned(thief) != 0 {
		t.Error("bound")
	}
}

// An owner certifies a key of his own for a camera that was never offered to him, and writes its records.
func TestAttackOwnerCertifiesSomebodyElsesDevice(t *testing.T) {
	b := start(t)
	alice, mallory := cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, b.fleet)
	w := cam.Claim(alice, 1)
	s := cam.Connect(b.Addr())
	none(t, b.deliver(s, w, w.Record(certs.Claimed)))
	same, higher := certify(t, mallory, w, cloudtest.Key(t), 1), certify(t, mallory, w, cloudtest.Key(t), 2)
	same.Next, higher.Next = 10, 20
	b.refusedFor(s, same, bind.OtherClaim, same.Record(certs.Online))
	b.refusedFor(s, higher, bind.NotClaimed, higher.Record(certs.Online))
	// Not even for the event key itself, had she got hold of it.
	leaked := certify(t, mallory, w, w.Key, 1)
	leaked.Next = 25
	b.refusedFor(s, leaked, bind.OtherClaim, leaked.Record(certs.Online))
	// In Alice's name she cannot sign at all.
	forged := *same
	forged.Next = 30
	r := forged.Record(certs.Online, func(r *certs.Record) { r.Owner = alice.ID })
	b.refusedFor(s, &forged, bind.WrongCertificate, r)
	if b.owned(mallory) != 0 || b.owned(alice) != 1 {
		t.Errorf("%d records are Mallory's, %d Alice's", b.owned(mallory), b.owned(alice))
	}
}

// A former owner has taken the event key out of the camera, and goes on with it after the end of his epoch.
func TestAttackEventKeyOfAClosedEpoch(t *testing.T) {
	b := start(t)
	w := cloudtest.NewCamera(t, b.fleet).Claim(cloudtest.Owner(t), 1)
	s := w.Connect(b.Addr())
	late := w.Record(certs.Claimed)
	none(t, b.deliver(s, w, late, w.Record(certs.Closed)))
	b.refusedFor(s, w, bind.Closed, w.Record(certs.Online), w.Record(certs.Tamper))
	w.Boot, w.Next = 2, 0
	b.refusedFor(s, w, bind.Closed, w.Record(certs.Online))
}

// A former owner restores the camera's state folder, so that it works for him in the new owner's home. No closing of his
// epoch ever came.
func TestAttackEpochRolledBack(t *testing.T) {
	b := start(t)
	mallory, bob := cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, b.fleet)
	old, now := cam.Claim(mallory, 1), cam.Claim(bob, 2)
	s := cam.Connect(b.Addr())
	epochs, ok := s.Listen(cloudtest.Topic(cam.ID, "epoch"))
	if !ok {
		t.Fatal("own topic refused")
	}
	none(t, b.deliver(s, old, old.Record(certs.Claimed)))
	now.Next = 100
	claim := now.Record(certs.Claimed)
	send(t, s, now, claim)
	b.await("signet_bind_held_total", 1)
	b.clock.advance(ledger.DefaultWait)
	none(t, b.deliver(s, now, claim))

	old.Next = 200
	b.refusedFor(s, old, bind.Closed, old.Record(certs.Online), old.Record(certs.Tamper))
	if offer := <-epochs; !bytes.Equal(offer, now.Offer.Raw) {
		t.Error("the camera is not told which epoch it is in")
	}
	// Restored to before any claim, it offers the epoch that Bob has.
	again := cam.Claim(mallory, 2)
	again.Next = 300
	b.refusedFor(s, again, bind.OtherClaim, again.Record(certs.Claimed))
	if b.owned(mallory) != 1 {
		t.Errorf("%d records are the former owner's", b.owned(mallory))
	}
}

// An owner, or whoever has the event key, renews it without the camera: only the device key can offer another one.
func TestAttackRenewalWithoutTheDeviceKey(t *testing.T) {
	b := start(t)
	w := cloudtest.NewCamera(t, b.fleet).Claim(cloudtest.Owner(t), 1)
	s := w.Connect(b.Addr())
	none(t, b.deliver(s, w, w.Record(certs.Claimed)))
	// With a device of his own, which offers to renew this one's.
	own, key := cloudtest.NewCamera(t, b.fleet), cloudtest.Key(t)
	csr, err := certs.EventRequest(own.ID, key, certs.KeyInFile)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := certs.SignOffer(&certs.Offer{
		Device: own.ID, Owner: w.Owner.ID, Epoch: 1, CSR: csr, Settings: w.Offer.Settings, Renews: &w.Began,
	}, own.Cert, own.Key)
	if err != nil {
		t.Fatal(err)
	}
	forged := certify(t, w.Owner, w, key, 1)
	if forged.Offer, err = certs.ParseOffer(raw, b.fleet.Cert); err != nil {
		t.Fatal(err)
	}
	forged.Next = 10
	b.refusedFor(s, forged, bind.WrongOffer, forged.Record(certs.Claimed))
	// With the offer of the claim, and another key.
	forged.Offer = w.Offer
	b.refusedFor(s, forged, bind.WrongOffer, forged.Record(certs.Claimed))
	// Or without any: certified by the owner, at least.
	b.refusedFor(s, forged, bind.OtherClaim, forged.Record(certs.Online))
	none(t, b.deliver(s, w, w.Record(certs.Tamper)))
}

// Somebody lets a camera go that is not his, to claim it himself.
func TestAttackReleaseByAStranger(t *testing.T) {
	b := start(t)
	alice, mallory := cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, b.fleet)
	w, stolen := cam.Claim(alice, 1), cam.Claim(mallory, 2)
	s := cam.Connect(b.Addr())
	none(t, b.deliver(s, w, w.Record(certs.Claimed)))
	forged := stolen.Release(mallory)
	asHers, err := certs.SignRelease(&certs.Release{Device: cam.ID, Owner: mallory.ID, Epoch: 1, OfferHash: w.Began}, mallory.Key)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range [][]byte{forged, asHers, w.Lost(), {}} {
		if err := b.book.Release(t.Context(), cam.ID, raw); !errors.Is(err, ledger.ErrForeign) {
			t.Errorf("release: %v", err)
		}
	}
	// In a closing: the release names Alice, and Mallory has signed it.
	mine := w.Release(nil)
	swapped := append(mine[:len(mine)-64:len(mine)-64], forged[len(forged)-64:]...)
	b.refusedFor(s, w, bind.WrongSignature, w.Record(certs.Closed, func(r *certs.Record) { r.Closing = w.Closing(r.Position, swapped) }))
	if o, _, err := b.book.Ownership(t.Context(), cam.ID, alice.ID); err != nil || o.State != ledger.Owned {
		t.Errorf("the owner is told %q, %v", o.State, err)
	}
}

// Somebody ends an epoch with a closing that the camera did not sign.
func TestAttackClosingByAnotherDevice(t *testing.T) {
	b := start(t)
	w := cloudtest.NewCamera(t, b.fleet).Claim(cloudtest.Owner(t), 1)
	s := w.Connect(b.Addr())
	none(t, b.deliver(s, w, w.Record(certs.Claimed)))
	forged := w.Record(certs.Closed, func(r *certs.Record) {
		c := w.Closing(r.Position, nil)
		c[len(c)-1] ^= 1
		r.Closing = c
	})
	b.refusedFor(s, w, bind.WrongSignature, forged)
	// Of another claim of this epoch, which the camera has signed too.
	other := w.Camera.Claim(w.Owner, 1)
	b.refusedFor(s, w, bind.OtherClaim, w.Record(certs.Closed, func(r *certs.Record) { r.Closing = other.Closing(r.Position, nil) }))
	none(t, b.deliver(s, w, w.Record(certs.Tamper)))
}

// Somebody marks a camera as lost that is not his, or not any more.
func TestAttackLostMarkByAStrangerOrTooLate(t *testing.T) {
	b := start(t)
	alice, bob, mallory := cloudtest.Owner(t), cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, b.fleet)
	w, next := cam.Claim(alice, 1), cam.Claim(bob, 2)
	s := cam.Connect(b.Addr())
	none(t, b.deliver(s, w, w.Record(certs.Claimed)))
	strange, err := certs.SignLost(&certs.Lost{Device: cam.ID, Owner: mallory.ID, Epoch: 1, OfferHash: w.Began}, mallory.Key)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range [][]byte{strange, next.Lost(), cam.Claim(alice, 1).Lost(), w.Release(nil)} {
		if err := b.book.Lost(t.Context(), cam.ID, raw); !errors.Is(err, ledger.ErrForeign) {
			t.Errorf("a stranger's: %v", err)
		}
	}
	next.Next = 10
	claim := next.Record(certs.Claimed)
	send(t, s, next, claim)
	b.await("signet_bind_held_total", 1)
	if err := b.book.Lost(t.Context(), cam.ID, next.Lost()); !errors.Is(err, ledger.ErrForeign) {
		t.Errorf("of one whose claim waits: %v", err)
	}
	b.clock.advance(ledger.DefaultWait)
	if err := b.book.Lost(t.Context(), cam.ID, w.Lost()); !errors.Is(err, ledger.ErrLate) {
		t.Errorf("after the wait: %v", err)
	}
	none(t, b.deliver(s, next, claim))
}

// Whoever has the key of a camera whose certificate was revoked claims it by an offer that he signs with it.
func TestAttackClaimSignedByARevokedCertificate(t *testing.T) {
	b, revoke := revocable(t)
	alice, thief := cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, b.fleet)
	w, stolen := cam.Claim(alice, 1), cam.Claim(thief, 2)
	none(t, b.deliver(cam.Connect(b.Addr()), w, w.Record(certs.Claimed)))
	revoke(cam.Cert)
	anew(t, b.fleet, cam)
	s := cam.Connect(b.Addr())
	stolen.Next = 10
	b.refusedFor(s, stolen, bind.Revoked, stolen.Record(certs.Claimed))
	renewal := w.Renew()
	renewal.Next = 20
	none(t, b.deliver(s, renewal, renewal.Record(certs.Claimed))) // its offer is signed by the new certificate
	if n := len(b.stored(engine.Bind, engine.PartSubject(thief.ID, cam.ID))); n != 0 {
		t.Error("the thief's claim is noted")
	}
}
