package certs_test

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"net/url"

	"signet/certs"
	"signet/certs/certstest"
)

// badClaims spoils everything from the offer to the policy, and receipts.
func (s *scene) badClaims() {
	s.badOffers()
	s.badOfferMessages()
	s.badGrants()
	s.badPolicies()
	s.badReceipts()
}

// X25519 keys of low order: what is sealed to them is sealed to everybody (RFC 7748, section 6.1).
var lowOrder = map[string][]byte{
	"0": make([]byte, 32), "1": append([]byte{1}, make([]byte, 31)...),
	"p": unhexConst("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
	"8": unhexConst("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
}

func unhexConst(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// deviceCertificate certifies the camera's device key under these organizational units.
func (s *scene) deviceCertificate(units []string, more ...pkix.Extension) []byte {
	t := certTemplate(pkix.Name{CommonName: "Signet camera", OrganizationalUnit: units})
	t.ExtraExtensions = more
	t.KeyUsage, t.URIs, t.ExtKeyUsage = x509.KeyUsageDigitalSignature, []*url.URL{urn(s.cam.ID)}, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return ok(x509.CreateCertificate(rand.Reader, t, s.fleet.Cert, &s.cam.DeviceKey.PublicKey, s.fleet.Key))(s.t)
}

// longest makes something with an extension that nobody knows, as long as certificates and requests may be.
func longest(with func(pkix.Extension) []byte) []byte {
	n := certs.MaxCertificate
	for {
		der := with(pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Value: make([]byte, n)})
		if len(der) <= certs.MaxCertificate-8 { // signatures vary in length
			return der
		}
		n -= len(der) - certs.MaxCertificate + 8
	}
}

func (s *scene) badOffers() {
	t, c := s.t, s.cam
	key := certstest.NewKey(t)
	csr := ok(certs.EventRequest(c.ID, key, certs.KeyInFile))(t)
	settings := ok(certs.X25519Public(c.Settings.Recipient().String()))(t)
	good := body{0: uintOf(1), 1: bstr(c.ID[:]), 2: bstr(s.owner.ID[:]), 3: uintOf(3), 4: bstr(csr), 6: bstr(settings[:])}
	p := s.ofDeviceKey("offer", "signet/v1 offer", good)
	p.devicesForm(0, 1, 2, 3, 4, 6)
	p.set("with a request of another device", "the request is of another device", 4, bstr(ok(certs.EventRequest(s.sibling.ID, key, certs.KeyInFile))(t)))
	spoiled := bytes.Clone(csr)
	spoiled[len(spoiled)-1] ^= 1
	p.set("with a request not signed by its key", "the request is not signed by the key in it", 4, bstr(spoiled))
	p.set("for the device key", "the event key is the device key", 4, bstr(ok(certs.EventRequest(c.ID, c.DeviceKey, certs.KeyInFile))(t)))
	p.set("with an empty request", "there is no request", 4, bstr(nil))
	request := func(units []string, algorithm x509.SignatureAlgorithm) []byte {
		subject := pkix.Name{CommonName: "Signet event key", OrganizationalUnit: units}
		return bstr(ok(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: subject, SignatureAlgorithm: algorithm, URIs: []*url.URL{urn(c.ID)}}, key))(t))
	}
	p.set("with a request signed over SHA-512", "requests are signed with ECDSA and SHA-256", 4, request([]string{"key in a file"}, x509.ECDSAWithSHA512))
	for name, units := range map[string][]string{"no key level": nil, "another key level": {"key in a pocket"}, "two key levels": {"key in a file", "key in a TPM 2.0"}} {
		p.set("with a request of "+name, "the subject's one organizational unit says where the key is kept", 4, request(units, x509.ECDSAWithSHA256))
	}
	hash := bstr(make([]byte, 32))
	p.set("with an empty view", "a SHA-256 has 32 bytes", 5, bstr(nil))
	p.set("with view null", "null stands nowhere", 5, []byte{0xf6})
	p.set("with the view itself", "a SHA-256 has 32 bytes", 5, bstr(make([]byte, 33)))
	p.set("with a settings key of 31 bytes", "a key has 32 bytes", 6, bstr(settings[:31]))
	for name, k := range lowOrder {
		p.set("with a settings key of low order, "+name, "nothing can be sealed to a key of low order", 6, bstr(k))
	}
	p.set("of a renewal of nothing", "a SHA-256 has 32 bytes", 7, bstr(nil))
	p.bad("of a renewal with a view", "a renewal has no view", func(_ *message, b body) { b[5], b[7] = hash, hash })
	p.bad("larger than 8192 bytes", "an offer has at most 8192 bytes", func(m *message, b body) { // each part within its own limit
		m.protected = byChain(longest(func(e pkix.Extension) []byte { return s.deviceCertificate([]string{"key in a file"}, e) }))
		b[4] = bstr(longest(func(e pkix.Extension) []byte {
			subject := pkix.Name{OrganizationalUnit: []string{"key in a file"}}
			return ok(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: subject, URIs: []*url.URL{urn(c.ID)}, ExtraExtensions: []pkix.Extension{e}}, key))(t)
		}))
	})
	flipped := bytes.Clone(c.Offer)
	flipped[len(flipped)-70] ^= 1 // in the payload
	s.ofFleet("offer", "flipped bit in the payload", "the signature does not verify", flipped)
}

func (s *scene) badOfferMessages() {
	t, c := s.t, s.cam
	code := certs.NewClaimCode(s.owner, certstest.Time)
	view := ok(c.Sealer.Seal([]byte("what the camera saw")))(t)
	plain, seen, renewal := c.MakeOffer(t, code, nil).Raw, c.MakeOffer(t, code, view).Raw, c.MakeRenewal(t).Raw
	proof := func(offer []byte) []byte { return bstr(hmacOf(code.Secret[:], offer)) }
	bad := func(name, why string, b []byte) { t.Helper(); s.offerMessage(name, why, code.Secret, b) }
	with := func(name, why string, b body) { t.Helper(); bad(name, why, b.encode()) }
	other := code.Secret
	other[0] ^= 1
	with("proved with another secret", "the proof is another code's", body{1: bstr(plain), 2: bstr(hmacOf(other[:], plain))})
	with("with the proof of another offer", "the proof is another offer's", body{1: bstr(plain), 2: proof(seen)})
	with("with a proof of 31 bytes", "a proof has 32 bytes", body{1: bstr(plain), 2: bstr(hmacOf(code.Secret[:], plain)[:31])})
	with("with proof null", "null stands nowhere", body{1: bstr(plain), 2: []byte{0xf6}})
	with("of a claim without proof", "a claim has a proof", body{1: bstr(plain)})
	with("of a renewal with a proof", "a renewal has no proof", body{1: bstr(renewal), 2: proof(renewal)})
	with("of a renewal with a view", "a view belongs to a proof", body{1: bstr(renewal), 3: bstr(view)})
	with("with a view that the offer does not name", "the offer names the view by its hash", body{1: bstr(plain), 2: proof(plain), 3: bstr(view)})
	with("without the view that the offer names", "the view is missing", body{1: bstr(seen), 2: proof(seen)})
	with("with another view", "the offer names the view by its hash", body{1: bstr(seen), 2: proof(seen), 3: bstr(ok(c.Sealer.Seal([]byte("what the camera saw")))(t))})
	with("with an empty view", "a view is left out or not empty", body{1: bstr(plain), 2: proof(plain), 3: bstr(nil)})
	with("with view null", "null stands nowhere", body{1: bstr(plain), 2: proof(plain), 3: []byte{0xf6}})
	with("with a view of 65537 bytes", "a view has at most 65536 bytes", body{1: bstr(seen), 2: proof(seen), 3: bstr(make([]byte, 65537))})
	with("without offer", "key 1 is missing", body{2: proof(nil)})
	with("with offer null", "null stands nowhere", body{1: []byte{0xf6}, 2: proof(nil)})
	with("with an empty offer", "an offer is not empty", body{1: bstr(nil), 2: proof(nil)})
	with("with an offer of 8193 bytes", "an offer has at most 8192 bytes", body{1: bstr(make([]byte, 8193)), 2: proof(make([]byte, 8193))})
	with("with an unknown key", "a decoder refuses unknown keys", body{1: bstr(plain), 2: proof(plain), 4: uintOf(1)})
	bad("as an array", "an offer message is a map", list(bstr(plain), proof(plain)))
	bad("with keys unsorted", "map keys are sorted", pairs(uintOf(2), proof(plain), uintOf(1), bstr(plain)))
	bad("with a byte after it", "nothing follows", append(body{1: bstr(plain), 2: proof(plain)}.encode(), 0))
	foreign := certstest.NewCamera(t, s.stranger).MakeOffer(t, code, nil)
	bad("of another fleet", "the device is not of this fleet", foreign.Message)
	bad("nothing", "an offer message is a map", nil)
}

func (s *scene) offerMessage(name, why string, secret [16]byte, b []byte) {
	s.t.Helper()
	s.add(vector{Kind: "offer-message", Name: name, Why: why, Fleet: hex.EncodeToString(s.fleet.Cert.Raw), Secret: hex.EncodeToString(secret[:])}, b)
}
