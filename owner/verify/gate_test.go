package verify

import (
	"context"
	"errors"
	"testing"
	"time"

	"signet/certs"
	"signet/owner/ownertest"
)

type scene struct {
	fleet        *certs.Fleet
	owner, other *certs.Owner
	cam, foreign *ownertest.Camera
}

func newScene(t *testing.T) *scene {
	t.Helper()
	f, err := certs.NewFleet("fleet")
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{fleet: f}
	for _, o := range []**certs.Owner{&s.owner, &s.other} {
		if *o, err = certs.NewOwner(); err != nil {
			t.Fatal(err)
		}
	}
	s.cam, s.foreign = ownertest.NewCamera(t, f, s.owner, "door"), ownertest.NewCamera(t, f, s.other, "not yours")
	return s
}

func (s *scene) gate(t *testing.T, source Source) *Gate {
	t.Helper()
	g, err := New(s.owner.ID, s.owner.Root, source)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func only(der []byte) Source {
	return func(context.Context, certs.Hash) ([]byte, error) { return der, nil }
}

func TestGate(t *testing.T) {
	s := newScene(t)
	second := ownertest.NewCamera(t, s.fleet, s.owner, "second")
	_, ds := s.cam.Happen(s.owner.ID, time.Now(), time.Second, "motion", 700, []byte("jpeg"))
	started := ds[0].Record
	bent := append([]byte(nil), started...)
	bent[len(bent)-1] ^= 1
	// A camera of the other owner that says that its events are ours; its certificate is not.
	_, usurped := s.foreign.Happen(s.owner.ID, time.Now(), time.Second, "x", 1, nil)
	foreign := s.foreign.Claimed(s.other.ID).Record
	usurpedChain := s.foreign.Claimed(s.owner.ID).Record
	for _, c := range []struct {
		name   string
		record []byte
		source Source
		want   Reason
	}{
		{"good", started, only(s.cam.Event.Raw), ""},
		{"good, carries its certificate", s.cam.Claimed(s.owner.ID).Record, None, ""},
		{"not a record", []byte("hello"), None, Unreadable},
		{"empty", nil, None, Unreadable},
		{"another owner's", foreign, None, Foreign},
		{"certificate unknown", started, None, NoCertificate},
		{"another certificate sent", started, only(second.Event.Raw), BadCertificate},
		{"garbage sent", started, only([]byte{1}), BadCertificate},
		{"says it is ours, certificate of another owner", usurped[0].Record, only(s.foreign.Event.Raw), BadCertificate},
		{"says it is ours, carries another owner's chain", usurpedChain, None, BadCertificate},
		{"altered", bent, only(s.cam.Event.Raw), BadSignature},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := s.gate(t, c.source).Check(t.Context(), c.record)
			if c.want == "" {
				if err != nil || r.Device != s.cam.ID || r.Cert().Epoch != 1 {
					t.Fatalf("%v, %v", r, err)
				}
				return
			}
			refusal, ok := errors.AsType[*Refusal](err)
			if r != nil || !ok || refusal.Reason != c.want {
				t.Fatalf("%v, %v; want %s", r, err, c.want)
			}
		})
	}
}

func TestGateKeepsWhatItHasVerified(t *testing.T) {
	s := newScene(t)
	asked := 0
	g := s.gate(t, func(context.Context, certs.Hash) ([]byte, error) { asked++; return s.cam.Event.Raw, nil })
	_, ds := s.cam.Happen(s.owner.ID, time.Now(), time.Second, "motion", 700, []byte("jpeg"), []byte("a"), []byte("b"))
	for _, d := range ds {
		if _, err := g.Check(t.Context(), d.Record); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times for one certificate", asked)
	}
}

func TestSourceThatCannotSayIsNoRefusal(t *testing.T) {
	s := newScene(t)
	down := errors.New("down")
	g := s.gate(t, func(context.Context, certs.Hash) ([]byte, error) { return nil, down })
	_, ds := s.cam.Happen(s.owner.ID, time.Now(), time.Second, "motion", 700, nil)
	_, err := g.Check(t.Context(), ds[0].Record)
	if _, refused := errors.AsType[*Refusal](err); refused || !errors.Is(err, down) {
		t.Fatalf("%v", err)
	}
}

func TestRootMustBeTheOwners(t *testing.T) {
	s := newScene(t)
	if _, err := New(s.owner.ID, s.other.Root, None); err == nil {
		t.Fatal("a gate that ends at another's root")
	}
}

func TestOpenMedia(t *testing.T) {
	s := newScene(t)
	g := s.gate(t, only(s.cam.Event.Raw))
	_, ds := s.cam.Happen(s.owner.ID, time.Now(), time.Second, "motion", 700, []byte("jpeg"))
	r, err := g.Check(t.Context(), ds[0].Record)
	if err != nil {
		t.Fatal(err)
	}
	thumb, facts := r.Media[0], r.Media[1]
	sealed := ds[0].Media[thumb.Hash]
	if b, err := r.Open(thumb, sealed, s.owner.Identity); err != nil || string(b) != "jpeg" {
		t.Fatalf("%q, %v", b, err)
	}
	if f, err := r.OpenFacts(facts, ds[0].Media[facts.Hash], s.owner.Identity); err != nil || f.Reason != "motion" || *f.Score != 700 {
		t.Fatalf("%+v, %v", f, err)
	}
	if _, err := r.Open(thumb, sealed, s.other.Identity); err == nil {
		t.Error("opens for another owner")
	}
	bent := append([]byte(nil), sealed...)
	bent[len(bent)-1] ^= 1
	if _, err := r.Open(thumb, bent, s.owner.Identity); !errors.Is(err, ErrAltered) {
		t.Errorf("altered: %v", err)
	}
	// Media of another record of the same camera: sealed to us and unaltered, but not what this record names.
	_, others := s.cam.Happen(s.owner.ID, time.Now(), time.Second, "motion", 700, []byte("other"))
	o, err := g.Check(t.Context(), others[0].Record)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open(o.Media[0], others[0].Media[o.Media[0].Hash], s.owner.Identity); !errors.Is(err, ErrAltered) {
		t.Errorf("another record's media: %v", err)
	}
	if _, err := r.OpenFacts(o.Media[1], others[0].Media[o.Media[1].Hash], s.owner.Identity); !errors.Is(err, ErrAltered) {
		t.Errorf("another record's facts: %v", err)
	}
}
