package certs_test

import (
	"crypto/ecdsa"
	"encoding/hex"

	"signet/certs"
)

// badEnds spoils releases, lost marks, closings, and the records that hold them.
func (s *scene) badEnds() {
	t, c := s.t, s.cam
	common := func() body {
		return body{0: uintOf(1), 1: bstr(c.ID[:]), 2: bstr(s.owner.ID[:]), 3: uintOf(c.Epoch), 4: bstr(c.Began[:])}
	}
	p := s.ofOwnerKey("release", "signet/v1 release", common())
	p.ownersForm(0, 1, 2, 3, 4)
	p.bad("signed as a lost mark", "signed for another purpose", func(m *message, _ body) { m.aad = "signet/v1 lost" })
	p.bad("signed as a policy", "signed for another purpose", func(m *message, _ body) { m.aad = "signet/v1 policy" })
	p.set("to an owner of 31 bytes", "an owner id has 32 bytes", 5, bstr(s.other.ID[:31]))
	p.set("to null", "null stands nowhere", 5, []byte{0xf6})
	p.set("to nobody, said so", "an owner id has 32 bytes", 5, bstr(nil))
	s.ofOwner("release", "that is a policy", "signed for another purpose", c.Grant.RawPolicy)

	lost := common()
	lost[5] = uintOf(1772366400000)
	p = s.ofOwnerKey("lost", "signet/v1 lost", lost)
	p.ownersForm(0, 1, 2, 3, 4, 5)
	p.bad("signed as a release", "signed for another purpose", func(m *message, _ body) { m.aad = "signet/v1 release" })
	p.set("beyond 9999", "times end with the year 9999", 5, uintOf(253402300800000))

	closing := common()
	closing[5], closing[6] = position(certs.Position{Boot: 4, N: 2}), uintOf(2)
	p = s.ofDeviceKey("closing", "signet/v1 closing", closing)
	p.devicesForm(0, 1, 2, 3, 4, 5, 6)
	p.bad("signed as an offer", "signed for another purpose", func(m *message, _ body) { m.aad = "signet/v1 offer" })
	p.bad("signed by its owner", "signed with another key", func(m *message, _ body) { m.key = s.owner.Key.(*ecdsa.PrivateKey) })
	p.set("of boot 0", "boots count from 1", 5, list(uintOf(0), uintOf(1)))
	p.set("of cause 0", "there is no cause 0", 6, uintOf(0))
	p.set("of cause 3", "there is no cause 3", 6, uintOf(3))
	p.set("by a release that is missing", "released carries the release", 6, uintOf(1))
	p.set("by a reset with a release", "a release belongs to released", 7, bstr(c.Release(t, s.owner)))
	p.set("by a reset with an empty release", "a release belongs to released", 7, bstr(nil))
	with := func(name, why string, release []byte) {
		t.Helper()
		p.bad("by a release "+name, why, func(_ *message, b body) { b[6], b[7] = uintOf(1), bstr(release) })
	}
	with("that is empty", "released carries the release", nil)
	with("that is a lost mark", "that is no release", c.Lost(t, s.owner))
	with("that is a policy", "that is no release", c.Grant.RawPolicy)
	with("that is an offer", "a release names its key by key id", c.Offer)
	with("that is no statement", "a statement is a tagged COSE_Sign1", []byte("release"))
	with("of another device", "the release is of another epoch", s.sibling.Release(t, s.owner))
	with("of another owner", "the release is of another epoch", s.foreign.Release(t, s.other))
	with("of another epoch", "the release is of another epoch", ok(certs.SignRelease(&certs.Release{Device: c.ID, Owner: s.owner.ID, Epoch: 1, OfferHash: c.Began}, s.owner.Key))(t))
	with("of another offer", "the release is of another epoch", ok(certs.SignRelease(&certs.Release{Device: c.ID, Owner: s.owner.ID, Epoch: c.Epoch}, s.owner.Key))(t))
	s.badClosed()
}

// badClosed spoils records whose closing is good in itself.
func (s *scene) badClosed() {
	t, c := s.t, s.cam
	bad := func(name, why string, change func(r *certs.Record, b body)) {
		t.Helper()
		r := c.Record(certs.Closed)
		r.Closing = c.Closing(t, r.Position, c.Release(t, s.owner))
		b := handRecord(r)
		change(r, b)
		s.record("closed "+name, why, s.message(b).bytes(t))
	}
	bad("without closing", "closed carries the closing", func(_ *certs.Record, b body) { delete(b, 17) })
	bad("with an empty closing", "closed carries the closing", func(_ *certs.Record, b body) { b[17] = bstr(nil) })
	bad("with closing null", "null stands nowhere", func(_ *certs.Record, b body) { b[17] = []byte{0xf6} })
	bad("with an event", "closed has no event", func(_ *certs.Record, b body) { b[9] = bstr(make([]byte, 16)) })
	bad("with an offer", "an offer belongs to claimed", func(_ *certs.Record, b body) { b[16] = bstr(c.Offer) })
	bad("with an offer for a closing", "that is no closing", func(_ *certs.Record, b body) { b[17] = bstr(c.Offer) })
	bad("with a release for a closing", "a closing carries the device certificate", func(_ *certs.Record, b body) { b[17] = bstr(c.Release(t, s.owner)) })
	bad("with bytes for a closing", "a statement is a tagged COSE_Sign1", func(_ *certs.Record, b body) { b[17] = bstr([]byte("closing")) })
	bad("with a closing that ends earlier", "the closing ends at the record that holds it", func(r *certs.Record, b body) {
		b[17] = bstr(c.Closing(t, certs.Position{Boot: r.Position.Boot, N: r.Position.N - 1}, nil))
	})
	bad("with a closing that ends later", "the closing ends at the record that holds it", func(r *certs.Record, b body) {
		b[17] = bstr(c.Closing(t, certs.Position{Boot: r.Position.Boot, N: r.Position.N + 1}, nil))
	})
	bad("with a sibling's closing", "the closing is of another epoch", func(r *certs.Record, b body) { b[17] = bstr(s.sibling.Closing(t, r.Position, nil)) })
	closing := func(name string, change func(e *certs.Closing)) {
		t.Helper()
		bad(name, "the closing is of another epoch", func(r *certs.Record, b body) {
			e := c.UnsignedClosing(r.Position, nil)
			change(e)
			b[17] = bstr(ok(certs.SignClosing(e, c.DeviceCert, c.DeviceKey))(t))
		})
	}
	closing("with a closing of another owner", func(e *certs.Closing) { e.Owner = s.other.ID })
	closing("with a closing of the epoch before", func(e *certs.Closing) { e.Epoch = 1 })
	// What the record alone cannot tell: that the closing is signed by a device of the fleet.
	r := c.Record(certs.Closed)
	stranger := *c
	stranger.DeviceKey, stranger.DeviceCert = s.viewer.Key, ok(s.stranger.IssueDevice(&s.viewer.Key.PublicKey, c.ID, certs.KeyInFile))(t)
	r.Closing = stranger.Closing(t, r.Position, nil)
	s.record("closed, closed by a device of another fleet: for the closing's own verifier", "", s.sign(r))
	s.add(vector{Kind: "closing", Name: "of a device of another fleet, in a good record", Why: "the device is not of this fleet", Fleet: hex.EncodeToString(s.fleet.Cert.Raw)}, r.Closing)
}
