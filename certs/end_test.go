package certs_test

import (
	"reflect"
	"testing"
	"time"

	"signet/certs"
	"signet/certs/certstest"
)

func TestReleaseRoundTrip(t *testing.T) {
	w, next := certstest.New(t), certs.KeyID{1}
	key := certstest.PublicKey(t, w.Owner.Key)
	for _, want := range []certs.Release{
		{Device: w.Camera.ID, Owner: w.Owner.ID, Epoch: 1, OfferHash: w.Camera.Began},
		{Device: w.Camera.ID, Owner: w.Owner.ID, Epoch: 7, Next: &next},
	} {
		b := ok(certs.SignRelease(&want, w.Owner.Key))(t)
		if got := ok(certs.ParseRelease(b, key))(t); !reflect.DeepEqual(*got, want) {
			t.Errorf("got %+v\nwant %+v", *got, want)
		}
		if _, err := certs.ParseRelease(b, certstest.PublicKey(t, certstest.NewOwner(t).Key)); err == nil {
			t.Error("a release of one owner is one of another")
		}
	}
}

func TestLostRoundTrip(t *testing.T) {
	w := certstest.New(t)
	key := certstest.PublicKey(t, w.Owner.Key)
	want := certs.Lost{Device: w.Camera.ID, Owner: w.Owner.ID, Epoch: 3, OfferHash: w.Camera.Began, At: certstest.Time}
	b := ok(certs.SignLost(&want, w.Owner.Key))(t)
	if got := ok(certs.ParseLost(b, key))(t); !reflect.DeepEqual(*got, want) {
		t.Errorf("got %+v\nwant %+v", *got, want)
	}
	if _, err := certs.ParseLost(b, certstest.PublicKey(t, certstest.NewOwner(t).Key)); err == nil {
		t.Error("a lost mark of one owner is one of another")
	}
}

func TestClosing(t *testing.T) {
	w := certstest.New(t)
	c, last := w.Camera, certs.Position{Boot: 9, N: 4}
	key := certstest.PublicKey(t, w.Owner.Key)
	release := c.Release(t, w.Owner, certs.KeyID{1})
	for _, r := range [][]byte{nil, release} {
		want := c.UnsignedClosing(last, r)
		b := ok(certs.SignClosing(want, c.DeviceCert, c.DeviceKey))(t)
		got := ok(certs.ParseClosing(b, w.Fleet.Cert))(t)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
		released, err := got.VerifyRelease(key)
		if r == nil {
			if err == nil || got.Cause != certs.Reset || got.Cause.String() != "reset" {
				t.Errorf("%v: a reset has a release", got.Cause)
			}
			continue
		}
		if err != nil || *released.Next != (certs.KeyID{1}) || got.Cause != certs.Released || got.Cause.String() != "released" {
			t.Errorf("%v: %+v, %v", got.Cause, released, err)
		}
		if _, err := got.VerifyRelease(certstest.PublicKey(t, certstest.NewOwner(t).Key)); err == nil {
			t.Error("released by somebody else")
		}
	}
	if certs.ClosingCause(3).String() != "cause 3" {
		t.Error(certs.ClosingCause(3))
	}
	if _, err := certs.ParseClosing(c.Closing(t, last, nil), certstest.NewFleet(t).Cert); err == nil {
		t.Error("a closing of one fleet is one of another")
	}
}

// TestForgedRelease: a camera cannot make its owner's release up. The closing is well-formed; who signed the release is
// asked where the owner's root is known.
func TestForgedRelease(t *testing.T) {
	w := certstest.New(t)
	c, thief := w.Camera, certstest.NewOwner(t)
	m := message{protected: byKid(w.Owner.ID), aad: "signet/v1 release", key: c.EventKey}
	m.payload = body{0: uintOf(1), 1: bstr(c.ID[:]), 2: bstr(w.Owner.ID[:]), 3: uintOf(1), 4: bstr(c.Began[:]), 5: bstr(thief.ID[:])}.encode()
	e := ok(certs.ParseClosing(c.Closing(t, c.Next, m.bytes(t)), w.Fleet.Cert))(t)
	if _, err := e.VerifyRelease(certstest.PublicKey(t, w.Owner.Key)); err == nil {
		t.Error("took a release that the camera signed")
	}
}

func TestSignEndRefuses(t *testing.T) {
	w := certstest.New(t)
	c, o := w.Camera, w.Owner
	release := certs.Release{Device: c.ID, Owner: o.ID, Epoch: 1, OfferHash: c.Began}
	lost := certs.Lost{Device: c.ID, Owner: o.ID, Epoch: 1, OfferHash: c.Began, At: certstest.Time}
	last := certs.Position{Boot: 1, N: 1}
	closing := func(change func(*certs.Closing)) error {
		e := c.UnsignedClosing(last, c.Release(t, o))
		change(e)
		return second(certs.SignClosing(e, c.DeviceCert, c.DeviceKey))
	}
	if err := closing(func(*certs.Closing) {}); err != nil {
		t.Fatal(err)
	}
	noEpoch, late := release, lost
	noEpoch.Epoch, late.At = 0, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	other := certstest.NewOwner(t).Key
	for name, err := range map[string]error{
		"a release with another owner's key":          second(certs.SignRelease(&release, other)),
		"a release with the device key":               second(certs.SignRelease(&release, c.DeviceKey)),
		"a release of no epoch":                       second(certs.SignRelease(&noEpoch, o.Key)),
		"a lost mark with another owner's key":        second(certs.SignLost(&lost, other)),
		"a lost mark beyond 9999":                     second(certs.SignLost(&late, o.Key)),
		"a closing with another key":                  second(certs.SignClosing(c.UnsignedClosing(last, nil), c.DeviceCert, c.EventKey)),
		"a closing with an event certificate":         second(certs.SignClosing(c.UnsignedClosing(last, nil), c.Cert.Raw, c.EventKey)),
		"a closing of another device":                 closing(func(e *certs.Closing) { e.Device = certs.NewDeviceID() }),
		"a closing of another epoch than its release": closing(func(e *certs.Closing) { e.Epoch++ }),
		"a closing of another owner than its release": closing(func(e *certs.Closing) { e.Owner[0] ^= 1 }),
		"a closing of another offer than its release": closing(func(e *certs.Closing) { e.OfferHash[0] ^= 1 }),
		"a closing without its release":               closing(func(e *certs.Closing) { e.Release = nil }),
		"a closing by a reset with a release":         closing(func(e *certs.Closing) { e.Cause = certs.Reset }),
		"a closing of no cause":                       closing(func(e *certs.Closing) { e.Cause = 0 }),
		"a closing of boot 0":                         closing(func(e *certs.Closing) { e.Last.Boot = 0 }),
	} {
		if err == nil {
			t.Errorf("signed %s", name)
		}
	}
}
