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
