package certs_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"math"
	"strings"

	"filippo.io/age"

	"signet/certs"
	"signet/certs/certstest"
)

// badClaims spoils offers, grants, policies and receipts.
func (s *scene) badClaims() {
	s.badOffers()
	s.badGrants()
	s.badPolicies()
	s.badReceipts()
}

func (s *scene) badOffers() {
	t, c := s.t, s.cam
	key := certstest.NewKey(t)
	csr := ok(certs.EventRequest(c.ID, key))(t)
	good := body{0: uintOf(1), 1: bstr(c.ID[:]), 2: bstr(s.owner.ID[:]), 3: uintOf(3), 4: bstr(csr)}
	bad := func(name, why string, change func(m *message, b body)) {
		t.Helper()
		b := body{}
		for k, v := range good {
			b[k] = v
		}
		m := message{protected: byChain(c.DeviceCert), aad: "signet/v1 offer", key: c.DeviceKey}
		change(&m, b)
		m.payload = b.encode()
		s.ofFleet("offer", name, why, m.bytes(t))
	}
	set := func(k uint64, v []byte) func(*message, body) { return func(_ *message, b body) { b[k] = v } }
	bad("signed as a record", "signed for another purpose", func(m *message, _ body) { m.aad = "signet/v1 record" })
	bad("high s", "of (r, s) and (r, n-s) only the one with s <= n/2 is taken", func(m *message, _ body) { m.highS = true })
	bad("signed by the event key", "signed with another key", func(m *message, _ body) { m.key = key })
	bad("by x5t", "an offer carries the device certificate", func(m *message, _ body) { m.protected = byX5T(c.Cert) })
	bad("with a certificate of another fleet", "the device is not of this fleet", func(m *message, _ body) {
		m.protected = byChain(ok(s.stranger.IssueDevice(&c.DeviceKey.PublicKey, c.ID))(t))
	})
	bad("with an event certificate", "the device is not of this fleet", func(m *message, _ body) { m.protected, m.key = byChain(c.Cert.Raw), c.EventKey })
	bad("with a receipt certificate", "the certificate is not a device's", func(m *message, _ body) { m.protected, m.key = byChain(s.receipts.Cert), s.receipts.Key })
	bad("with a server certificate", "the certificate is not a device's", func(m *message, _ body) {
		m.protected = byChain(ok(s.fleet.IssueServer(&c.DeviceKey.PublicKey, []string{"cloud.example"}))(t))
	})
	bad("with kid beside the certificate", "an offer carries the device certificate alone", func(m *message, _ body) {
		m.protected = pairs(uintOf(1), intOf(es256), uintOf(4), bstr(s.owner.ID[:]), uintOf(33), bstr(c.DeviceCert))
	})
	bad("with certificate null", "null stands nowhere", func(m *message, _ body) { m.protected = pairs(uintOf(1), intOf(es256), uintOf(33), []byte{0xf6}) })
	bad("of another device", "the certificate is of another device", set(1, bstr(s.sibling.ID[:])))
	bad("with a request of another device", "the request is of another device", set(4, bstr(ok(certs.EventRequest(s.sibling.ID, key))(t))))
	spoiled := bytes.Clone(csr)
	spoiled[len(spoiled)-1] ^= 1
	bad("with a request not signed by its key", "the request is not signed by the key in it", set(4, bstr(spoiled)))
	bad("for the device key", "the event key is the device key", set(4, bstr(ok(certs.EventRequest(c.ID, c.DeviceKey))(t))))
	bad("with an empty request", "there is no request", set(4, bstr(nil)))
	bad("with request null", "null stands nowhere", set(4, []byte{0xf6}))
	sha512 := ok(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{SignatureAlgorithm: x509.ECDSAWithSHA512, ExtraExtensions: nil, URIs: eventTemplate(c.ID, "1").URIs}, key))(t)
	bad("with a request signed over SHA-512", "requests are signed with ECDSA and SHA-256", set(4, bstr(sha512)))
	bad("with an empty view", "a view is left out or not empty", set(5, bstr(nil)))
	bad("of epoch 0", "epochs count from 1", set(3, uintOf(0)))
	bad("of format 2", "the format is 1", set(0, uintOf(2)))
	bad("with an unknown key", "a decoder refuses unknown keys", set(6, uintOf(1)))
	flipped := bytes.Clone(c.Offer)
	flipped[len(flipped)-70] ^= 1 // in the payload
	s.ofFleet("offer", "flipped bit in the payload", "the signature does not verify", flipped)
}

func (s *scene) grantBody() body {
	g := s.cam.Grant
	return body{
		0: uintOf(1), 1: bstr(g.Device[:]), 2: bstr(g.Owner[:]), 3: uintOf(g.Epoch), 4: bstr(g.OfferHash[:]),
		5: bstr(g.Event.Raw), 6: bstr(g.Root), 7: bstr(g.RawPolicy),
	}
}

func (s *scene) badGrants() {
	t, c := s.t, s.cam
	bad := func(name, why string, change func(m *message, b body)) {
		t.Helper()
		b := s.grantBody()
		m := message{protected: byKid(s.owner.ID), aad: "signet/v1 grant", key: s.owner.Key.(*ecdsa.PrivateKey)}
		change(&m, b)
		m.payload = b.encode()
		s.ofOwner("grant", name, why, m.bytes(t))
	}
	set := func(k uint64, v []byte) func(*message, body) { return func(_ *message, b body) { b[k] = v } }
	bad("signed as a policy", "signed for another purpose", func(m *message, _ body) { m.aad = "signet/v1 policy" })
	bad("signed by the event key", "signed with another key", func(m *message, _ body) { m.key = c.EventKey })
	bad("by x5t", "a grant names its key by key id", func(m *message, _ body) { m.protected = byX5T(c.Cert) })
	bad("with kid of another owner", "names another owner than the one who signed it", func(m *message, _ body) { m.protected = byKid(s.other.ID) })
	bad("with x5t beside kid", "a grant names its key by key id alone", func(m *message, _ body) {
		m.protected = pairs(uintOf(1), intOf(es256), uintOf(4), bstr(s.owner.ID[:]), uintOf(34), list(intOf(-16), bstr(c.Cert.X5T[:])))
	})
	bad("with a certificate beside kid", "a grant names its key by key id alone", func(m *message, _ body) {
		m.protected = pairs(uintOf(1), intOf(es256), uintOf(4), bstr(s.owner.ID[:]), uintOf(33), bstr(s.owner.Root))
	})
	bad("with kid of 31 bytes", "a key id has 32 bytes", func(m *message, _ body) {
		m.protected = pairs(uintOf(1), intOf(es256), uintOf(4), bstr(s.owner.ID[:31]))
	})
	s.ofOwner("grant", "of another owner", "is of another owner", s.foreign.Grant.Raw)
	bad("in the name of another owner", "names another owner than the one who signed it", set(2, bstr(s.other.ID[:])))
	bad("for another device", "the parts are of different devices", set(1, bstr(s.sibling.ID[:])))
	bad("for another epoch", "the parts are of different epochs", set(3, uintOf(7)))
	bad("with another offer", "the policy answers another offer", set(4, bstr(make([]byte, 32))))
	bad("with a sibling's event certificate", "the parts are of different devices", set(5, bstr(s.sibling.Cert.Raw)))
	bad("with the event certificate of the epoch before", "the parts are of different epochs", set(5, bstr(s.before.Raw)))
	bad("with another owner's event certificate", "not signed by the owner", set(5, bstr(s.foreign.Cert.Raw)))
	bad("with another owner's root", "the root's key is not the owner's", set(6, bstr(s.other.Root)))
	bad("with a sibling's policy", "the parts are of different devices", set(7, bstr(s.sibling.Grant.RawPolicy)))
	bad("with another owner's policy", "the policy is not the owner's", set(7, bstr(s.foreign.Grant.RawPolicy)))
	bad("without policy", "key 7 is missing", func(_ *message, b body) { delete(b, 7) })
	bad("with policy null", "null stands nowhere", set(7, []byte{0xf6}))
	bad("with an unknown key", "a decoder refuses unknown keys", set(8, uintOf(1)))
	bad("with format 2", "the format is 1", set(0, uintOf(2)))
}

func (s *scene) badPolicies() {
	t := s.t
	p := s.cam.Grant.Policy
	viewer := func(scope, notAfter []byte) []byte {
		return pairs(uintOf(1), bstr(s.viewer.SPKI), uintOf(2), scope, uintOf(3), notAfter)
	}
	recipient := tstr(s.owner.Recipient)
	bad := func(name, why string, change func(m *message, b body)) {
		t.Helper()
		b := body{
			0: uintOf(1), 1: bstr(p.Device[:]), 2: bstr(p.Owner[:]), 3: uintOf(p.Epoch), 4: bstr(p.OfferHash[:]), 5: uintOf(2),
			6: list(recipient), 7: list(viewer(uintOf(1), uintOf(1))),
		}
		m := message{protected: byKid(s.owner.ID), aad: "signet/v1 policy", key: s.owner.Key.(*ecdsa.PrivateKey)}
		change(&m, b)
		m.payload = b.encode()
		s.ofOwner("policy", name, why, m.bytes(t))
	}
	set := func(k uint64, v []byte) func(*message, body) { return func(_ *message, b body) { b[k] = v } }
	bad("signed as a record", "signed for another purpose", func(m *message, _ body) { m.aad = "signet/v1 record" })
	bad("signed as a log-in", "signed for another purpose", func(m *message, _ body) { m.aad = "signet/v1 log-in" })
	bad("signed by a viewer", "signed with another key", func(m *message, _ body) { m.key = s.viewer.Key })
	s.ofOwner("policy", "of another owner", "is of another owner", s.foreign.Grant.RawPolicy)
	bad("in the name of another owner", "names another owner than the one who signed it", set(2, bstr(s.other.ID[:])))
	bad("with kid of another owner", "names another owner than the one who signed it", func(m *message, _ body) { m.protected = byKid(s.other.ID) })
	bad("without recipients", "a policy has 1 to 16 recipients", set(6, list()))
	bad("with recipients null", "null stands nowhere", set(6, []byte{0xf6}))
	many := make([][]byte, 17)
	for i := range many {
		many[i] = recipient
	}
	bad("with 17 recipients", "a policy has 1 to 16 recipients", set(6, list(many...)))
	bad("with an empty recipient", "that is no age recipient", set(6, list(tstr(""))))
	bad("with two recipients in one text", "that is no age recipient", set(6, list(tstr(s.owner.Recipient+"\n"+s.other.Recipient))))
	bad("with a space after the recipient", "that is no age recipient", set(6, list(tstr(s.owner.Recipient+" "))))
	bad("with a recipient in capitals", "recipients are written in lower case", set(6, list(tstr(strings.ToUpper(s.owner.Recipient)))))
	bad("with an identity as recipient", "that is no age recipient", set(6, list(tstr(s.other.Identity.String()))))
	hybrid := ok(age.GenerateHybridIdentity())(t).Recipient().String()
	bad("with recipients of two kinds", "age does not mix post-quantum and other recipients", set(6, list(recipient, tstr(hybrid))))
	bad("of version 0", "versions count from 1", set(5, uintOf(0)))
	bad("of epoch 0", "epochs count from 1", set(3, uintOf(0)))
	bad("of format 2", "the format is 1", set(0, uintOf(2)))
	bad("with no viewers, said so", "a list of viewers is left out or not empty", set(7, list()))
	bad("with a viewer of scope 0", "scopes are clips and live", set(7, list(viewer(uintOf(0), uintOf(1)))))
	bad("with a viewer of scope 4", "scopes are clips and live", set(7, list(viewer(uintOf(4), uintOf(1)))))
	bad("with a viewer beyond 9999", "times end with the year 9999", set(7, list(viewer(uintOf(1), uintOf(math.MaxUint64)))))
	bad("with a viewer without key", "that is no public key", set(7, list(pairs(uintOf(1), bstr(nil), uintOf(2), uintOf(1), uintOf(3), uintOf(1)))))
	bad("with a viewer twice", "a viewer's key stands once", set(7, list(viewer(uintOf(1), uintOf(1)), viewer(uintOf(2), uintOf(1)))))
	bad("with an unknown key", "a decoder refuses unknown keys", set(8, uintOf(1)))
}

func (s *scene) badReceipts() {
	t, c := s.t, s.cam
	bad := func(name, why string, change func(m *message, b body)) {
		t.Helper()
		b := body{0: uintOf(1), 1: bstr(c.ID[:]), 2: list(list(uintOf(1), uintOf(0), uintOf(9))), 3: list(), 4: uintOf(1772366400000)}
		m := message{protected: byChain(s.receipts.Cert), aad: "signet/v1 receipt", key: s.receipts.Key}
		change(&m, b)
		m.payload = b.encode()
		s.ofFleet("receipt", name, why, m.bytes(t))
	}
	set := func(k uint64, v []byte) func(*message, body) { return func(_ *message, b body) { b[k] = v } }
	bad("signed as a record", "signed for another purpose", func(m *message, _ body) { m.aad = "signet/v1 record" })
	bad("signed by a device", "the certificate is not for receipts", func(m *message, _ body) { m.protected, m.key = byChain(c.DeviceCert), c.DeviceKey })
	bad("of another fleet", "the certificate is not of this fleet", func(m *message, _ body) {
		m.protected = byChain(ok(s.stranger.IssueReceipts(&s.receipts.Key.PublicKey))(t))
	})
	bad("signed with a server's certificate", "the certificate is not for receipts", func(m *message, _ body) {
		m.protected = byChain(ok(s.fleet.IssueServer(&s.receipts.Key.PublicKey, []string{"cloud.example"}))(t))
	})
	bad("range backwards", "a range does not run backwards", set(2, list(list(uintOf(1), uintOf(9), uintOf(0)))))
	bad("range of boot 0", "boots count from 1", set(2, list(list(uintOf(0), uintOf(0), uintOf(0)))))
	bad("range of four", "a range has three parts", set(2, list(list(uintOf(1), uintOf(0), uintOf(0), uintOf(0)))))
	bad("ranges null", "null stands nowhere", set(2, []byte{0xf6}))
	bad("refusals null", "null stands nowhere", set(3, []byte{0xf6}))
	bad("refusal of boot 0", "boots count from 1", set(3, list(list(uintOf(0), uintOf(0), tstr("x")))))
	bad("refusal for a reason of 257 bytes", "a reason has at most 256 bytes", set(3, list(list(uintOf(1), uintOf(0), tstr(strings.Repeat("x", 257))))))
	bad("refusal with a control character", "text has no control characters", set(3, list(list(uintOf(1), uintOf(0), tstr("\x1b[2J")))))
	many := make([][]byte, certs.MaxReceiptEntries+1)
	for i := range many {
		many[i] = list(uintOf(1), uintOf(0), uintOf(0))
	}
	bad("257 ranges", "a receipt has at most 256 ranges", set(2, list(many...)))
	bad("spread of 0", "a spread is left out or not 0", set(5, uintOf(0)))
	bad("spread of more than an hour", "a spread is at most one hour", set(5, uintOf(3600001)))
	bad("time beyond 9999", "times end with the year 9999", set(4, uintOf(math.MaxUint64)))
	bad("unknown key", "a decoder refuses unknown keys", set(6, uintOf(1)))
}
