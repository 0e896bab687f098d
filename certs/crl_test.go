package certs_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"io/fs"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"signet/certs"
	"signet/certs/certstest"
)

func serials(n ...int64) (s []*big.Int) {
	for _, i := range n {
		s = append(s, big.NewInt(i))
	}
	return s
}

func TestRevoke(t *testing.T) {
	f := certstest.NewFleet(t)
	cam := certstest.NewCamera(t, f)
	serial := ok(certs.VerifyDeviceCertificate(cam.DeviceCert, f.Cert))(t).Serial
	first := ok(certs.ParseCRL(ok(f.Revoke(nil, serials(5, 6, 5), certstest.Time))(t), f.Cert))(t)
	if first.Number != 1 || first.Len() != 2 || !first.Has(big.NewInt(5)) || !first.Has(big.NewInt(6)) || first.Has(serial) {
		t.Errorf("first list: number %d, %d entries", first.Number, first.Len())
	}
	later := certstest.Time.AddDate(1, 0, 0)
	second := ok(certs.ParseCRL(ok(f.Revoke(first, []*big.Int{serial, big.NewInt(5)}, later))(t), f.Cert))(t)
	if second.Number != 2 || second.Len() != 3 || !second.Has(big.NewInt(5)) || !second.Has(big.NewInt(6)) || !second.Has(serial) {
		t.Errorf("second list: number %d, %d entries", second.Number, second.Len())
	}
	if second.Has(big.NewInt(4)) || second.Has(nil) || second.Has(new(big.Int)) {
		t.Error("a certificate that is not in the list was revoked")
	}
	raw := ok(x509.ParseRevocationList(second.Raw))(t)
	for _, e := range raw.RevokedCertificateEntries { // when each was revoked stays
		if want := map[bool]time.Time{false: certstest.Time, true: later}[e.SerialNumber.Cmp(serial) == 0]; !e.RevocationTime.Equal(want) {
			t.Errorf("%v was revoked at %v", e.SerialNumber, e.RevocationTime)
		}
	}
	if !raw.ThisUpdate.Equal(later) || raw.NextUpdate.Year() != 9999 {
		t.Errorf("from %v to %v", raw.ThisUpdate, raw.NextUpdate)
	}
	third := ok(certs.ParseCRL(ok(f.Revoke(second, nil, later))(t), f.Cert))(t)
	if third.Number != 3 || third.Len() != 3 {
		t.Error("a list with nothing new does not follow the one before")
	}
	var none *certs.RevocationList
	if none.Has(serial) || none.Len() != 0 {
		t.Error("no list revokes")
	}
	for name, s := range map[string]*big.Int{"nil": nil, "0": new(big.Int), "-1": big.NewInt(-1), "21 bytes": new(big.Int).Lsh(big.NewInt(1), 160)} {
		if _, err := f.Revoke(first, []*big.Int{s}, later); err == nil {
			t.Errorf("revoked %s", name)
		}
	}
}

// TestRevocationKnowsNoClock reads a list that says it was made in the far future, in the year 2000.
func TestRevocationKnowsNoClock(t *testing.T) {
	f := certstest.NewFleet(t)
	der := ok(f.Revoke(nil, serials(1), time.Date(2190, 1, 1, 0, 0, 0, 0, time.UTC)))(t)
	synctest.Test(t, func(t *testing.T) {
		if l := ok(certs.ParseCRL(der, f.Cert))(t); !l.Has(big.NewInt(1)) {
			t.Error("not revoked")
		}
	})
}

// crl signs a list as the fleet would, changed.
func crl(t *testing.T, f *certs.Fleet, change func(*x509.RevocationList)) []byte {
	t.Helper()
	l := &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: certstest.Time, NextUpdate: certstest.Time.AddDate(1, 0, 0),
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: big.NewInt(5), RevocationTime: certstest.Time}},
	}
	change(l)
	return ok(x509.CreateRevocationList(rand.Reader, l, f.Cert, f.Key))(t)
}

func TestParseCRLRefuses(t *testing.T) {
	f, other := certstest.NewFleet(t), certstest.NewFleet(t)
	as := func(*x509.RevocationList) {}
	if _, err := certs.ParseCRL(crl(t, f, as), f.Cert); err != nil {
		t.Fatal(err)
	}
	flipped := crl(t, f, as)
	flipped[len(flipped)-1] ^= 1
	impostor := *other // another key under the fleet's name
	impostor.Cert = forged(t, f.Cert, f.Cert.SubjectKeyId, other.Key)
	renamed, renumbered := *f, *f // the fleet's key under another name, and by another id
	renamed.Cert = forged(t, ok(x509.ParseCertificate(certstest.NewOwner(t).Root))(t), f.Cert.SubjectKeyId, f.Key)
	renumbered.Cert = forged(t, f.Cert, []byte{1}, f.Key)
	delta := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 27}, Critical: true, Value: []byte{2, 1, 1}}
	some := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: []byte{0x30, 3, 0x81, 1, 0xff}}
	for name, der := range map[string][]byte{
		"nothing":                            nil,
		"another fleet's":                    crl(t, other, as),
		"a flipped bit":                      flipped,
		"a byte after it":                    append(crl(t, f, as), 0),
		"of the fleet's name alone":          crl(t, &impostor, as),
		"of the fleet's key by another name": crl(t, &renamed, as),
		"of the fleet's key by another id":   crl(t, &renumbered, as),
		"a certificate":                      f.Cert.Raw,
		"a number of 65 bits":                crl(t, f, func(l *x509.RevocationList) { l.Number = new(big.Int).Lsh(big.NewInt(1), 64) }),
		"a delta list":                       crl(t, f, func(l *x509.RevocationList) { l.ExtraExtensions = []pkix.Extension{delta} }),
		"of some certificates only":          crl(t, f, func(l *x509.RevocationList) { l.ExtraExtensions = []pkix.Extension{some} }),
		"an entry with a critical word":      crl(t, f, func(l *x509.RevocationList) { l.RevokedCertificateEntries[0].ExtraExtensions = []pkix.Extension{some} }),
		"an entry of another issuer's": crl(t, f, func(l *x509.RevocationList) {
			l.RevokedCertificateEntries[0].ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 29}, Critical: true, Value: []byte{0x30, 0}}}
		}),
		"a serial number of 0": crl(t, f, func(l *x509.RevocationList) { l.RevokedCertificateEntries[0].SerialNumber = new(big.Int) }),
		"a serial number of 21 bytes": crl(t, f, func(l *x509.RevocationList) {
			l.RevokedCertificateEntries[0].SerialNumber = new(big.Int).Lsh(big.NewInt(1), 160)
		}),
		"too large": make([]byte, certs.MaxCRL+1),
	} {
		if _, err := certs.ParseCRL(der, f.Cert); err == nil {
			t.Errorf("took %s", name)
		}
	}
	if _, err := f.Revoke(ok(certs.ParseCRL(crl(t, f, func(l *x509.RevocationList) { l.Number.SetUint64(math.MaxUint64) }), f.Cert))(t), nil, certstest.Time); err == nil {
		t.Error("a number follows the last one")
	}
}

// forged makes a CA certificate with the name of another one.
func forged(t *testing.T, named *x509.Certificate, id []byte, key crypto.Signer) *x509.Certificate {
	t.Helper()
	tmpl := rootTemplate(named.Subject)
	tmpl.SubjectKeyId, tmpl.KeyUsage = id, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	return ok(x509.ParseCertificate(ok(x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key))(t)))(t)
}

// TestLargestCRL fills a list: it is the limit, and within it everything is fast enough for every connection.
func TestLargestCRL(t *testing.T) {
	f := certstest.NewFleet(t)
	var many []*big.Int
	for i := range int64(25_000) {
		many = append(many, new(big.Int).Add(new(big.Int).Lsh(big.NewInt(3), 120), big.NewInt(i)))
	}
	der := ok(f.Revoke(nil, many, certstest.Time))(t)
	path := filepath.Join(t.TempDir(), "fleet.crl")
	if err := certs.WriteCRL(path, der); err != nil {
		t.Fatal(err)
	}
	l := ok(certs.ReadCRL(path, f.Cert))(t)
	if l.Len() != len(many) || !l.Has(many[0]) || !l.Has(many[len(many)-1]) || !bytes.Equal(l.Raw, der) {
		t.Errorf("%d entries", l.Len())
	}
	for i := range int64(10_000) {
		many = append(many, new(big.Int).Add(new(big.Int).Lsh(big.NewInt(5), 120), big.NewInt(i)))
	}
	if _, err := f.Revoke(nil, many, certstest.Time); err == nil {
		t.Error("made a list that is too large")
	}
}

func TestReadCRLRefuses(t *testing.T) {
	f, dir := certstest.NewFleet(t), t.TempDir()
	good := pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: ok(f.Revoke(nil, nil, certstest.Time))(t)})
	path := filepath.Join(dir, "fleet.crl")
	for name, b := range map[string][]byte{
		"two lists": append(bytes.Clone(good), good...), "no list": {}, "not PEM": []byte("fleet"), "too much": make([]byte, 4<<20),
		"a certificate": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.Cert.Raw}),
	} {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := certs.ReadCRL(path, f.Cert); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := certs.ReadCRL(filepath.Join(dir, "none"), f.Cert); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a list that is not there: %v", err)
	}
	if err := os.WriteFile(path, good, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := certs.ReadCRL(path, f.Cert); err != nil {
		t.Error(err)
	}
}

func TestOpenSSLRevokes(t *testing.T) {
	f := certstest.NewFleet(t)
	gone, kept := certstest.NewCamera(t, f), certstest.NewCamera(t, f)
	serial := ok(certs.VerifyDeviceCertificate(gone.DeviceCert, f.Cert))(t).Serial
	list := pemFile(t, "fleet.crl", "X509 CRL", ok(f.Revoke(nil, []*big.Int{serial}, time.Now()))(t))
	fleet := pemFile(t, "fleet.pem", "CERTIFICATE", f.Cert.Raw)
	for _, c := range []struct {
		name string
		der  []byte
		ok   bool
	}{{"revoked", gone.DeviceCert, false}, {"kept", kept.DeviceCert, true}} {
		out, err := run(t, "openssl", "verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-crl_check", "-CAfile", fleet, "-CRLfile", list, pemFile(t, "device.pem", "CERTIFICATE", c.der))
		if (err == nil) != c.ok || !c.ok && !strings.Contains(out, "certificate revoked") {
			t.Errorf("%s: %v %s", c.name, err, out)
		}
	}
}

// A fleet's key in hardware signs lists too.
func TestRevokeWithAnOpaqueKey(t *testing.T) {
	f := certstest.NewFleet(t)
	f.Key = opaque{f.Key.(*ecdsa.PrivateKey)}
	if _, err := certs.ParseCRL(ok(f.Revoke(nil, serials(1), certstest.Time))(t), f.Cert); err != nil {
		t.Error(err)
	}
}
