package mail

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"signet/certs"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
)

// What a camera shall have in force is sent again and again until the ledger or a record shows that it is, and not after.
func TestSentUntilInForce(t *testing.T) {
	o := newOffice(t)
	ctx, alice := t.Context(), cloudtest.Owner(t)
	cam, code := cloudtest.NewCamera(t, o.fleet), cloudtest.Code(alice)
	asking := cam.Ask(code, 1)
	o.must(o.take(ctx, cam.ID, asking.Message, time.Now()))
	o.sends("offered", cam.ID, nil)
	if list, err := o.Offers(ctx, alice.ID); err != nil || len(list) != 1 || !bytes.Equal(list[0].Message, asking.Message) {
		t.Fatalf("offers: %d, %v", len(list), err)
	}

	grant := cloudtest.Confirm(t, alice, asking.Message, code, o.fleet)
	o.must(o.PutGrant(ctx, o.sender(alice), grant))
	o.sent("granted", cam.ID, letters{engine.Grant: grant})
	o.sends("not taken yet", cam.ID, letters{engine.Grant: grant})
	o.must(o.take(ctx, cam.ID, asking.Message, time.Now()))
	o.sent("offered again", cam.ID, letters{engine.Grant: grant})
	if list, err := o.Offers(ctx, alice.ID); err != nil || len(list) != 0 {
		t.Fatalf("what was granted is offered: %d, %v", len(list), err)
	}
	again := cloudtest.Confirm(t, alice, asking.Message, code, o.fleet)
	o.must(o.PutGrant(ctx, o.sender(alice), again))
	o.sent("granted twice", cam.ID, letters{engine.Grant: grant})

	w := asking.Take(grant, alice)
	o.begin(w)
	o.shows(w, 1)
	o.sends("claimed", cam.ID, nil)
	if err := o.take(ctx, cam.ID, cam.Ask(code, 1).Message, time.Now()); err == nil {
		t.Error("an epoch that the ledger knows is offered once more")
	}

	second := w.Policy(2)
	o.must(o.PutPolicy(ctx, o.sender(alice), second))
	o.sent("policy", cam.ID, letters{engine.Policy: second})
	o.sends("not in force yet", cam.ID, letters{engine.Policy: second})
	o.must(o.PutPolicy(ctx, o.sender(alice), second))
	o.sent("the same again", cam.ID, letters{engine.Policy: second})
	o.shows(w, 1)
	o.sends("a record of before", cam.ID, letters{engine.Policy: second})
	o.shows(w, 2)
	o.sends("in force", cam.ID, nil)

	release := w.Release(nil)
	o.must(o.ledger.Release(ctx, cam.ID, release))
	o.must(o.PutRelease(ctx, o.sender(alice), release))
	o.sent("released", cam.ID, letters{engine.Release: release})
	o.sends("not closed yet", cam.ID, letters{engine.Release: release})
	o.end(w, release)
	o.sends("closed", cam.ID, nil)
	o.must(o.PutPolicy(ctx, o.sender(alice), w.Policy(3)))
	o.sent("a policy of an epoch that is over", cam.ID, nil)

	next := o.claimed(cam, cloudtest.Owner(t), 2)
	o.sends("of the next owner", next.ID, nil)
}

// A renewal waits for its owner for days, also when the cloud starts anew, and is gone when it is granted.
func TestRenewal(t *testing.T) {
	o := newOffice(t)
	ctx, alice := t.Context(), cloudtest.Owner(t)
	w := o.claimed(cloudtest.NewCamera(t, o.fleet), alice, 1)
	next := w.Renew()
	message, err := certs.JoinRenewal(next.Offer.Raw)
	o.must(err)
	o.must(o.take(ctx, w.ID, message, time.Now()))
	o.must(o.take(ctx, w.ID, message, time.Now()))
	o.close()

	o = openOffice(t, o.dir, o.fleet)
	offered := func(who *certs.Owner) int {
		t.Helper()
		list, err := o.Offers(ctx, who.ID)
		o.must(err)
		for _, x := range list {
			if !bytes.Equal(x.Message, message) || x.Offer.Device != w.ID || time.Since(x.Received) > time.Minute {
				t.Error("another renewal is offered")
			}
		}
		return len(list)
	}
	if n := offered(alice); n != 1 {
		t.Fatalf("%d renewals are offered", n)
	}
	if n := offered(cloudtest.Owner(t)); n != 0 {
		t.Error("somebody else's renewal is offered")
	}
	g, err := certs.ParseGrant(next.Grant, alice.ID)
	o.must(err)
	o.must(o.PutGrant(ctx, o.sender(alice), next.Grant))
	o.sent("granted", w.ID, letters{engine.Grant: next.Grant, engine.Policy: g.RawPolicy})
	if n := offered(alice); n != 0 {
		t.Error("what was granted is offered")
	}
	o.begin(next)
	o.shows(next, 2)
	o.sends("renewed", w.ID, nil)
	if err := o.take(ctx, w.ID, message, time.Now()); err != nil {
		t.Errorf("offered once more: %v", err)
	}
	o.sent("offered once more", w.ID, nil)

	// One that nobody has granted ends with its epoch.
	third := next.Renew()
	message, err = certs.JoinRenewal(third.Offer.Raw)
	o.must(err)
	o.must(o.take(ctx, w.ID, message, time.Now()))
	before := o.stored()
	o.end(next, nil)
	if err := o.take(ctx, w.ID, message, time.Now()); err == nil {
		t.Error("a renewal of an epoch that is over is taken")
	}
	if n := offered(alice); n != 0 || o.stored() != before-1 {
		t.Errorf("a renewal of an epoch that is over: %d offered, %d kept", n, o.stored())
	}
}

// What owners sent is there when the cloud starts anew.
func TestKept(t *testing.T) {
	o := newOffice(t)
	ctx, alice, bob, viewer := t.Context(), cloudtest.Owner(t), cloudtest.Owner(t), cloudtest.Owner(t)
	w := o.claimed(cloudtest.NewCamera(t, o.fleet), alice, 1)
	asking, grant := o.granted(cloudtest.NewCamera(t, o.fleet), bob, 1)
	second, release := w.Policy(2, cloudtest.Viewer(viewer, certs.ScopeClips, 2)), w.Release(nil)
	o.must(o.PutPolicy(ctx, o.sender(alice), second))
	o.must(o.ledger.Release(ctx, w.ID, release))
	o.must(o.PutRelease(ctx, o.sender(alice), release))
	o.close()

	o = openOffice(t, o.dir, o.fleet)
	o.sends("after a restart", w.ID, letters{engine.Policy: second, engine.Release: release})
	o.sends("after a restart", asking.ID, letters{engine.Grant: grant})
	for who, want := range map[*certs.Owner]int{alice: 1, bob: 1, viewer: 0} {
		if list, err := o.Own(ctx, who.ID); err != nil || len(list) != want {
			t.Errorf("policies: %d, %v", len(list), err)
		}
	}
	shared, err := o.Shared(ctx, viewer.ID)
	if err != nil || len(shared) != 1 || !bytes.Equal(shared[0].Raw, second) {
		t.Errorf("shared: %v, %v", shared, err)
	}
}

// Run takes offers and sends what is due when a camera connects and again while it is connected, and ends.
func TestRun(t *testing.T) {
	o := newOffice(t)
	o.again = 20 * time.Millisecond
	alice := cloudtest.Owner(t)
	asking, grant := o.granted(cloudtest.NewCamera(t, o.fleet), alice, 1)
	o.drain()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	say := func(word string) {
		o.must(o.engine.Conn().Publish(engine.DeviceSubject(asking.ID, engine.StatusUp), []byte(word)))
	}
	for o.engine.Conn().NumSubscriptions() < 5 { // those of the office, and of Run
		time.Sleep(time.Millisecond)
	}
	say("online")
	for range 3 {
		select {
		case m := <-o.down:
			if !bytes.Equal(m.Data, grant) {
				t.Error("something else is sent")
			}
		case <-time.After(cloudtest.Wait):
			t.Fatal("not sent")
		}
	}
	w := asking.Take(grant, alice)
	o.begin(w)
	o.shows(w, 1)
	for end := time.Now().Add(cloudtest.Wait); len(o.awake.waiting()) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("what is in force is sent on and on")
		}
	}
	say("offline")

	bob := cloudtest.Owner(t)
	told, err := o.engine.Conn().SubscribeSync(Subject(bob.ID))
	o.must(err)
	other := cloudtest.NewCamera(t, o.fleet).Ask(cloudtest.Code(bob), 1)
	o.must(o.engine.Conn().Publish(engine.DeviceSubject(other.ID, engine.Offers), other.Message))
	if _, err := told.NextMsg(cloudtest.Wait); err != nil {
		t.Error("the owner is not told of an offer")
	}
	if list, err := o.Offers(ctx, bob.ID); err != nil || len(list) != 1 {
		t.Errorf("%d offers, %v", len(list), err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Claims are for whom they name, for three minutes.
func TestClaimsExpire(t *testing.T) {
	c, now := newClaims(), time.Now()
	offer := Offer{Received: now, Offer: &certs.SignedOffer{Offer: certs.Offer{Device: certs.NewDeviceID(), Owner: certs.OwnerID{1}}}}
	if !c.put(offer) || c.put(offer) {
		t.Error("only the first one is news")
	}
	if _, ok := c.find(offer.Offer.Device, certs.Hash{1}, now); ok {
		t.Error("found by another hash")
	}
	for after, want := range map[time.Duration]int{claimLife: 1, claimLife + 1: 0} {
		if n := len(c.list(certs.OwnerID{1}, now.Add(after))); n != want {
			t.Errorf("after %v: %d", after, n)
		}
		c.put(offer)
	}
	if n := len(c.list(certs.OwnerID{2}, now)); n != 0 {
		t.Error("somebody else's")
	}
	c.drop(offer.Offer.Device, certs.Hash{1})
	if len(c.list(certs.OwnerID{1}, now)) != 1 {
		t.Error("dropped by another's hash")
	}
	c.drop(offer.Offer.Device, offer.Offer.Hash)
	if len(c.list(certs.OwnerID{1}, now)) != 0 {
		t.Error("not dropped")
	}
}

// With a full disk nothing is taken, and nothing is written.
func TestNoRoom(t *testing.T) {
	o := newOffice(t)
	alice := cloudtest.Owner(t)
	w := o.claimed(cloudtest.NewCamera(t, o.fleet), alice, 1)
	renewal, err := certs.JoinRenewal(w.Renew().Offer.Raw)
	o.must(err)
	before := o.stored()
	o.full.Store(true)
	if err := o.PutPolicy(t.Context(), o.sender(alice), w.Policy(2)); !errors.Is(err, engine.ErrFull) {
		t.Errorf("policy: %v", err)
	}
	if err := o.take(t.Context(), w.ID, renewal, time.Now()); !errors.Is(err, engine.ErrFull) {
		t.Errorf("renewal: %v", err)
	}
	if o.stored() != before {
		t.Error("something was written")
	}
	o.full.Store(false)
	o.must(o.PutPolicy(t.Context(), o.sender(alice), w.Policy(2)))
}

// Whatever an owner's devices send at once: the highest version stays, and its viewers are pointed to it, and no others.
func TestAtOnce(t *testing.T) {
	o := newOffice(t)
	ctx, alice, viewer := t.Context(), cloudtest.Owner(t), cloudtest.Owner(t)
	from := o.sender(alice)
	w := o.claimed(cloudtest.NewCamera(t, o.fleet), alice, 1)
	const n = 24
	posts := make([][]byte, n)
	for i := range posts {
		var lets []certs.Viewer
		if i%2 == 1 {
			lets = append(lets, cloudtest.Viewer(viewer, certs.ScopeClips, 1))
		}
		posts[i] = w.Policy(uint64(2+i), lets...)
	}
	var wg sync.WaitGroup
	for _, raw := range posts {
		wg.Go(func() {
			if err := o.PutPolicy(ctx, from, raw); err != nil && !errors.Is(err, ErrOlder) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if p, err := o.Policy(ctx, w.ID, alice.ID); err != nil || p == nil || p.Version != n+1 {
		t.Errorf("the highest version is not kept: %v", err)
	}
	if list, err := o.Shared(ctx, viewer.ID); err != nil || len(list) != 1 {
		t.Errorf("the viewer is pointed to %d cameras, %v", len(list), err)
	}
}

// A viewer who is named in a grant is not forgotten while its claim is on the way.
func TestViewerIsPointedToBeforeTheClaim(t *testing.T) {
	o := newOffice(t)
	ctx, alice, viewer := t.Context(), cloudtest.Owner(t), cloudtest.Owner(t)
	code := cloudtest.Code(alice)
	asking := cloudtest.NewCamera(t, o.fleet).Ask(code, 1)
	o.must(o.take(ctx, asking.ID, asking.Message, time.Now()))
	grant := cloudtest.Confirm(t, alice, asking.Message, code, o.fleet, cloudtest.Viewer(viewer, certs.ScopeClips, 1))
	o.must(o.PutGrant(ctx, o.sender(alice), grant))
	for want := range 2 {
		if list, err := o.Shared(ctx, viewer.ID); err != nil || len(list) != want {
			t.Errorf("%d are listed, want %d, %v", len(list), want, err)
		}
		if want == 0 {
			o.begin(asking.Take(grant, alice))
		}
	}
}

// A camera waits in line once, and may stand there again when it was looked at.
func TestLine(t *testing.T) {
	a := newAwake()
	d := certs.NewDeviceID()
	for range 2 {
		for range 10 {
			a.queue(d)
		}
		if n := len(a.line); n != 1 {
			t.Fatalf("%d in line", n)
		}
		a.called(<-a.line)
	}
	for range 3 * connectsAtOnce {
		a.came(d)
		if len(a.line) > 0 {
			a.called(<-a.line)
			a.set(d, false)
		}
	}
	if len(a.waiting()) != 1 {
		t.Error("who connects too often does not wait for the next round")
	}
	for range maxLine + 1 {
		a.queue(certs.NewDeviceID())
	}
	if len(a.inLine) != maxLine {
		t.Errorf("%d in line", len(a.inLine))
	}
}

// A release that says the same as the one there is taken, whoever is not sure that it came; another one is not.
func TestReleaseSignedAnew(t *testing.T) {
	o := newOffice(t)
	ctx, bob := t.Context(), cloudtest.Owner(t)
	w := o.claimed(cloudtest.NewCamera(t, o.fleet), cloudtest.Owner(t), 1)
	from := o.sender(w.Owner)
	for range 2 {
		o.must(o.PutRelease(ctx, from, w.Release(bob)))
	}
	for _, next := range []*certs.Owner{nil, w.Owner} {
		refused(t, "another release", o.PutRelease(ctx, from, w.Release(next)), ErrOlder)
	}
}
