package mail

import (
	"errors"
	"math/big"
	"testing"
	"time"

	"signet/certs"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
)

// Each of these tests is an attack on what the cloud carries, named for who makes it. It was seen to succeed with its defence
// removed.

// refused fails the test unless an error is this one.
func refused(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v", what, err)
	}
}

// Attacker: somebody who has seen an offer that is not for him, and would like to own the camera.
func TestAttackStrangerGrants(t *testing.T) {
	o := newOffice(t)
	ctx, alice, mallory := t.Context(), cloudtest.Owner(t), cloudtest.Owner(t)
	cam, code := cloudtest.NewCamera(t, o.fleet), cloudtest.Code(alice)
	asking := cam.Ask(code, 1)
	o.must(o.take(ctx, cam.ID, asking.Message, time.Now()))
	hers := cloudtest.Confirm(t, alice, asking.Message, code, o.fleet)
	to := *asking.Offer
	to.Owner = mallory.ID
	his, err := mallory.Grant(&to, certs.Policy{Recipients: []string{mallory.Recipient}})
	o.must(err)
	refused(t, "his own grant", o.PutGrant(ctx, o.sender(mallory), his), ErrNotYours)
	refused(t, "his own grant in her name", o.PutGrant(ctx, o.sender(alice), his), ErrNotYours)
	refused(t, "her grant in his name", o.PutGrant(ctx, o.sender(mallory), hers), ErrNotYours)
	o.sends("a stranger's grant", cam.ID, nil)

	// An offer that never came, though it is for him.
	unsent := cloudtest.NewCamera(t, o.fleet).Ask(cloudtest.Code(mallory), 1)
	grant, err := mallory.Grant(unsent.Offer, certs.Policy{Recipients: []string{mallory.Recipient}})
	o.must(err)
	refused(t, "of an offer that never came", o.PutGrant(ctx, o.sender(mallory), grant), ErrNotYours)
	o.sends("of an offer that never came", unsent.ID, nil)

	// His device says that it renews the event key of her epoch.
	o.must(o.PutGrant(ctx, o.sender(alice), hers))
	w := asking.Take(hers, alice)
	o.begin(w)
	o.shows(w, 1)
	o.drain()
	renewal := w.Renew()
	stolen := *renewal.Offer
	stolen.Owner = mallory.ID
	policy, err := certs.SignPolicy(&certs.Policy{
		Device: w.ID, Owner: mallory.ID, Epoch: 1, OfferHash: w.Began, Version: 2, Recipients: []string{mallory.Recipient}, Renewals: 1,
	}, mallory.Key)
	o.must(err)
	grant, err = mallory.GrantRenewal(&stolen, policy)
	o.must(err)
	refused(t, "a renewal of her epoch", o.PutGrant(ctx, o.sender(mallory), grant), ErrNotYours)
	refused(t, "a policy of her epoch", o.PutPolicy(ctx, o.sender(mallory), policy), ErrNotYours)
	refused(t, "a release of his name", o.PutRelease(ctx, o.sender(mallory), w.Release(nil)), ErrNotYours)
	o.sends("in a running epoch", w.ID, nil)
}

// Attacker: a cloud or a page that has the owner certify an event key which the camera did not offer.
func TestAttackGrantOfAnotherKey(t *testing.T) {
	o := newOffice(t)
	ctx, alice := t.Context(), cloudtest.Owner(t)
	cam, code := cloudtest.NewCamera(t, o.fleet), cloudtest.Code(alice)
	asking := cam.Ask(code, 1)
	o.must(o.take(ctx, cam.ID, asking.Message, time.Now()))
	swapped := *asking.Offer
	swapped.EventKey = &cloudtest.Key(t).PublicKey
	grant, err := alice.Grant(&swapped, certs.Policy{Recipients: []string{alice.Recipient}})
	o.must(err)
	refused(t, "another event key", o.PutGrant(ctx, o.sender(alice), grant), ErrNotYours)
	ahead := *asking.Offer
	ahead.Epoch = 7
	grant, err = alice.Grant(&ahead, certs.Policy{Recipients: []string{alice.Recipient}})
	o.must(err)
	refused(t, "another epoch", o.PutGrant(ctx, o.sender(alice), grant), ErrNotYours)
	o.sends("of what was not offered", cam.ID, nil)
}

// Attacker: a device that offers itself as another, one of another fleet, and one whose certificate was revoked.
func TestAttackOfferInAnothersName(t *testing.T) {
	o := newOffice(t)
	ctx, alice := t.Context(), cloudtest.Owner(t)
	victim, thief := cloudtest.NewCamera(t, o.fleet), cloudtest.NewCamera(t, o.fleet)
	none := func(what string) {
		t.Helper()
		if list, err := o.Offers(ctx, alice.ID); err != nil || len(list) != 0 {
			t.Errorf("%s: %d offers, %v", what, len(list), err)
		}
	}
	for what, x := range map[string]struct {
		on      certs.DeviceID
		message []byte
	}{
		"on another's connection":     {thief.ID, victim.Ask(cloudtest.Code(alice), 1).Message},
		"on the victim's connection":  {victim.ID, thief.Ask(cloudtest.Code(alice), 1).Message},
		"of another fleet":            {victim.ID, cloudtest.NewCamera(t, cloudtest.Fleet(t)).Ask(cloudtest.Code(alice), 1).Message},
		"of one that has the same id": {victim.ID, forged(t, victim, alice)},
	} {
		if err := o.take(ctx, x.on, x.message, time.Now()); err == nil {
			t.Errorf("%s: taken", what)
		}
		none(what)
	}
	claim := thief.Ask(cloudtest.Code(alice), 1).Message
	w := o.claimed(thief, alice, 1)
	renewal, err := certs.JoinRenewal(w.Renew().Offer.Raw)
	o.must(err)
	o.must(o.take(ctx, thief.ID, renewal, time.Now()))
	o.revoked.Store(o.serial(thief))
	none("kept, and revoked since")
	for what, message := range map[string][]byte{"claim": claim, "renewal": renewal} {
		if err := o.take(ctx, thief.ID, message, time.Now()); err == nil {
			t.Errorf("%s of a revoked certificate: taken", what)
		}
		none("revoked")
	}
}

func (o *office) serial(c *cloudtest.Camera) (n *big.Int) {
	d, err := certs.VerifyDeviceCertificate(c.Cert, o.fleet.Cert)
	o.must(err)
	return d.Serial
}

// forged is an offer for a device id that another fleet has certified for another key.
func forged(t *testing.T, victim *cloudtest.Camera, owner *certs.Owner) []byte {
	t.Helper()
	fleet, key := cloudtest.Fleet(t), cloudtest.Key(t)
	der, err := fleet.IssueDevice(&key.PublicKey, victim.ID, certs.KeyInFile)
	if err != nil {
		t.Fatal(err)
	}
	c := cloudtest.NewCamera(t, fleet)
	c.ID, c.Key, c.Cert = victim.ID, key, der
	return c.Ask(cloudtest.Code(owner), 1).Message
}

// Attacker: whoever has kept what the owner signed before, and brings it back: policies, grants and releases only go forward.
func TestAttackOlderStatementComesBack(t *testing.T) {
	o := newOffice(t)
	ctx, alice, member := t.Context(), cloudtest.Owner(t), cloudtest.Owner(t)
	from := o.sender(alice)
	w := o.claimed(cloudtest.NewCamera(t, o.fleet), alice, 1)
	second, third := w.Policy(2, cloudtest.Viewer(member, certs.ScopeClips, 2)), w.Policy(3)
	o.must(o.PutPolicy(ctx, from, second))
	o.must(o.PutPolicy(ctx, from, third))
	refused(t, "an older version", o.PutPolicy(ctx, from, second), ErrOlder)
	refused(t, "another one of the same version", o.PutPolicy(ctx, from, w.Policy(3, cloudtest.Viewer(member, certs.ScopeClips, 2))), ErrOlder)
	o.must(o.PutGrant(ctx, from, regrant(t, w))) // an offer is granted once: changes nothing
	o.drain()
	o.sends("after all that", w.ID, letters{engine.Policy: third})
	if list, err := o.Shared(ctx, member.ID); err != nil || len(list) != 0 {
		t.Errorf("the removed viewer is pointed to %v, %v", list, err)
	}

	// Of a former epoch, of the same owner.
	release := w.Release(nil)
	o.must(o.ledger.Release(ctx, w.ID, release))
	o.must(o.PutRelease(ctx, from, release))
	o.end(w, release)
	next := o.claimed(w.Camera, alice, 2)
	o.sends("the next epoch", w.ID, nil)
	refused(t, "a policy of the former epoch", o.PutPolicy(ctx, from, w.Policy(9)), ErrOlder)
	refused(t, "the grant of the former epoch", o.PutGrant(ctx, from, regrant(t, w)), ErrOlder)
	let := next.Release(nil)
	o.must(o.ledger.Release(ctx, w.ID, let))
	o.must(o.PutRelease(ctx, from, let))
	refused(t, "another release of the former epoch", o.PutRelease(ctx, from, w.Release(alice)), ErrOlder)
	o.sent("the newest only", w.ID, letters{engine.Release: let})
}

// regrant grants again, with another signature, what was granted.
func regrant(t *testing.T, w *cloudtest.Owned) []byte {
	t.Helper()
	g, err := w.Owner.Grant(w.Offer, certs.Policy{Recipients: []string{w.Owner.Recipient}})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Attacker: a former owner, whose statements about his own epoch are as good as ever, speaks to the camera that he has sold.
func TestAttackFormerOwnerSpeaks(t *testing.T) {
	o := newOffice(t)
	ctx, alice, bob := t.Context(), cloudtest.Owner(t), cloudtest.Owner(t)
	from := o.sender(alice)
	cam := cloudtest.NewCamera(t, o.fleet)
	w := o.claimed(cam, alice, 1)
	release := w.Release(nil)
	o.must(o.ledger.Release(ctx, cam.ID, release))
	o.end(w, release)
	next := o.claimed(cam, bob, 2)
	o.must(o.PutPolicy(ctx, from, w.Policy(2)))
	o.must(o.PutRelease(ctx, from, release))
	o.sent("of the former owner", cam.ID, nil)
	o.sends("at the next connect", cam.ID, nil)
	ahead := *w.Offer
	ahead.Epoch = 3
	grant, err := alice.Grant(&ahead, certs.Policy{Recipients: []string{alice.Recipient}})
	o.must(err)
	refused(t, "a grant for the epoch to come", o.PutGrant(ctx, from, grant), ErrNotYours)
	mine := next.Policy(2)
	o.must(o.PutPolicy(ctx, o.sender(bob), mine))
	o.sent("of the owner", cam.ID, letters{engine.Policy: mine})
}
