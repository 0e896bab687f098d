package daemon

import (
	"crypto/x509"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signet/agent/ownership/ownershiptest"
	"signet/certs"
	"signet/certs/certstest"
)

// put writes a file of the state folder as somebody does who copies it there.
func (l *life) put(name string, b []byte) {
	l.t.Helper()
	if err := os.WriteFile(filepath.Join(l.rig.Dir, name), b, 0o644); err != nil {
		l.t.Fatal(err)
	}
}

// revoke writes the list that follows old.
func (l *life) revoke(old *certs.RevocationList, fleet *certs.Fleet, serial *big.Int) *certs.RevocationList {
	l.t.Helper()
	der, err := fleet.Revoke(old, []*big.Int{serial}, time.Now())
	if err != nil {
		l.t.Fatal(err)
	}
	if err := certs.WriteCRL(filepath.Join(l.rig.Dir, crlFile), der); err != nil {
		l.t.Fatal(err)
	}
	list, err := certs.ParseCRL(der, fleet.Cert)
	if err != nil {
		l.t.Fatal(err)
	}
	return list
}

// tells waits until the log says something for the nth time.
func (l *life) tells(n int, what string) {
	l.t.Helper()
	eventually(l.t, "the log says "+what, func() bool { return strings.Count(l.log.String(), what) == n })
}

// Certificates that are replaced while the agent runs are taken when they are whole and fit, and only then.
func TestCertificatesAreReadAgain(t *testing.T) {
	l := begin(t, 1)
	const refused = "certificates are not taken"
	first := l.ring.Config()
	shows := func() string { return string(l.ring.Config().Certificate.Certificate[0]) }
	eventually(t, "it watches", func() bool { return l.claim.Looking() })

	pem, err := os.ReadFile(filepath.Join(l.rig.Dir, "device.pem"))
	if err != nil {
		t.Fatal(err)
	}
	der, err := l.rig.Fleet.IssueDevice(l.rig.Device.PublicKey(), l.rig.Device.ID, certs.KeyInFile)
	if err != nil {
		t.Fatal(err)
	}
	l.put("device.pem", pem[:len(pem)/2])
	l.tells(1, refused)
	if err := certs.WriteCert(filepath.Join(l.rig.Dir, "device.pem"), certstest.NewCamera(t, l.rig.Fleet).DeviceCert); err != nil {
		t.Fatal(err)
	}
	l.tells(2, refused)
	if shows() != string(first.Certificate.Certificate[0]) {
		t.Fatal("a certificate that does not fit was taken")
	}
	if err := certs.WriteCert(filepath.Join(l.rig.Dir, "device.pem"), der); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new certificate is shown", func() bool { return shows() == string(der) })

	c, text := code(t, l.rig.Owner)
	l.show(text)
	offer := certstest.Offer(t, l.offered(), c.Secret, l.rig.Fleet.Cert)
	if string(offer.DeviceCert) != string(der) {
		t.Error("an offer shows the old certificate")
	}

	// Another fleet: its CA alone does not fit, with its certificate for this camera it does.
	other := certstest.NewFleet(t)
	if err := certs.WriteCert(filepath.Join(l.rig.Dir, "fleet.pem"), other.Cert.Raw); err != nil {
		t.Fatal(err)
	}
	l.tells(3, refused)
	if !l.ring.Config().FleetCA().Equal(l.rig.Fleet.Cert) {
		t.Error("a CA that does not fit was taken")
	}
	if der, err = other.IssueDevice(l.rig.Device.PublicKey(), l.rig.Device.ID, certs.KeyInFile); err != nil {
		t.Fatal(err)
	}
	if err := certs.WriteCert(filepath.Join(l.rig.Dir, "device.pem"), der); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the other fleet is believed", func() bool { return l.ring.Config().FleetCA().Equal(other.Cert) && shows() == string(der) })
}

// The fleet's list of what it revoked counts when it comes, and nothing is ever taken off it.
func TestRevocationListIsReadAgain(t *testing.T) {
	l := begin(t, 1)
	key := certstest.NewKey(t)
	der, err := l.rig.Fleet.IssueServer(&key.PublicKey, []string{"cloud"})
	if err != nil {
		t.Fatal(err)
	}
	server, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	revoked := func(n *big.Int) bool { return l.ring.Config().IsRevoked(n) }
	eventually(t, "it watches", func() bool { return l.claim.Looking() })
	if revoked(server.SerialNumber) {
		t.Fatal("revoked without a list")
	}
	one := l.revoke(nil, l.rig.Fleet, big.NewInt(77))
	eventually(t, "the list counts", func() bool { return revoked(big.NewInt(77)) })
	two := l.revoke(one, l.rig.Fleet, server.SerialNumber)
	eventually(t, "the next list counts", func() bool { return revoked(server.SerialNumber) && revoked(big.NewInt(77)) })

	l.put(crlFile, two.Raw[:40]) // half written, and no PEM
	l.tells(1, "certificates are not taken")
	l.revoke(nil, certstest.NewFleet(t), big.NewInt(5))
	l.tells(2, "certificates are not taken")
	l.revoke(nil, l.rig.Fleet, big.NewInt(6)) // number 1, which is older
	l.tells(1, "list 1 is older than list 2")
	if err := os.Remove(filepath.Join(l.rig.Dir, crlFile)); err != nil {
		t.Fatal(err)
	}
	l.tells(1, "it is gone, and what it revoked stays revoked")
	if !revoked(server.SerialNumber) || revoked(big.NewInt(6)) || revoked(big.NewInt(5)) {
		t.Error("a list that does not hold was taken")
	}
}

// A list that was there before the start counts for the first connection; one that cannot be read keeps nobody from recording.
func TestRevocationListAtTheStart(t *testing.T) {
	l := &life{t: t, rig: ownershiptest.New(t), log: &journal{}}
	l.revoke(nil, l.rig.Fleet, big.NewInt(9))
	l.Daemon, l.end = start(t, config(l.rig, &stage{acts: []act{{}}}, l.log))
	if !l.ring.Config().IsRevoked(big.NewInt(9)) {
		t.Error("what the list revokes counts only later")
	}
	l.end()
	l.put(crlFile, []byte("garbage"))
	d, err := New(l.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if n := strings.Count(l.log.String(), "revocation list cannot be read"); n != 1 {
		t.Errorf("told %d times", n)
	}
}
