package ownership

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"signet/agent/identity"
	"signet/certs"
	"signet/certs/certstest"
)

// Each of these tests is an attack on a camera, named for who makes it. It was seen to succeed with its defence removed.

// refuses fails where a camera has taken something.
func (c *camera) refuses(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("taken: %s", what)
	}
}

// forged makes an owner grant an offer that names another owner, as no honest one does.
func forged(t *testing.T, o *certs.Owner, offer *certs.SignedOffer, hash certs.Hash) []byte {
	t.Helper()
	mine := *offer
	mine.Owner, mine.Hash = o.ID, hash
	b, err := o.Grant(&mine, certs.Policy{Recipients: []string{o.Recipient}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A cloud, or whoever carries the offer, answers it in the place of the owner whose code the camera has seen.
func TestAttackCloudSwapsTheOwner(t *testing.T) {
	c := newCamera(t)
	mallory, offer := certstest.NewOwner(t), c.offer(t)
	c.refuses(t, "another owner's grant of this offer", c.Accept(forged(t, mallory, offer, offer.Hash)))
	c.refuses(t, "another owner's grant of another offer", c.Accept(forged(t, mallory, offer, certs.HashOf(nil))))
	// The owner's own grant, but for a key of Mallory's, or for another camera.
	key := *offer
	key.EventKey = &certstest.NewKey(t).PublicKey
	c.refuses(t, "a grant of another event key", c.Accept(c.grant(t, &key, certs.Policy{})))
	device := *offer
	device.Device = certs.NewDeviceID()
	c.refuses(t, "a grant of another camera", c.Accept(c.grant(t, &device, certs.Policy{})))
	if c.Terms() != nil {
		t.Fatalf("the camera is %s's", c.Terms().Owner.Short())
	}
	if err := c.Accept(c.grant(t, offer, certs.Policy{})); err != nil {
		t.Error(err)
	}
}

// Somebody shows a code once more: one that has expired, that was used, or that another one has replaced.
func TestAttackOldCodeIsShownAgain(t *testing.T) {
	c := newCamera(t)
	first := certs.NewClaimCode(c.owner, c.time.Add(time.Minute))
	if _, err := c.Offer(first, nil, c.time); err != nil {
		t.Fatal(err)
	}
	second := certs.NewClaimCode(c.owner, c.time.Add(time.Minute))
	msg, err := c.Offer(second, nil, c.time)
	if err != nil {
		t.Fatal(err)
	}
	again := func(when string, code *certs.ClaimCode, want error) {
		t.Helper()
		if _, err := c.Offer(code, nil, c.time); !errors.Is(err, want) {
			t.Errorf("%s: %v", when, err)
		}
	}
	again("a code that another has replaced", first, ErrUsedCode)
	if err := c.Accept(c.grant(t, certstest.Offer(t, msg, second.Secret, c.fleet.Cert), certs.Policy{})); err != nil {
		t.Fatal(err)
	}
	c.end(t)
	again("a code that was used", second, ErrUsedCode)
	c.open(t, identity.Files(c.folder))
	again("a code that was used, after a restart", second, ErrUsedCode)
	c.time = c.time.Add(time.Hour)
	again("a code that has expired", certs.NewClaimCode(c.owner, c.time.Add(-time.Second)), ErrOldCode)
}

// A former owner, or a cloud that has kept it, sends the grant of an epoch that is over.
func TestAttackOldGrantIsReplayed(t *testing.T) {
	c := newCamera(t)
	mallory := c.owner
	old := c.grant(t, c.offer(t), certs.Policy{})
	if err := c.Accept(old); err != nil {
		t.Fatal(err)
	}
	c.end(t)
	c.refuses(t, "an old grant, by a camera that nobody owns", c.Accept(old))
	offer := c.offer(t)
	c.refuses(t, "the former owner's old grant, for his own new offer", c.Accept(old))
	c.refuses(t, "an old grant with the new offer's hash, for the old key", c.Accept(forged(t, mallory, c.oldOffer(t, old), offer.Hash)))
	c.owner = certstest.NewOwner(t)
	offer = c.offer(t)
	c.refuses(t, "an old grant, while the next owner's claim waits", c.Accept(old))
	if err := c.Accept(c.grant(t, offer, certs.Policy{})); err != nil {
		t.Fatal(err)
	}
	c.refuses(t, "an old grant, by the next owner's camera", c.Accept(old))
	if n := c.Terms(); n.Owner != c.owner.ID || n.Epoch != 2 {
		t.Errorf("epoch %d of %s", n.Epoch, n.Owner.Short())
	}
}

// oldOffer is an offer as a grant remembers it.
func (c *camera) oldOffer(t *testing.T, grant []byte) *certs.SignedOffer {
	t.Helper()
	g, err := certs.ParseGrant(grant, c.owner.ID)
	if err != nil {
		t.Fatal(err)
	}
	return &certs.SignedOffer{Offer: certs.Offer{Device: g.Device, Owner: g.Owner, Epoch: g.Epoch}, EventKey: g.Event.Key, EventLevel: g.Event.Level, Hash: g.OfferHash}
}

// Somebody holds a code of his own before a camera that has an owner.
func TestAttackSecondClaimOfAnOwnedCamera(t *testing.T) {
	c := newCamera(t)
	waiting := c.offer(t)
	c.claim(t)
	mallory := certstest.NewOwner(t)
	if _, err := c.Offer(certs.NewClaimCode(mallory, c.time.Add(time.Minute)), nil, c.time); !errors.Is(err, ErrOwned) {
		t.Errorf("a second code: %v", err)
	}
	c.refuses(t, "the grant of an offer that another one replaced", c.Accept(c.grant(t, waiting, certs.Policy{})))
	if err := c.Reset(); err != nil {
		t.Fatal(err)
	}
	// Nor while what was recorded is being closed.
	if _, err := c.Offer(certs.NewClaimCode(mallory, c.time.Add(time.Minute)), nil, c.time); err == nil {
		t.Error("offered while the epoch is being closed")
	}
	if c.Terms().Owner != c.owner.ID {
		t.Error("another owner's")
	}
}

// Somebody who owned the camera has kept its flash card, and puts it back when the camera is another's: it would record for him
// in another's home.
func TestAttackStateFolderIsRestored(t *testing.T) {
	c := newCamera(t)
	mallory := c.owner
	c.claim(t)
	card := restored(t, c.folder)
	c.end(t)
	c.owner = certstest.NewOwner(t)
	offer := c.offer(t)
	if err := c.Accept(c.grant(t, offer, certs.Policy{})); err != nil {
		t.Fatal(err)
	}

	// A count that is not on the card says at once that the card is an old one.
	back := *c
	back.folder = restored(t, card)
	files := identity.Files(back.folder)
	back.open(t, identity.Safe{Keys: files.Keys, Epochs: c.device.Epochs})
	if back.Terms() != nil || back.Ending() == nil || back.Ending().Cause != 0 {
		t.Errorf("with its count elsewhere: %+v, %+v", back.Terms(), back.Ending())
	}
	if err := back.Close(certs.Position{}); err != nil {
		t.Fatal(err)
	}
	if event, settings := back.keys(t); len(event)+len(settings) != 0 {
		t.Errorf("keys are left: %q, %q", event, settings)
	}

	// Where the count is restored with it, the cloud's ledger knows better: the camera's own later offer ends it.
	back.folder = restored(t, card)
	back.open(t, identity.Files(back.folder))
	if back.Terms() == nil || back.Terms().Owner != mallory.ID {
		t.Fatal("a card with its count on it says otherwise")
	}
	stranger := certstest.NewCamera(t, c.fleet)
	stranger.Claim(t, c.owner)
	if _, err := back.Raise(stranger.Offer); err == nil || back.Terms() == nil {
		t.Errorf("another camera's offer raises the count: %v", err)
	}
	if ended, err := back.Raise(offer.Raw); err != nil || !ended || back.Terms() != nil {
		t.Errorf("its own later offer: %v, %v", ended, err)
	}
}

// restored is a folder as it was, for its user only.
func restored(t *testing.T, card string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(card)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		return os.Chmod(path, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
