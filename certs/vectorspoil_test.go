package certs_test

import (
	"crypto/ecdsa"
	"maps"
)

// spoiler makes counterexamples of one kind of statement: each a good one with one rule broken, signed well.
type spoiler struct {
	s    *scene
	kind string
	good body
	m    message // without the payload
	add  func(kind, name, why string, b []byte)
}

// of makes a spoiler of a statement of the owner, whose body is good.
func (s *scene) ofOwnerKey(kind, purpose string, good body) *spoiler {
	m := message{protected: byKid(s.owner.ID), aad: purpose, key: s.owner.Key.(*ecdsa.PrivateKey)}
	return &spoiler{s, kind, good, m, s.ofOwner}
}

// ofDeviceKey makes a spoiler of a statement of the owner's camera, signed by its device key.
func (s *scene) ofDeviceKey(kind, purpose string, good body) *spoiler {
	m := message{protected: byChain(s.cam.DeviceCert), aad: purpose, key: s.cam.DeviceKey}
	return &spoiler{s, kind, good, m, s.ofFleet}
}

// bad adds a counterexample; change gets its own copies.
func (p *spoiler) bad(name, why string, change func(m *message, b body)) {
	p.s.t.Helper()
	m, b := p.m, maps.Clone(p.good)
	change(&m, b)
	m.payload = b.encode()
	p.add(p.kind, name, why, m.bytes(p.s.t))
}

// set adds one with another value of a key.
func (p *spoiler) set(name, why string, k uint64, v []byte) {
	p.s.t.Helper()
	p.bad(name, why, func(_ *message, b body) { b[k] = v })
}

// form adds those that every statement has: keys that are missing, null or unknown, the format, another purpose, the
// other signature. The keys are those that must be there.
func (p *spoiler) form(required ...uint64) {
	p.s.t.Helper()
	for _, k := range required {
		p.bad("without key "+dec(k), "key "+dec(k)+" is missing", func(_ *message, b body) { delete(b, k) })
		if k != 0 {
			p.set("with key "+dec(k)+" null", "null stands nowhere", k, []byte{0xf6})
		}
	}
	p.set("with an unknown key", "a decoder refuses unknown keys", 23, uintOf(1))
	p.set("of format 2", "the format is 1", 0, uintOf(2))
	p.set("of epoch 0", "epochs count from 1", 3, uintOf(0))
	p.bad("signed as a record", "signed for another purpose", func(m *message, _ body) { m.aad = "signet/v1 record" })
	p.bad("signed as a log-in", "signed for another purpose", func(m *message, _ body) { m.aad = "signet/v1 log-in" })
	p.bad("high s", "of (r, s) and (r, n-s) only the one with s <= n/2 is taken", func(m *message, _ body) { m.highS = true })
	p.bad("untagged", "a statement is a tagged COSE_Sign1", func(m *message, _ body) { m.tag = []byte{} })
	p.bad("with an unprotected header", "the unprotected header is empty", func(m *message, _ body) { m.unprotected = pairs(uintOf(1), intOf(es256)) })
}

// ownersForm is form and what every statement of an owner has: whose it is. The owner is key 2 of the body.
func (p *spoiler) ownersForm(required ...uint64) {
	p.s.t.Helper()
	s := p.s
	p.form(required...)
	p.bad("signed by a viewer", "signed with another key", func(m *message, _ body) { m.key = s.viewer.Key })
	p.bad("signed by the event key", "signed with another key", func(m *message, _ body) { m.key = s.cam.EventKey })
	p.bad("signed by the device key", "signed with another key", func(m *message, _ body) { m.key = s.cam.DeviceKey })
	p.bad("by x5t", "it names its key by key id", func(m *message, _ body) { m.protected = byX5T(s.cam.Cert) })
	p.bad("by a certificate", "it names its key by key id", func(m *message, _ body) { m.protected = byChain(s.owner.Root) })
	p.bad("with kid of another owner", "names another owner than the one who signed it", func(m *message, _ body) { m.protected = byKid(s.other.ID) })
	p.set("in the name of another owner", "names another owner than the one who signed it", 2, bstr(s.other.ID[:]))
	p.bad("of another owner", "is of another owner", func(m *message, b body) {
		m.protected, m.key, b[2] = byKid(s.other.ID), s.other.Key.(*ecdsa.PrivateKey), bstr(s.other.ID[:])
	})
}

// devicesForm is form and what every statement of a device key has: which device of which fleet. The device is key 1 of
// the body.
func (p *spoiler) devicesForm(required ...uint64) {
	s, t := p.s, p.s.t
	t.Helper()
	c := s.cam
	p.form(required...)
	p.bad("signed by the event key", "signed with another key", func(m *message, _ body) { m.key = c.EventKey })
	p.bad("by x5t", "it carries the device certificate", func(m *message, _ body) { m.protected = byX5T(c.Cert) })
	p.bad("by kid", "it carries the device certificate", func(m *message, _ body) { m.protected = byKid(s.owner.ID) })
	p.bad("with a certificate of another fleet", "the device is not of this fleet", func(m *message, _ body) {
		m.protected = byChain(ok(s.stranger.IssueDevice(&c.DeviceKey.PublicKey, c.ID, "key in a file"))(t))
	})
	p.bad("with an event certificate", "the device is not of this fleet", func(m *message, _ body) { m.protected, m.key = byChain(c.Cert.Raw), c.EventKey })
	p.bad("with a receipt certificate", "the certificate is not a device's", func(m *message, _ body) { m.protected, m.key = byChain(s.receipts.Cert), s.receipts.Key })
	p.bad("with a server certificate", "the certificate is not a device's", func(m *message, _ body) {
		m.protected = byChain(ok(s.fleet.IssueServer(&c.DeviceKey.PublicKey, []string{"cloud.example"}))(t))
	})
	for name, units := range map[string][]string{"no key level": nil, "another key level": {"key in a safe"}, "two key levels": {"key in a file", "key in a TPM 2.0"}} {
		p.bad("with a certificate of "+name, "the subject's one organizational unit says where the key is kept", func(m *message, _ body) {
			m.protected = byChain(s.deviceCertificate(units))
		})
	}
	p.bad("with kid beside the certificate", "it carries the device certificate alone", func(m *message, _ body) {
		m.protected = pairs(uintOf(1), intOf(es256), uintOf(4), bstr(s.owner.ID[:]), uintOf(33), bstr(c.DeviceCert))
	})
	p.bad("with certificate null", "null stands nowhere", func(m *message, _ body) { m.protected = pairs(uintOf(1), intOf(es256), uintOf(33), []byte{0xf6}) })
	p.set("of another device", "the certificate is of another device", 1, bstr(s.sibling.ID[:]))
}
