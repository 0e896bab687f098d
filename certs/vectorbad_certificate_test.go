package certs_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"math/big"
	"net"
	"net/url"
	"strconv"
	"time"

	"signet/certs"
	"signet/certs/certstest"
)

// badCertificates gives a good record of the owner's camera certificates that must not lead to the owner.
func (s *scene) badCertificates() {
	t, c := s.t, s.cam
	ownerKey := s.owner.Key.(*ecdsa.PrivateKey)
	good := ok(x509.ParseCertificate(s.owner.Root))(t)
	add := func(name, why string, event, root []byte) {
		t.Helper()
		v := vector{Kind: "event-certificate", Name: name, Why: why, Owner: s.owner.ID.String(), Root: hex.EncodeToString(root)}
		s.add(v, event)
	}
	add("another owner's root", "the root's key is not the owner's", c.Cert.Raw, s.other.Root)
	add("another owner's certificate and root", "the root's key is not the owner's", s.foreign.Cert.Raw, s.other.Root)
	add("another owner's certificate", "not signed by the owner", s.foreign.Cert.Raw, s.owner.Root)
	add("the fleet as root", "the root's key is not the owner's", c.DeviceCert, s.fleet.Cert.Raw)
	add("a device certificate", "not signed by the owner", c.DeviceCert, s.owner.Root)
	add("the root itself", "a root signs no records", s.owner.Root, s.owner.Root)
	add("an event certificate as root", "the root's key is not the owner's", c.Cert.Raw, c.Cert.Raw)
	flipped := bytes.Clone(c.Cert.Raw)
	flipped[len(flipped)-1] ^= 1
	add("flipped bit in the signature", "not signed by the owner", flipped, s.owner.Root)
	flipped = bytes.Clone(s.owner.Root)
	flipped[len(flipped)-1] ^= 1
	add("flipped bit in the root's signature", "the root is not signed by itself", c.Cert.Raw, flipped)
	add("byte after the certificate", "nothing follows", append(bytes.Clone(c.Cert.Raw), 0), s.owner.Root)
	add("byte after the root", "nothing follows", c.Cert.Raw, append(bytes.Clone(s.owner.Root), 0))
	add("nothing", "there is no certificate", nil, s.owner.Root)
	add("no root", "there is no root", c.Cert.Raw, nil)
	add("larger than 4096 bytes", "a certificate has at most 4096 bytes", append(bytes.Clone(c.Cert.Raw), make([]byte, 4096)...), s.owner.Root)

	root := func(name, why string, change func(*x509.Certificate)) {
		t.Helper()
		tmpl := rootTemplate(good.Subject)
		change(tmpl)
		add("root "+name, why, c.Cert.Raw, ok(x509.CreateCertificate(rand.Reader, tmpl, tmpl, &ownerKey.PublicKey, ownerKey))(t))
	}
	why := "the owner's root is a CA of path length 0 that signs certificates only"
	root("that is not a CA", why, func(c *x509.Certificate) { c.IsCA, c.MaxPathLenZero = false, false })
	root("without basic constraints", why, func(c *x509.Certificate) { c.BasicConstraintsValid, c.IsCA, c.MaxPathLenZero = false, false, false })
	root("without path length", why, func(c *x509.Certificate) { c.MaxPathLenZero = false; c.MaxPathLen = -1 })
	root("of path length 1", why, func(c *x509.Certificate) { c.MaxPathLenZero = false; c.MaxPathLen = 1 })
	root("that signs other things too", why, func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageDigitalSignature })
	root("without key usage", why, func(c *x509.Certificate) { c.KeyUsage = 0 })
	root("that has expired", "all certificates are valid from 2020 to 9999", func(c *x509.Certificate) { c.NotAfter = certstest.Time })
	root("with another name", "the certificate names another issuer", func(c *x509.Certificate) { c.Subject.CommonName = "Another" })
	impostor := certstest.NewKey(t)
	tmpl := rootTemplate(good.Subject)
	same := ok(x509.CreateCertificate(rand.Reader, tmpl, tmpl, &impostor.PublicKey, impostor))(t)
	add("root of the same name with another key", "the root's key is not the owner's", c.Cert.Raw, same)
	parent := rootTemplate(good.Subject)
	notSelf := ok(x509.CreateCertificate(rand.Reader, tmpl, parent, &ownerKey.PublicKey, impostor))(t)
	add("root signed by another key", "the root is not signed by itself", c.Cert.Raw, notSelf)

	event := func(name, why string, change func(*x509.Certificate)) {
		t.Helper()
		tmpl := eventTemplate(c.ID, "2")
		change(tmpl)
		add("event "+name, why, ok(x509.CreateCertificate(rand.Reader, tmpl, good, &c.EventKey.PublicKey, ownerKey))(t), s.owner.Root)
	}
	why = "an event certificate names one device, and nothing else"
	uri := func(text string) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.URIs, c.ExtraExtensions = nil, []pkix.Extension{sanOf(text)} }
	}
	event("without a name", why, func(c *x509.Certificate) { c.URIs = nil })
	event("with two devices", why, func(c *x509.Certificate) { c.URIs = append(c.URIs, urn(s.sibling.ID)) })
	event("with a host name too", why, func(c *x509.Certificate) { c.DNSNames = []string{"cloud.example"} })
	event("with an address too", why, func(c *x509.Certificate) { c.IPAddresses = []net.IP{{127, 0, 0, 1}} })
	event("with a directory name too", why, func(c *x509.Certificate) {
		id := asn1.RawValue{Class: 2, Tag: 6, Bytes: []byte(c.URIs[0].String())}
		rid := asn1.RawValue{Class: 2, Tag: 8, Bytes: []byte{0x2a, 3, 4}} // registeredID 1.2.3.4, which most readers pass over
		san, _ := asn1.Marshal([]asn1.RawValue{id, rid})
		c.URIs, c.ExtraExtensions = nil, []pkix.Extension{{Id: oidSAN, Value: san}}
	})
	event("with another scheme", why, uri("https://"+c.ID.String()))
	event("with upper-case digits", why, uri("urn:uuid:ABCDEF00-0000-4000-8000-000000000000"))
	event("with an upper-case scheme", why, uri("URN:uuid:"+c.ID.String()))
	event("with an empty fragment", why, uri(c.ID.URN()+"#"))
	event("with a query", why, uri(c.ID.URN()+"?"))
	event("with braces", why, uri("urn:uuid:{"+c.ID.String()+"}"))
	why = "the subject's serial number is the epoch, in decimal, from 1"
	for _, n := range []string{"", "0", "02", "+2", "-2", " 2", "2 ", "0x2", "2.0", "18446744073709551616", "two"} {
		event("of epoch "+strconv.Quote(n), why, func(c *x509.Certificate) { c.Subject.SerialNumber = n })
	}
	event("of two epochs", why, func(c *x509.Certificate) {
		c.Subject.ExtraNames = []pkix.AttributeTypeAndValue{{Type: oidSerial, Value: "1"}, {Type: oidSerial, Value: "2"}}
	})
	why = "the subject's one organizational unit says where the key is kept"
	units := func(names ...string) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.Subject.OrganizationalUnit = names }
	}
	event("of no key level", why, units())
	event("of two key levels", why, units("key in a file", "key in a TPM 2.0"))
	event("of one key level twice", why, units("key in a file", "key in a file"))
	for _, l := range []string{"", "key in a safe", "Key in a file", "key in a file ", "key in a TPM"} {
		event("of key level "+strconv.Quote(l), why, units(l))
	}
	event("of a key level and another unit", why, units("key in a TPM 2.0", "Garden"))
	why = "an event certificate signs records, and nothing else"
	event("that is a CA", why, func(c *x509.Certificate) { c.IsCA = true })
	event("that may sign certificates", why, func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageCertSign })
	event("without key usage", why, func(c *x509.Certificate) { c.KeyUsage = 0 })
	event("without basic constraints", why, func(c *x509.Certificate) { c.BasicConstraintsValid = false })
	event("that serves TLS", why, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })
	why = "all certificates are valid from 2020 to 9999"
	event("that has expired", why, func(c *x509.Certificate) { c.NotAfter = certstest.Time })
	event("that is not valid yet", why, func(c *x509.Certificate) { c.NotBefore = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC) })
	event("with an unknown critical extension", "an unknown critical extension is refused", func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
	})
	byEvent := ok(x509.CreateCertificate(rand.Reader, eventTemplate(c.ID, "2"), ok(x509.ParseCertificate(s.sibling.Cert.Raw))(t), &c.EventKey.PublicKey, s.sibling.EventKey))(t)
	add("issued by an event key", "not signed by the owner", byEvent, s.owner.Root)
	wrongIssuer := rootTemplate(pkix.Name{CommonName: "Another"})
	add("that names another issuer", "the certificate names another issuer", ok(x509.CreateCertificate(rand.Reader, eventTemplate(c.ID, "2"), wrongIssuer, &c.EventKey.PublicKey, ownerKey))(t), s.owner.Root)

	// Records whose certificate is good, but not theirs.
	with := func(name, why string, cert *certs.EventCert, root []byte, owner certs.OwnerID, b []byte) {
		t.Helper()
		s.add(vector{Kind: "record", Name: name, Why: why, Owner: owner.String(), Event: hex.EncodeToString(cert.Raw), Root: hex.EncodeToString(root)}, b)
	}
	r := c.Record(certs.Tamper)
	b := s.sign(r)
	with("judged by the other owner", "is of another owner", c.Cert, s.owner.Root, s.other.ID, b)
	with("judged with the other owner's root", "the root's key is not the owner's", c.Cert, s.other.Root, s.owner.ID, b)
	with("judged with a sibling's certificate", "the certificate is not the one that the record names", s.sibling.Cert, s.owner.Root, s.owner.ID, b)
	with("judged with the certificate of the epoch before", "the certificate is not the one that the record names", s.before, s.owner.Root, s.owner.ID, b)
	m := s.message(handRecord(r))
	m.protected, m.key = byX5T(s.sibling.Cert), s.sibling.EventKey
	with("of a camera that claims to be its sibling", "the certificate is of another device", s.sibling.Cert, s.owner.Root, s.owner.ID, m.bytes(t))
	m.protected, m.key = byX5T(s.before), s.beforeKey
	with("signed in the epoch before for this one", "the certificate is of another epoch", s.before, s.owner.Root, s.owner.ID, m.bytes(t))
	m.protected, m.key = byX5T(s.foreign.Cert), s.foreign.EventKey
	with("of a foreign camera that names this owner", "the root's key is not the owner's", s.foreign.Cert, s.other.Root, s.owner.ID, m.bytes(t))
	foreign := s.foreign.Online(t)
	with("of a foreign camera", "is of another owner", s.foreign.Cert, s.other.Root, s.owner.ID, foreign.Raw)
}

var (
	oidSAN    = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidSerial = asn1.ObjectIdentifier{2, 5, 4, 5}
)

func sanOf(uri string) pkix.Extension {
	b, _ := asn1.Marshal([]asn1.RawValue{{Class: 2, Tag: 6, Bytes: []byte(uri)}})
	return pkix.Extension{Id: oidSAN, Value: b}
}

func urn(d certs.DeviceID) *url.URL { return &url.URL{Scheme: "urn", Opaque: "uuid:" + d.String()} }

func certTemplate(subject pkix.Name) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: subject, BasicConstraintsValid: true, SignatureAlgorithm: x509.ECDSAWithSHA256,
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	}
}

func rootTemplate(subject pkix.Name) *x509.Certificate {
	c := certTemplate(subject)
	c.IsCA, c.MaxPathLenZero, c.KeyUsage = true, true, x509.KeyUsageCertSign
	return c
}

func eventTemplate(d certs.DeviceID, epoch string) *x509.Certificate {
	c := certTemplate(pkix.Name{CommonName: "Signet event key", OrganizationalUnit: []string{string(certs.KeyInFile)}, SerialNumber: epoch})
	c.KeyUsage, c.URIs = x509.KeyUsageDigitalSignature, []*url.URL{urn(d)}
	return c
}
