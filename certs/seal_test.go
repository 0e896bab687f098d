package certs_test

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"

	"signet/certs"
	"signet/certs/certstest"
)

func TestSealAndOpen(t *testing.T) {
	a, b, stranger := certstest.NewOwner(t), certstest.NewOwner(t), certstest.NewOwner(t)
	s := ok(certs.NewSealer([]string{a.Recipient, b.Recipient}))(t)
	for _, n := range []int{0, 1, 15_000, 65_536, 65_537} {
		plain := bytes.Repeat([]byte("secret! "), n/8+1)[:n]
		file := ok(s.Seal(plain))(t)
		for _, o := range []*certs.Owner{a, b} {
			if got := ok(certs.Open(file, certs.MaxPart, o.Identity))(t); !bytes.Equal(got, plain) {
				t.Errorf("%d bytes: opened something else", n)
			}
		}
		if _, err := certs.Open(file, certs.MaxPart, stranger.Identity); err == nil {
			t.Errorf("%d bytes: a stranger opens it", n)
		}
		if _, err := certs.Open(file, len(file)-1, a.Identity); err == nil {
			t.Errorf("%d bytes: opened beyond the limit", n)
		}
		if bytes.Contains(file, []byte("secret!")) {
			t.Errorf("%d bytes: the file shows what is in it", n)
		}
		if again := ok(s.Seal(plain))(t); bytes.Equal(again, file) {
			t.Errorf("%d bytes: sealed twice the same", n)
		}
	}
}

// TestHybridPictureKey runs a claim whose policy names post-quantum recipients: the owner's, and a viewer's.
func TestHybridPictureKey(t *testing.T) {
	w, v := certstest.New(t), certstest.NewOwner(t)
	owner, viewer, stranger := ok(w.Owner.Hybrid())(t), ok(v.Hybrid())(t), ok(certstest.NewOwner(t).Hybrid())(t)
	viewing := certs.Viewer{SPKI: v.SPKI, Scope: certs.ScopeClips, NotAfter: certs.UntilRemoved(), Recipient: viewer.Recipient().String(), Since: 1}
	w.Camera.Claim(t, w.Owner, certs.Policy{Recipients: []string{owner.Recipient().String()}, Viewers: []certs.Viewer{viewing}})
	s := w.Camera.Event(t).Started
	for name, id := range map[string]age.Identity{"owner": owner, "viewer": viewer} {
		if got, err := certs.Open(s.Inline[0], certs.MaxSmallMedia, id); err != nil || !bytes.HasPrefix(got, []byte("\xff\xd8")) {
			t.Errorf("%s: opened %q (%v)", name, got, err)
		}
	}
	for name, id := range map[string]age.Identity{"stranger": stranger, "the owner's other key": w.Owner.Identity} {
		if _, err := certs.Open(s.Inline[0], certs.MaxSmallMedia, id); err == nil {
			t.Errorf("%s opens it", name)
		}
	}
	if again := ok(ok(certs.OwnerFromSeed(w.Owner.Seed(), nil))(t).Hybrid())(t); again.String() != owner.String() || owner.String() == viewer.String() {
		t.Error("the key does not come from the seed")
	}
	if len(s.Raw)+len(s.Inline[0])+len(s.Inline[1]) > certs.MaxMessage {
		t.Error("too large to travel")
	}
}

func TestSealerIsConcurrent(t *testing.T) {
	o := certstest.NewOwner(t)
	s := ok(certs.NewSealer([]string{o.Recipient}))(t)
	var wg sync.WaitGroup
	for i := range byte(8) {
		wg.Go(func() {
			file, err := s.Seal([]byte{i})
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := certs.Open(file, 1000, o.Identity); err != nil || !bytes.Equal(got, []byte{i}) {
				t.Errorf("%d: opened %v (%v)", i, got, err)
			}
		})
	}
	wg.Wait()
}

func TestNewSealerRefuses(t *testing.T) {
	o := certstest.NewOwner(t)
	hybrid := ok(age.GenerateHybridIdentity())(t).Recipient().String()
	other := "q"
	if o.Recipient[20] == 'q' {
		other = "p"
	}
	for name, to := range map[string][]string{
		"nobody": nil, "an empty one": {""}, "an identity": {o.Identity.String()}, "a comment": {"# " + o.Recipient},
		"two in one line": {o.Recipient + "\n" + o.Recipient}, "capitals": {strings.ToUpper(o.Recipient)}, "a typo": {o.Recipient[:20] + other + o.Recipient[21:]},
		"two kinds": {o.Recipient, hybrid}, "two kinds, the other way": {hybrid, o.Recipient}, "17": make([]string, 17),
		"an ssh key": {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"},
	} {
		if _, err := certs.NewSealer(to); err == nil {
			t.Errorf("took %s", name)
		} else if strings.Contains(err.Error(), "AGE-SECRET") {
			t.Errorf("%s: the error tells an identity: %v", name, err)
		}
	}
}

func TestFactsRoundTrip(t *testing.T) {
	id, score := certs.NewEventID(certstest.Time), uint64(1000)
	for _, want := range []certs.Facts{
		{},
		{
			Event: &id, Score: &score, Reason: "motion", Zone: "door", Motion: &certs.Span{From: -5, To: 5},
			Boxes:  []certs.Box{{AtMs: -5, X: 1, Y: 2, W: 9999, H: 9998}, {}},
			Camera: &certs.CameraFacts{Name: "Garden", Driver: "uvcvideo", Format: "MJPEG", Width: 1, Height: 2, FPSx1000: 3, Generated: true, Number: 7},
		},
	} {
		want.Device, want.Version = certs.NewDeviceID(), 1
		got := ok(certs.ParseFacts(ok(want.Marshal())(t)))(t)
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("got %+v\nwant %+v", *got, want)
		}
	}
}

// TestFactsAreMadeToFit: a driver with an odd name must not cost an event its facts.
func TestFactsAreMadeToFit(t *testing.T) {
	f := certs.Facts{Reason: "a\x00b", Zone: strings.Repeat("z", 300), Camera: &certs.CameraFacts{Name: "USB\xff Cam", Driver: "\u0085", Format: "MJPG\n"}}
	got := ok(certs.ParseFacts(ok(f.Marshal())(t)))(t)
	want := certs.Facts{Version: 1, Reason: "a\uFFFDb", Zone: strings.Repeat("z", 256), Camera: &certs.CameraFacts{Name: "USB\uFFFD Cam", Driver: "\uFFFD", Format: "MJPG\uFFFD"}}
	if !reflect.DeepEqual(*got, want) {
		t.Errorf("got %+v %+v", *got, *got.Camera)
	}
	if f.Reason != "a\x00b" || f.Camera.Format != "MJPG\n" {
		t.Error("the caller's facts were changed")
	}
}

func TestMarshalFactsRefuses(t *testing.T) {
	high := uint64(1001)
	for name, f := range map[string]certs.Facts{
		"a score over 1000":             {Score: &high},
		"a camera too many":             {Camera: &certs.CameraFacts{Number: certs.MaxCameras}},
		"65 boxes":                      {Boxes: make([]certs.Box, 65)},
		"a box that leaves the picture": {Boxes: []certs.Box{{X: 5000, W: 5001}}},
		"a box whose sum overflows":     {Boxes: []certs.Box{{Y: 1, H: math.MaxUint64}}},
		"a motion backwards":            {Motion: &certs.Span{From: 1}},
		"a motion of 600 million years": {Motion: &certs.Span{From: math.MinInt64, To: math.MaxInt64}},
	} {
		if _, err := f.Marshal(); err == nil {
			t.Errorf("encoded %s", name)
		}
	}
}

func TestFactsBelong(t *testing.T) {
	c := certstest.New(t).Camera
	e, other := c.Event(t), c.Event(t)
	online := c.Online(t)
	f := certs.Facts{Device: c.ID, Event: &e.ID}
	if err := f.Belong(&e.Started.Record); err != nil {
		t.Error(err)
	}
	if err := f.Belong(&other.Started.Record); err == nil {
		t.Error("belong to another event")
	}
	if err := f.Belong(&online.Record); err == nil {
		t.Error("belong to a record without an event")
	}
	if err := (&certs.Facts{Device: c.ID}).Belong(&online.Record); err != nil {
		t.Error(err)
	}
	if err := (&certs.Facts{Device: c.ID}).Belong(&e.Started.Record); err == nil {
		t.Error("facts of no event belong to one")
	}
	f.Device = certs.NewDeviceID()
	if err := f.Belong(&e.Started.Record); err == nil {
		t.Error("belong to another camera")
	}
}
