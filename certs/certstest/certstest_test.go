package certstest_test

import (
	"testing"

	"signet/certs"
	"signet/certs/certstest"
)

func TestEverythingVerifies(t *testing.T) {
	w := certstest.New(t)
	event := w.Camera.Event(t)
	for _, s := range []*certstest.Signed{w.Camera.Claimed(t), w.Camera.Online(t), event.Started, event.Part, event.Ended, w.Camera.Sign(t, w.Camera.Record(certs.Gap))} {
		cert, err := certs.VerifyEventCertificate(w.Camera.Cert.Raw, w.Owner.Root, s.Owner)
		if err != nil {
			t.Fatalf("%v: %v", s.Type, err)
		}
		if err := s.Verify(cert); err != nil {
			t.Fatalf("%v: %v", s.Type, err)
		}
		record, media, err := certs.SplitMessage(s.Message)
		if err != nil {
			t.Fatalf("%v: %v", s.Type, err)
		}
		if certs.HashOf(record) != s.Hash {
			t.Errorf("%v: message holds another record", s.Type)
		}
		if err := s.MatchInline(media); err != nil {
			t.Errorf("%v: %v", s.Type, err)
		}
		for i, m := range s.Inline {
			if _, err := certs.Open(m, certs.MaxSmallMedia, w.Owner.Identity); err != nil {
				t.Errorf("%v: media %d: %v", s.Type, i, err)
			}
		}
	}
}

func TestSecondClaimIsAnotherEpoch(t *testing.T) {
	w := certstest.New(t)
	before := w.Camera.Cert
	other := certstest.NewOwner(t)
	w.Camera.Claim(t, other)
	if w.Camera.Epoch != 2 || w.Camera.Owner != other.ID || w.Camera.Cert.X5T == before.X5T {
		t.Errorf("epoch %d of %s", w.Camera.Epoch, w.Camera.Owner.Short())
	}
	if err := w.Camera.Online(t).Verify(before); err == nil {
		t.Error("a record of the second epoch verifies with the certificate of the first")
	}
}

func TestHandover(t *testing.T) {
	h := certstest.NewHandover(t)
	closing, err := certs.ParseClosing(h.Closed.Closing, h.Fleet.Cert)
	if err != nil || closing.Cause != certs.Released || closing.Last != h.Closed.Position {
		t.Fatalf("%+v %v", closing, err)
	}
	if r, err := closing.VerifyRelease(certstest.PublicKey(t, h.First.Key)); err != nil || r.OfferHash != h.Before.Began || r.Next != nil {
		t.Errorf("%+v %v", r, err)
	}
	if h.Before.Epoch != 1 || h.After.Epoch != 2 || h.Before.Owner != h.First.ID || h.After.Owner != h.Second.ID || !h.Closed.Position.Less(h.After.Next) {
		t.Errorf("epochs %d and %d", h.Before.Epoch, h.After.Epoch)
	}
	for _, c := range []struct {
		camera *certstest.Camera
		owner  *certs.Owner
		other  *certs.Owner
	}{{h.Before, h.First, h.Second}, {h.After, h.Second, h.First}} {
		e := c.camera.Event(t)
		if cert, err := certs.VerifyEventCertificate(c.camera.Cert.Raw, c.owner.Root, e.Ended.Owner); err != nil || e.Ended.Verify(cert) != nil {
			t.Error(err)
		}
		if _, err := certs.Open(e.Ended.Inline[0], certs.MaxSmallMedia, c.owner.Identity); err != nil {
			t.Error(err)
		}
		if _, err := certs.Open(e.Ended.Inline[0], certs.MaxSmallMedia, c.other.Identity); err == nil {
			t.Error("the other epoch's owner opens it")
		}
	}
}

func TestRenewalResetAndPolicies(t *testing.T) {
	w, v := certstest.New(t), certstest.NewViewer(t)
	w.Camera.Policy(t, w.Owner, func(p *certs.Policy) { p.Viewers = []certs.Viewer{v.Viewing(certs.ScopeClips)} })
	former := w.Camera.Former()
	w.Camera.Renew(t, w.Owner)
	if w.Camera.Epoch != 1 || w.Camera.Cert.KeyID == former.Cert.KeyID || w.Camera.Grant.Policy.Version != 3 || w.Camera.Began != former.Began {
		t.Errorf("epoch %d, policy %d", w.Camera.Epoch, w.Camera.Grant.Policy.Version)
	}
	e := w.Camera.Event(t)
	if _, err := certs.Open(e.Started.Inline[0], certs.MaxSmallMedia, v.Identity); err != nil {
		t.Errorf("viewer: %v", err)
	}
	claimed := w.Camera.Claimed(t)
	if o, err := certs.ParseOffer(claimed.Offer, w.Fleet.Cert); err != nil || o.Renews == nil || *o.Renews != former.Began {
		t.Errorf("%+v %v", o, err)
	}
	last := w.Camera.Close(t, nil)
	if c, err := certs.ParseClosing(last.Closing, w.Fleet.Cert); err != nil || c.Cause != certs.Reset || c.OfferHash != former.Began {
		t.Errorf("%+v %v", c, err)
	}
	key := certstest.PublicKey(t, w.Owner.Key)
	if l, err := certs.ParseLost(w.Camera.Lost(t, w.Owner), key); err != nil || l.OfferHash != former.Began {
		t.Errorf("%+v %v", l, err)
	}
}
