package mail

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
)

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
