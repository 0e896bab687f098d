package certs_test

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"signet/certs"
	"signet/certs/certstest"
)

func TestVerifyEventCertificate(t *testing.T) {
	w := certstest.New(t)
	c := w.Camera
	got := ok(certs.VerifyEventCertificate(c.Cert.Raw, w.Owner.Root, w.Owner.ID))(t)
	if got.Device != c.ID || got.Epoch != 1 || !got.Key.Equal(&c.EventKey.PublicKey) || got.X5T != certs.HashOf(c.Cert.Raw) || !bytes.Equal(got.Raw, c.Cert.Raw) {
		t.Errorf("got %+v", got)
	}
	other := certstest.NewOwner(t)
	for name, v := range map[string]struct {
		root  []byte
		owner certs.OwnerID
	}{
		"another owner's root":                  {other.Root, w.Owner.ID},
		"another owner's root, under his name":  {other.Root, other.ID},
		"the root under another owner's name":   {w.Owner.Root, other.ID},
		"the root under nobody's name":          {w.Owner.Root, certs.OwnerID{}},
		"a root of the same name, another key":  {rootNamedLike(t, w.Owner), w.Owner.ID},
		"the fleet's root":                      {w.Fleet.Cert.Raw, w.Owner.ID},
		"the root with another one after it":    {append(bytes.Clone(w.Owner.Root), other.Root...), w.Owner.ID},
		"the event certificate as its own root": {c.Cert.Raw, c.Cert.KeyID},
	} {
		if _, err := certs.VerifyEventCertificate(c.Cert.Raw, v.root, v.owner); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// rootNamedLike makes a root with the name of an owner's, for a key of somebody else.
func rootNamedLike(t *testing.T, o *certs.Owner) []byte {
	t.Helper()
	key := certstest.NewKey(t)
	tmpl := rootTemplate(ok(x509.ParseCertificate(o.Root))(t).Subject)
	return ok(x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key))(t)
}

// TestClocksPlayNoPart verifies in the year 2000, where a camera without a clock thinks it lives.
func TestClocksPlayNoPart(t *testing.T) {
	w := certstest.New(t)
	s := w.Camera.Online(t)
	synctest.Test(t, func(t *testing.T) {
		cert, err := certs.VerifyEventCertificate(w.Camera.Cert.Raw, w.Owner.Root, w.Owner.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Verify(cert); err != nil {
			t.Error(err)
		}
		if _, err := certs.VerifyDeviceCertificate(w.Camera.DeviceCert, w.Fleet.Cert); err != nil {
			t.Error(err)
		}
	})
}

func TestVerifyDeviceCertificate(t *testing.T) {
	w := certstest.New(t)
	c := w.Camera
	d, err := certs.VerifyDeviceCertificate(c.DeviceCert, w.Fleet.Cert)
	if err != nil || d.Device != c.ID || !d.Key.Equal(&c.DeviceKey.PublicKey) || d.Level != certs.KeyInFile || d.Serial.Sign() <= 0 || !bytes.Equal(d.Raw, c.DeviceCert) {
		t.Errorf("%+v %v", d, err)
	}
	if got := ok(certs.DeviceFromCertificate(ok(x509.ParseCertificate(c.DeviceCert))(t)))(t); got != c.ID {
		t.Errorf("certificate of %v", got)
	}
	server := certstest.NewKey(t)
	device := func(change func(*x509.Certificate)) []byte {
		tmpl := certTemplate(pkix.Name{CommonName: "Signet camera", OrganizationalUnit: []string{"key in a TPM 2.0"}})
		tmpl.KeyUsage, tmpl.URIs, tmpl.ExtKeyUsage = x509.KeyUsageDigitalSignature, []*url.URL{urn(c.ID)}, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		change(tmpl)
		return ok(x509.CreateCertificate(rand.Reader, tmpl, w.Fleet.Cert, &c.DeviceKey.PublicKey, w.Fleet.Key))(t)
	}
	if _, err := certs.VerifyDeviceCertificate(device(func(*x509.Certificate) {}), w.Fleet.Cert); err != nil {
		t.Errorf("made by hand: %v", err)
	}
	for name, der := range map[string][]byte{
		"another fleet's device":  certstest.NewCamera(t, certstest.NewFleet(t)).DeviceCert,
		"an event certificate":    c.Cert.Raw,
		"a receipt certificate":   certstest.NewReceipts(t, w.Fleet).Cert,
		"a server certificate":    ok(w.Fleet.IssueServer(&server.PublicKey, []string{"cloud.example"}))(t),
		"the fleet itself":        w.Fleet.Cert.Raw,
		"a device for anything":   device(func(c *x509.Certificate) { c.ExtKeyUsage = nil }),
		"a device that serves":    device(func(c *x509.Certificate) { c.ExtKeyUsage = append(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) }),
		"a device that is a CA":   device(func(c *x509.Certificate) { c.IsCA = true }),
		"a device that expires":   device(func(c *x509.Certificate) { c.NotAfter = certstest.Time }),
		"a device of no level":    device(func(c *x509.Certificate) { c.Subject.OrganizationalUnit = nil }),
		"a device of a new level": device(func(c *x509.Certificate) { c.Subject.OrganizationalUnit = []string{"key in a safe"} }),
		"a device of two levels": device(func(c *x509.Certificate) {
			c.Subject.OrganizationalUnit = []string{"key in a file", "key in a TPM 2.0"}
		}),
		"nothing":  nil,
		"too much": make([]byte, certs.MaxCertificate+1),
	} {
		if _, err := certs.VerifyDeviceCertificate(der, w.Fleet.Cert); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := w.Fleet.IssueServer(&server.PublicKey, nil); err == nil {
		t.Error("issued a server certificate for no host")
	}
}

func TestParseRequest(t *testing.T) {
	id, key := certs.NewDeviceID(), certstest.NewKey(t)
	for _, level := range []certs.KeyLevel{certs.KeyInFile, certs.KeyInTPM} {
		for name, der := range map[string][]byte{"device": ok(certs.DeviceRequest(id, key, level))(t), "event": ok(certs.EventRequest(id, key, level))(t)} {
			r, err := certs.ParseRequest(der)
			if err != nil || r.Device != id || !r.Key.Equal(&key.PublicKey) || r.Level != level {
				t.Errorf("%s: %+v %v", name, r, err)
			}
			der[len(der)-1] ^= 1
			if _, err := certs.ParseRequest(der); err == nil {
				t.Errorf("%s: accepted with a spoiled signature", name)
			}
		}
	}
	if _, err := certs.EventRequest(id, key, "key in a pocket"); err == nil {
		t.Error("asked for a level that there is not")
	}
	if _, err := certstest.NewFleet(t).IssueDevice(&key.PublicKey, id, ""); err == nil {
		t.Error("issued a certificate of no level")
	}
	request := func(r *x509.CertificateRequest) []byte {
		if r.Subject.OrganizationalUnit == nil {
			r.Subject.OrganizationalUnit = []string{"key in a file"}
		}
		return ok(x509.CreateCertificateRequest(rand.Reader, r, key))(t)
	}
	two := eventTemplate(id, "1").URIs
	two = append(two, urn(certs.NewDeviceID()))
	for name, der := range map[string][]byte{
		"no name":           request(&x509.CertificateRequest{}),
		"two names":         request(&x509.CertificateRequest{URIs: two}),
		"a host too":        request(&x509.CertificateRequest{URIs: two[:1], DNSNames: []string{"a.example"}}),
		"an empty fragment": request(&x509.CertificateRequest{ExtraExtensions: []pkix.Extension{sanOf(id.URN() + "#")}}),
		"no level":          request(&x509.CertificateRequest{URIs: two[:1], Subject: pkix.Name{OrganizationalUnit: []string{}}}),
		"two levels":        request(&x509.CertificateRequest{URIs: two[:1], Subject: pkix.Name{OrganizationalUnit: []string{"key in a file", "key in a file"}}}),
		"a certificate":     certstest.New(t).Camera.DeviceCert,
		"too much":          make([]byte, certs.MaxCertificate+1),
	} {
		if _, err := certs.ParseRequest(der); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestErrorsTellNoSecrets runs everything that reads secrets into its errors.
func TestErrorsTellNoSecrets(t *testing.T) {
	o := certstest.NewOwner(t)
	code := certs.NewClaimCode(o, certstest.Time)
	text := ok(code.Text())(t)
	secret := hex.EncodeToString(code.Secret[:])
	for _, s := range []string{text[:len(text)-1], text + "x", text[1:], strings.Replace(text, "1:", "2:", 1)} {
		_, err := certs.ParseClaimCode(s)
		if err == nil {
			t.Errorf("took %.30s...", s)
		} else if strings.Contains(err.Error(), text[40:60]) || strings.Contains(err.Error(), secret) {
			t.Errorf("the error tells the code: %v", err)
		}
	}
}
