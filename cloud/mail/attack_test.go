package mail

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/big"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

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

// Attacker: the cloud itself, confused: every letter stands where another belongs, pointers point anywhere. Nothing goes to
// whom it does not name, and what stands wrong is counted.
func TestAttackConfusedCloudMixesUpLetters(t *testing.T) {
	o := newOffice(t)
	seed := [2]uint64{rand.Uint64(), rand.Uint64()}
	t.Logf("seed %v", seed)
	rng := rand.New(rand.NewPCG(seed[0], seed[1]))
	v := &village{office: o, of: map[certs.Hash]certs.DeviceID{}, owners: []*certs.Owner{cloudtest.Owner(t), cloudtest.Owner(t)}}
	for _, who := range v.owners {
		for range 2 {
			v.writes(o.claimed(cloudtest.NewCamera(t, o.fleet), who, 1))
		}
	}
	sold := cloudtest.NewCamera(t, o.fleet)
	for i, who := range v.owners {
		w := o.claimed(sold, who, uint64(1+i))
		v.writes(w)
		if i == 0 {
			o.end(w, w.Release(nil))
		}
	}
	before := o.keptBack()
	for _, among := range []func(d, owner, kind string) string{
		func(d, _, kind string) string { return d + kind }, // the owners that one device has had
		func(_, owner, kind string) string { return owner + kind },
		func(_, _, kind string) string { return kind },
		func(_, _, _ string) string { return "" },
	} {
		o.scramble(rng, among)
		v.nothingForeign()
	}
	if o.keptBack() == before {
		t.Error("nothing was found where it does not belong")
	}
}

// village is several owners with several cameras, one of which was sold.
type village struct {
	*office
	owners []*certs.Owner
	cams   []*cloudtest.Owned
	of     map[certs.Hash]certs.DeviceID // what was signed, and for which camera
}

// writes has everything signed for a camera that can be.
func (v *village) writes(w *cloudtest.Owned) {
	v.t.Helper()
	ctx, from := v.t.Context(), v.sender(w.Owner)
	policy, release := w.Policy(2, cloudtest.Viewer(cloudtest.Owner(v.t), certs.ScopeClips, 1)), w.Release(nil)
	renewal, err := certs.JoinRenewal(w.Renew().Offer.Raw)
	v.must(err)
	v.must(v.take(ctx, w.ID, renewal, time.Now()))
	v.must(v.PutPolicy(ctx, from, policy))
	v.must(v.ledger.Release(ctx, w.ID, release))
	v.must(v.PutRelease(ctx, from, release))
	waits, grant := v.granted(cloudtest.NewCamera(v.t, v.fleet), w.Owner, 1)
	for _, b := range [][]byte{policy, release, renewal} {
		v.of[certs.HashOf(b)] = w.ID
	}
	v.of[certs.HashOf(grant)] = waits.ID
	v.cams = append(v.cams, w, waits.Take(grant, w.Owner))
}

// nothingForeign fails the test if anybody is given or sent what does not name them.
func (v *village) nothingForeign() {
	v.t.Helper()
	ctx := v.t.Context()
	v.drain()
	for _, w := range v.cams {
		v.must(v.send(ctx, w.ID))
		for _, line := range v.drain() {
			f := strings.Fields(line)
			hash, err := certs.ParseHash(f[2])
			v.must(err)
			if f[0] != w.ID.String() || v.of[hash] != w.ID {
				v.t.Errorf("sent: %s", line)
			}
		}
		for _, who := range v.owners {
			if p, err := v.Policy(ctx, w.ID, who.ID); err != nil || p != nil && (p.Device != w.ID || p.Owner != who.ID) {
				v.t.Errorf("a policy of another device or owner, %v", err)
			}
		}
	}
	for _, who := range v.owners {
		own, err := v.Own(ctx, who.ID)
		v.must(err)
		for _, p := range own {
			if p.Owner != who.ID {
				v.t.Errorf("a policy of %s", p.Owner.Short())
			}
		}
		offers, err := v.Offers(ctx, who.ID)
		v.must(err)
		for _, x := range offers {
			if x.Offer.Owner != who.ID {
				v.t.Errorf("an offer to %s", x.Offer.Owner.Short())
			}
		}
	}
}

// scramble moves every letter to the place of another one of its kind, where there is another.
func (o *office) scramble(rng *rand.Rand, kindOf func(d, owner, kind string) string) {
	o.t.Helper()
	ctx := o.t.Context()
	info, err := o.kept.stream.Info(ctx, jetstream.WithSubjectFilter(">"))
	o.must(err)
	places := map[string][]string{}
	for s := range info.State.Subjects {
		var kind string
		switch f := strings.Split(s, "."); f[0] {
		case "mail":
			kind = kindOf(f[1], f[2], f[3])
		case "offer":
			kind = kindOf(f[2], f[1], string(renewals))
		default:
			continue // nothing stands there
		}
		places[kind] = append(places[kind], s)
	}
	for _, subjects := range places {
		var data [][]byte
		for _, s := range subjects {
			m, err := o.kept.stream.GetLastMsgForSubject(ctx, s)
			o.must(err)
			data = append(data, m.Data)
		}
		by := 1 + rng.IntN(max(1, len(data)-1))
		for i, s := range subjects {
			o.put(s, data[(i+by)%len(data)])
		}
	}
}

// Attacker: a device of the fleet that floods owners with claims, and a crowd of them that would push out everybody else's.
func TestAttackFloodOfClaims(t *testing.T) {
	c, now := newClaims(), time.Now()
	at := func(i int) time.Time { return now.Add(time.Duration(i) * time.Millisecond) }
	offer := func(i int, owner certs.OwnerID, d certs.DeviceID) Offer {
		var hash certs.Hash
		hash[0], hash[1] = byte(i), byte(i>>8)
		return Offer{Received: at(i), Offer: &certs.SignedOffer{Offer: certs.Offer{Device: d, Owner: owner}, Hash: hash}}
	}
	// One device has one claim, to whomever.
	one := certs.NewDeviceID()
	for i := range 100 {
		c.put(offer(i, certs.OwnerID{byte(i)}, one))
	}
	if len(c.byDevice) != 1 {
		t.Errorf("%d claims of one device", len(c.byDevice))
	}
	// A crowd that offers itself to one owner pushes out its own, not another's.
	alice := offer(100, certs.OwnerID{1, 1}, certs.NewDeviceID())
	c.put(alice)
	for i := range 1000 {
		c.put(offer(101+i, certs.OwnerID{2, 2}, certs.NewDeviceID()))
	}
	if n := len(c.list(certs.OwnerID{2, 2}, at(1101))); n != perOwner {
		t.Errorf("%d claims of one owner", n)
	}
	if n := len(c.list(alice.Offer.Owner, at(1101))); n != 1 {
		t.Error("a claim to another owner was pushed out")
	}
	// A crowd that offers itself to everybody: whoever says it again is in.
	for i := range 2000 {
		c.put(offer(1101+i, certs.OwnerID{3, byte(i), byte(i >> 8)}, certs.NewDeviceID()))
	}
	if len(c.byDevice) != maxClaims {
		t.Errorf("%d claims", len(c.byDevice))
	}
	alice.Received = at(3101)
	c.put(alice)
	if n := len(c.list(alice.Offer.Owner, at(3101))); n != 1 {
		t.Error("nobody gets in")
	}
}

// Attacker: a device that offers itself to one owner after the other, each of whom grants it and shares it, to fill the store.
func TestAttackDeviceOffersItselfToMany(t *testing.T) {
	o := newOffice(t)
	cam, viewer := cloudtest.NewCamera(t, o.fleet), cloudtest.Owner(t)
	var most uint64
	for range 8 {
		o.grantedTo(cam, cloudtest.Owner(t), viewer)
		most = max(most, o.stored())
	}
	if most > 4 { // grant, policy, and a pointer from owner and viewer
		t.Errorf("%d messages are kept", most)
	}
	if list, err := o.Shared(t.Context(), viewer.ID); err != nil || len(list) > 1 {
		t.Errorf("the viewer is pointed to %d cameras, %v", len(list), err)
	}
}

func (o *office) grantedTo(cam *cloudtest.Camera, who, viewer *certs.Owner) {
	o.t.Helper()
	code := cloudtest.Code(who)
	asking := cam.Ask(code, 1)
	o.must(o.take(o.t.Context(), cam.ID, asking.Message, time.Now()))
	grant := cloudtest.Confirm(o.t, who, asking.Message, code, o.fleet, cloudtest.Viewer(viewer, certs.ScopeClips, 1))
	o.must(o.PutGrant(o.t.Context(), o.sender(who), grant))
}

// Attacker: somebody who has seen a viewer's card, and names him in policies of cameras of his own, so that the viewer would
// not find those of his family among them. What was shared first is first, and what leads to nothing is forgotten.
func TestAttackStrangersShareWithAViewer(t *testing.T) {
	o := newOffice(t)
	ctx, viewer := t.Context(), cloudtest.Owner(t)
	lets := cloudtest.Viewer(viewer, certs.ScopeClips, 2)
	family := o.claimed(cloudtest.NewCamera(t, o.fleet), cloudtest.Owner(t), 1)
	o.must(o.PutPolicy(ctx, o.sender(family.Owner), family.Policy(2, lets)))
	nothing := func() {
		for range maxShared {
			o.must(o.kept.point(ctx, viewSubject(viewer.ID, certs.NewDeviceID(), certs.OwnerID{byte(rand.Uint32())})))
		}
	}
	nothing()
	stranger := o.claimed(cloudtest.NewCamera(t, o.fleet), cloudtest.Owner(t), 1)
	o.must(o.PutPolicy(ctx, o.sender(stranger.Owner), stranger.Policy(2, lets)))
	nothing()
	second := o.claimed(cloudtest.NewCamera(t, o.fleet), cloudtest.Owner(t), 1)
	newest := second.Policy(2, lets)
	o.must(o.PutPolicy(ctx, o.sender(second.Owner), newest))
	kept := family.Policy(3, lets)
	o.must(o.PutPolicy(ctx, o.sender(family.Owner), kept)) // does not lose the place

	// A policy that comes back by a damaged disk, and does not name him: the pointer goes. One that cannot be read: it stays.
	at := letterSubject(stranger.ID, stranger.Owner.ID, policies)
	other, err := json.Marshal(letter{Key: stranger.Owner.SPKI, Statement: stranger.Policy(3)})
	o.must(err)
	was, err := o.kept.load(ctx, at)
	o.must(err)
	for _, c := range []struct {
		letter   []byte
		pointers int
	}{{[]byte("{"), 3}, {other, 2}} {
		o.put(at, c.letter)
		list, err := o.Shared(ctx, viewer.ID)
		o.must(err)
		if len(list) != 2 || !bytes.Equal(list[0].Raw, kept) || !bytes.Equal(list[1].Raw, newest) {
			t.Errorf("%d are listed", len(list))
		}
		names, err := o.kept.list(ctx, viewOf+viewer.ID.String()+".", maxListed)
		o.must(err)
		if len(names) != c.pointers {
			t.Errorf("%d pointers, want %d", len(names), c.pointers)
		}
	}
	o.must(o.PutPolicy(ctx, o.sender(stranger.Owner), stranger.Policy(4, lets)))
	if list, err := o.Shared(ctx, viewer.ID); err != nil || len(list) != 3 || was.seq == 0 {
		t.Errorf("%d are listed when he is named anew, %v", len(list), err)
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

// Attacker: a device that has had many owners of its own making, each of whom has sent what can be sent, so that to look at
// it takes long; and that says without end that it has just connected. Others get their mail all the same.
func TestAttackDeviceOfManyOwners(t *testing.T) {
	o := newOffice(t)
	ctx, viewer := t.Context(), cloudtest.Owner(t)
	bad := cloudtest.NewCamera(t, o.fleet)
	const remembered = 16 // epochs, by the ledger
	for n := range uint64(remembered + 4) {
		w := bad.Claim(cloudtest.Owner(t), n+1)
		w.Next = n + 1
		o.begin(w)
		o.must(o.PutPolicy(ctx, o.sender(w.Owner), w.Policy(2, cloudtest.Viewer(viewer, certs.ScopeLive, 2))))
		release := w.Release(nil)
		o.must(o.ledger.Release(ctx, w.ID, release))
		o.must(o.PutRelease(ctx, o.sender(w.Owner), release))
	}
	if n := o.stored(); n > 4*remembered { // policy, release, and a pointer from owner and viewer
		t.Errorf("%d messages are kept", n)
	}
	read := &reads{Stream: o.kept.stream}
	o.kept.stream = read
	o.must(o.send(ctx, bad.ID))
	if n := read.n.Load(); n != 2 {
		t.Errorf("%d letters are read to send those of the newest owner", n)
	}

	good := o.claimed(cloudtest.NewCamera(t, o.fleet), cloudtest.Owner(t), 1)
	release := good.Release(nil)
	o.must(o.ledger.Release(ctx, good.ID, release))
	o.must(o.PutRelease(ctx, o.sender(good.Owner), release))
	o.drain()
	go o.Run(ctx)
	for o.engine.Conn().NumSubscriptions() < 5 { // those of the office, and of Run
		time.Sleep(time.Millisecond)
	}
	online := func(d certs.DeviceID) {
		o.must(o.engine.Conn().Publish(engine.DeviceSubject(d, engine.StatusUp), []byte("online")))
	}
	for range 200 {
		online(bad.ID)
	}
	online(good.ID)
	byBad := 0
	for deadline := time.After(cloudtest.Wait); ; {
		select {
		case m := <-o.down:
			if d, _ := engine.DeviceOf(m.Subject); d == bad.ID {
				byBad++
				continue
			}
			if !bytes.Equal(m.Data, release) {
				t.Error("something else is sent")
			}
		case <-deadline:
			t.Fatal("another camera does not get its mail")
		}
		break
	}
	if most := 2 * connectsAtOnce; byBad > most { // policy and release each time
		t.Errorf("before another camera got its mail, %d letters went to one that asks and asks", byBad)
	}
}

// reads counts what is read of a stream.
type reads struct {
	jetstream.Stream
	n atomic.Int64
}

func (r *reads) GetLastMsgForSubject(ctx context.Context, subject string) (*jetstream.RawStreamMsg, error) {
	r.n.Add(1)
	return r.Stream.GetLastMsgForSubject(ctx, subject)
}

// Attacker: a former owner, who sends what he may send to have forgotten what was granted to the next one.
func TestAttackFormerOwnerTidiesUp(t *testing.T) {
	o := newOffice(t)
	ctx, mallory, alice, bob := t.Context(), cloudtest.Owner(t), cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, o.fleet)
	w := o.claimed(cam, mallory, 1)
	_, grant := o.granted(cam, alice, 2)
	policy, release := w.Policy(2), w.Release(nil)
	o.must(o.PutPolicy(ctx, o.sender(mallory), policy))
	o.must(o.ledger.Release(ctx, cam.ID, release))
	o.must(o.PutRelease(ctx, o.sender(mallory), release))
	o.sends("after that", cam.ID, letters{engine.Grant: grant, engine.Policy: policy, engine.Release: release})
	_, other := o.granted(cam, bob, 2) // it has offered itself to somebody else
	o.sends("granted to another", cam.ID, letters{engine.Grant: other, engine.Policy: policy, engine.Release: release})
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

// Attacker: a damaged disk. With a ledger entry that cannot be read nothing is sent or taken, and nothing is forgotten.
func TestAttackDamagedLedger(t *testing.T) {
	o := newOffice(t)
	ctx, alice, mallory := t.Context(), cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, o.fleet)
	w := o.claimed(cam, alice, 1)
	second, third := w.Policy(2), w.Policy(3)
	o.must(o.PutPolicy(ctx, o.sender(alice), second))
	code := cloudtest.Code(mallory) // the camera was reset, and offers itself
	asking := cam.Ask(code, 2)
	o.must(o.take(ctx, cam.ID, asking.Message, time.Now()))
	st, err := o.engine.JetStream().Stream(ctx, engine.Bind)
	o.must(err)
	entry, err := st.GetLastMsgForSubject(ctx, engine.LedgerSubject(cam.ID))
	o.must(err)
	bad := bytes.Clone(entry.Data)
	bad[len(bad)/2] ^= 1
	o.put(engine.LedgerSubject(cam.ID), bad)

	o.sends("of a device without a readable entry", cam.ID, nil)
	if p, err := o.Policy(ctx, cam.ID, alice.ID); err != nil || p != nil {
		t.Errorf("a policy is shown: %v", err)
	}
	if err := o.PutPolicy(ctx, o.sender(alice), w.Policy(1)); err == nil {
		t.Error("an older policy replaces a newer one")
	}
	grant := cloudtest.Confirm(t, mallory, asking.Message, code, o.fleet)
	o.must(o.PutGrant(ctx, o.sender(mallory), grant)) // was offered
	o.sent("granted", cam.ID, nil)

	o.put(engine.LedgerSubject(cam.ID), entry.Data)
	o.sends("repaired", cam.ID, letters{engine.Grant: grant, engine.Policy: second})
	o.must(o.PutPolicy(ctx, o.sender(alice), third))
	o.sent("and on", cam.ID, letters{engine.Grant: grant, engine.Policy: third})
}
