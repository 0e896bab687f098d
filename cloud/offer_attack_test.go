package cloud_test

import (
	"bytes"
	"testing"

	"signet/certs"
	"signet/cloud"
	"signet/cloud/cloudtest"
)

// offering is a camera that has seen an owner's code and is connected.
type offering struct {
	*cloudtest.Asking
	code    *certs.ClaimCode
	session *cloudtest.Session
}

func newOffering(t *testing.T, c *cloud.Cloud, fleet *certs.Fleet, o *certs.Owner) *offering {
	t.Helper()
	cam, code := cloudtest.NewCamera(t, fleet), cloudtest.Code(o)
	return &offering{cam.Ask(code, 1), code, cam.Connect(c.MQTTAddr())}
}

func (o *offering) send(b []byte) { o.session.Send(cloudtest.Topic(o.ID, "offers"), 1, false, b) }

// offered waits until a stream brings an offer.
func offered(t *testing.T, events <-chan cloudtest.Event, message []byte) {
	t.Helper()
	cloudtest.Until(t, events, "the offer", func(e cloudtest.Event) bool {
		return e.Name == "offer" && bytes.Contains(b64decode(t, e.Data), message)
	})
}

// A stranger, whom no camera has made an offer, grants one that was made to somebody else, or takes what is there for him.
func TestAttackStrangerGrantsAnOffer(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	alice, bob := page(t, c, cloudtest.Owner(t)), page(t, c, cloudtest.Owner(t))
	events := alice.Stream("")
	o := newOffering(t, c, fleet, alice.Owner)
	grants, _ := o.session.Listen(cloudtest.Topic(o.ID, "grant"))
	o.send(o.Message)
	offered(t, events, o.Message)
	if list := bob.Offers(); len(list) != 0 {
		t.Error("a stranger is shown the offer")
	}

	good := cloudtest.Confirm(t, alice.Owner, o.Message, o.code, fleet)
	if status := bob.Post("grants", good); status != 403 {
		t.Errorf("the owner's grant from a stranger: %d", status)
	}
	his := *o.Offer
	his.Owner = bob.Owner.ID
	forged, err := bob.Owner.Grant(&his, certs.Policy{Recipients: []string{bob.Owner.Recipient}})
	if err != nil {
		t.Fatal(err)
	}
	for who, p := range map[string]*cloudtest.Page{"stranger": bob, "owner": alice} {
		if status := p.Post("grants", forged); status != 403 {
			t.Errorf("a stranger's grant from the %s: %d", who, status)
		}
	}
	policy, err := certs.SignPolicy(&certs.Policy{
		Device: o.ID, Owner: bob.Owner.ID, Epoch: 1, OfferHash: o.Offer.Hash, Version: 2, Recipients: []string{bob.Owner.Recipient},
	}, bob.Owner.Key)
	if err != nil {
		t.Fatal(err)
	}
	if status := bob.Post("policies", policy); status != 403 {
		t.Errorf("a stranger's policy: %d", status)
	}
	release, err := certs.SignRelease(&certs.Release{Device: o.ID, Owner: bob.Owner.ID, Epoch: 1, OfferHash: o.Offer.Hash}, bob.Owner.Key)
	if err != nil {
		t.Fatal(err)
	}
	if status := bob.Post("releases", release); status != 403 {
		t.Errorf("a stranger's release: %d", status)
	}
	// The first that the camera is sent is its owner's.
	if status := alice.Post("grants", good); status != 202 {
		t.Fatalf("grant: %d", status)
	}
	if got := cloudtest.Got(t, grants, "grant"); !bytes.Equal(got, good) {
		t.Error("the camera is sent another grant")
	}
}

// The owner signs a grant for an offer that no camera has made to this cloud: for another event key than the one offered, or
// for nothing at all.
func TestAttackGrantWithoutAnOffer(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	alice := page(t, c, cloudtest.Owner(t))
	events := alice.Stream("")
	o := newOffering(t, c, fleet, alice.Owner)
	unsent := o.Camera.Ask(o.code, 1)
	if status := alice.Post("grants", cloudtest.Confirm(t, alice.Owner, unsent.Message, o.code, fleet)); status != 403 {
		t.Errorf("for an offer that never came: %d", status)
	}
	o.send(o.Message)
	offered(t, events, o.Message)
	other := *o.Offer
	other.EventKey = unsent.Offer.EventKey
	swapped, err := alice.Owner.Grant(&other, certs.Policy{Recipients: []string{alice.Owner.Recipient}})
	if err != nil {
		t.Fatal(err)
	}
	if status := alice.Post("grants", swapped); status != 403 {
		t.Errorf("for another event key: %d", status)
	}
}

// A camera sends another camera's offer, one of another fleet, one whose view is another, and one of an epoch that is over.
// Nobody is shown any of them.
func TestAttackCameraOffersWhatItIsNot(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	alice := page(t, c, cloudtest.Owner(t))
	events := alice.Stream("")
	evil, victim := newOffering(t, c, fleet, alice.Owner), newOffering(t, c, fleet, alice.Owner)
	foreign := *evil.Camera
	strangers, key := cloudtest.Fleet(t), cloudtest.Key(t)
	der, err := strangers.IssueDevice(&key.PublicKey, evil.ID, certs.KeyInFile)
	if err != nil {
		t.Fatal(err)
	}
	foreign.Key, foreign.Cert, foreign.Fleet = key, der, strangers.Cert
	m, err := certs.ParseOfferMessage(evil.Message)
	if err != nil {
		t.Fatal(err)
	}
	otherView, err := certs.JoinOffer(m.Offer, evil.code.Secret, append(bytes.Clone(m.View), 0))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{victim.Message, foreign.Ask(evil.code, 1).Message, otherView} {
		evil.send(b)
	}
	evil.send(evil.Message)
	offered(t, events, evil.Message)
	if list := alice.Offers(); len(list) != 1 || !bytes.Equal(list[0].Message, evil.Message) {
		t.Errorf("%d offers are shown", len(list))
	}
	if n := metric(t, c, "signet_mail_offers_refused_total"); n != 3 {
		t.Errorf("%d offers are counted as refused", n)
	}
}

// Cameras flood an owner, and one camera floods everybody: of a camera the newest offer is kept, of an owner sixteen.
func TestAttackCamerasFloodAnOwner(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	alice := page(t, c, cloudtest.Owner(t))
	events := alice.Stream("")
	var one *offering
	for range 20 {
		one = newOffering(t, c, fleet, alice.Owner)
		one.send(one.Message)
		offered(t, events, one.Message) // each is told, also of those that are not kept
	}
	if n := len(alice.Offers()); n != 16 {
		t.Errorf("%d offers are kept for an owner", n)
	}
	again := one.Camera.Ask(one.code, 1)
	one.send(again.Message)
	offered(t, events, again.Message)
	newest := 0
	for _, it := range alice.Offers() {
		if bytes.Equal(it.Message, one.Message) {
			t.Error("an offer is kept that its camera has replaced")
		}
		if bytes.Equal(it.Message, again.Message) {
			newest++
		}
	}
	if newest != 1 {
		t.Errorf("the newest offer is there %d times", newest)
	}
	// To somebody else: then it is not for this owner any more.
	bob := page(t, c, cloudtest.Owner(t))
	code := cloudtest.Code(bob.Owner)
	elsewhere := one.Camera.Ask(code, 1)
	toBob := bob.Stream("")
	one.send(elsewhere.Message)
	offered(t, toBob, elsewhere.Message)
	if n := len(alice.Offers()); n != 15 {
		t.Errorf("%d offers are kept for the owner", n)
	}
}
