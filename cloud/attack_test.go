package cloud_test

import (
	"crypto"
	"net/http"
	"testing"

	"signet/certs"
	"signet/cloud"
	"signet/cloud/cloudtest"
)

// Each of these tests is an attack on the cloud's API, named for who makes it. It was seen to succeed with its defence removed.

// A page of another origin, at which this owner has a key too, passes on the challenge of this cloud, has the browser sign
// it, and brings the log-in here.
func TestAttackLogInRelayedFromAnotherOrigin(t *testing.T) {
	dir, _ := initDir(t)
	c, _ := run(t, dir)
	own, evil := "https://"+c.HTTPSAddr(), "https://evil.example"
	p := cloudtest.NewPage(t, cloudtest.Owner(t), c.HTTPSAddr(), c.Fleet())
	refused := func(what, origin string, change func(*certs.Login)) {
		t.Helper()
		if status, body := p.LogInFor(origin, change); status != http.StatusForbidden {
			t.Errorf("%s: %d %s", what, status, body)
		}
	}
	as := func(*certs.Login) {}
	refused("signed by a page of another origin", evil, as)
	refused("signed by one that has ours in its name", own+".evil.example", as)
	refused("signed for another cloud", own, func(l *certs.Login) { l.Cloud = certs.HashOf(nil) })
	p.Header = http.Header{"Origin": {evil}}
	refused("signed for ours, sent by a page of another origin", own, as)
	p.Header = nil
	nonce := p.Challenge()
	once := func(l *certs.Login) { l.Nonce = nonce }
	if status, body := p.LogInFor(own, once); status != http.StatusOK {
		t.Fatalf("our own: %d %s", status, body)
	}
	refused("heard, and said again", own, once)
}

// home is an owner's camera, a member of the family who may view its clips, and a cloud.
type home struct {
	*cloudtest.Owned
	t       *testing.T
	cloud   *cloud.Cloud
	fleet   *certs.Fleet
	session *cloudtest.Session
	member  *certs.Owner // whose keys a policy may name
	first   *certs.Policy
	mine    *cloudtest.Page
	theirs  *cloudtest.Page
}

// newHome is called first in a test, which runs beside others then: most of its time it waits for the disk.
func newHome(t *testing.T) *home {
	t.Helper()
	t.Parallel()
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	h := &home{Owned: cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1), t: t, cloud: c, fleet: fleet, member: cloudtest.Owner(t)}
	g, err := certs.ParseGrant(h.Grant, h.Owner.ID)
	if err != nil {
		t.Fatal(err)
	}
	h.first = g.Policy
	h.session = h.Connect(c.MQTTAddr())
	h.deliver(h.Record(certs.Claimed))
	h.mine, h.theirs = page(t, c, h.Owner), page(t, c, h.member)
	return h
}

func (h *home) deliver(r *certs.SignedRecord) {
	h.t.Helper()
	if no := h.session.Deliver(h.Camera, cloudtest.Message(h.t, r)); len(no) != 0 {
		h.t.Fatalf("refused: %v", no)
	}
}

// policy signs a version with these viewers, as somebody who may not be the owner.
func (h *home) policy(version uint64, key crypto.Signer, as certs.OwnerID, viewers ...certs.Viewer) []byte {
	h.t.Helper()
	p := *h.first
	p.Version, p.Owner, p.Viewers = version, as, viewers
	b, err := certs.SignPolicy(&p, key)
	if err != nil {
		h.t.Fatal(err)
	}
	return b
}

// lets names the member as a viewer of clips from a version on.
func (h *home) lets(since uint64) certs.Viewer {
	return certs.Viewer{SPKI: h.member.SPKI, Scope: certs.ScopeClips, NotAfter: certs.UntilRemoved(), Recipient: h.member.Recipient, Since: since}
}

func (h *home) post(p *cloudtest.Page, path string, b []byte, want int) {
	h.t.Helper()
	if status, body := p.Do("POST", "/api/v1/"+path, b); status != want {
		h.t.Errorf("%s: %d %s, want %d", path, status, body, want)
	}
}

// pretender signs with a key of its own, and says that it is another's.
type pretender struct {
	crypto.Signer
	public crypto.PublicKey
}

func (p pretender) Public() crypto.PublicKey { return p.public }

// A member of the family, who may view, has the cloud carry statements that only the owner may make; and somebody brings back
// the policy of before.
func TestAttackFamilyMemberSpeaksForTheOwner(t *testing.T) {
	h := newHome(t)
	h.post(h.mine, "policies", h.policy(2, h.Owner.Key, h.Owner.ID, h.lets(2)), http.StatusAccepted)
	h.post(h.theirs, "policies", h.policy(3, h.member.Key, h.member.ID), http.StatusForbidden)
	as := pretender{h.member.Key, h.Owner.Key.Public()}
	forged := h.policy(3, as, h.Owner.ID)
	h.post(h.theirs, "policies", forged, http.StatusForbidden)
	h.post(h.mine, "policies", forged, http.StatusForbidden)
	release, err := certs.SignRelease(&certs.Release{Device: h.ID, Owner: h.Owner.ID, Epoch: 1, OfferHash: h.Began}, as)
	if err != nil {
		t.Fatal(err)
	}
	h.post(h.theirs, "releases", release, http.StatusForbidden)
	own, err := certs.SignRelease(&certs.Release{Device: h.ID, Owner: h.member.ID, Epoch: 1, OfferHash: h.Began}, h.member.Key)
	if err != nil {
		t.Fatal(err)
	}
	h.post(h.theirs, "releases", own, http.StatusForbidden)
	h.post(h.theirs, "lost", own, http.StatusForbidden)
	h.post(h.theirs, "grants", h.Grant, http.StatusForbidden)
	// The owner's own, and nobody has changed anything meanwhile. The one before does not come back.
	h.post(h.theirs, "policies", h.policy(3, h.Owner.Key, h.Owner.ID), http.StatusForbidden)
	h.post(h.mine, "policies", h.policy(3, h.Owner.Key, h.Owner.ID), http.StatusAccepted)
	h.post(h.mine, "policies", h.policy(2, h.Owner.Key, h.Owner.ID, h.lets(2)), http.StatusConflict)
}

// A member of the family reads what was recorded before he was one, and after he was removed; a stranger reads anything.
func TestAttackRemovedMemberReads(t *testing.T) {
	h := newHome(t)
	reads := func(when string, p *cloudtest.Page, want ...certs.Position) {
		t.Helper()
		items := p.Records("after=0")
		if len(items) != len(want) {
			t.Fatalf("%s: %d records, want %d", when, len(items), len(want))
		}
		for i, it := range items {
			if got := it.Parsed(t).Position; got != want[i] {
				t.Errorf("%s: record %v, want %v", when, got, want[i])
			}
		}
	}
	at := func(version uint64) certs.Position {
		r := h.Record(certs.Tamper, func(r *certs.Record) { r.PolicyVersion = version })
		h.deliver(r)
		return r.Position
	}
	at(1)
	reads("before any policy", h.theirs)
	h.post(h.mine, "policies", h.policy(2, h.Owner.Key, h.Owner.ID, h.lets(2)), http.StatusAccepted)
	reads("what was before", h.theirs)
	since := at(2)
	reads("since then", h.theirs, since)
	h.post(h.mine, "policies", h.policy(3, h.Owner.Key, h.Owner.ID), http.StatusAccepted)
	reads("removed", h.theirs)
	at(3)
	reads("removed, and later", h.theirs)
	reads("the owner", h.mine, certs.Position{Boot: 1}, certs.Position{Boot: 1, N: 1}, since, certs.Position{Boot: 1, N: 3})
}

// Somebody who has seen the card of a device that joins leaves an answer of his own in the place of the owner's, or takes that
// one without the card.
func TestAttackJoinAnswerIsReplaced(t *testing.T) {
	h := newHome(t)
	card := certs.JoinCard{Key: [32]byte{9}}
	path := "/api/v1/join/" + card.ID().String()
	if status, body := h.mine.Do("PUT", path, []byte("sealed to the card")); status != http.StatusNoContent {
		t.Fatalf("the owner's answer: %d %s", status, body)
	}
	if status, _ := h.theirs.Do("PUT", path, []byte("another")); status == http.StatusNoContent {
		t.Error("somebody else's answer is kept in its place")
	}
	h.theirs.Token = ""
	if status, _ := h.theirs.Do("PUT", path, []byte("another")); status != http.StatusUnauthorized {
		t.Errorf("an answer without a session: %d", status)
	}
	if status, b := h.mine.Do("GET", path, nil); status != http.StatusOK || string(b) != "sealed to the card" {
		t.Errorf("the new device gets %d %q", status, b)
	}
	if status, _ := h.mine.Do("GET", path, nil); status != http.StatusNotFound {
		t.Errorf("once more: %d", status)
	}
}
