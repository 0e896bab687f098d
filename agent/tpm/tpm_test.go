package tpm_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"signet/agent/tpm"
	"signet/agent/tpm/tpmtest"
	"signet/certs"
	"signet/certs/certstest"
)

func start(t *testing.T, c *tpmtest.Chip) *tpm.TPM {
	t.Helper()
	x, err := tpm.New(c.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func ok[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func verify(t *testing.T, s crypto.Signer) {
	t.Helper()
	digest := sha256.Sum256([]byte("a record"))
	sig, err := s.Sign(nil, digest[:], crypto.SHA256)
	if err != nil || !ecdsa.VerifyASN1(s.Public().(*ecdsa.PublicKey), digest[:], sig) {
		t.Errorf("signature: %v", err)
	}
}

func TestKeysSurvivePowerAndStayInTheirTPM(t *testing.T) {
	chip, dir := tpmtest.New(t), t.TempDir()
	x := start(t, chip)
	keys := x.Keys(dir)
	if _, err := keys.Open("device"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no key: %v", err)
	}
	made := ok(keys.New("device"))(t)
	verify(t, made)
	if _, err := keys.New("device"); err == nil {
		t.Error("a second key of the same name")
	}
	// More keys than the TPM has slots.
	for _, name := range []string{"event", "event-1", "event-2"} {
		verify(t, ok(keys.New(name))(t))
		verify(t, made)
	}
	if keys.Level() != certs.KeyInTPM {
		t.Error(keys.Level())
	}
	path := filepath.Join(dir, "device.tpm")
	if info := ok(os.Stat(path))(t); info.Mode().Perm() != 0o600 {
		t.Error(info.Mode())
	}
	if err := x.Close(); err != nil {
		t.Error(err)
	}

	x = start(t, chip)
	again := ok(x.Keys(dir).Open("device"))(t)
	if !made.Public().(*ecdsa.PublicKey).Equal(again.Public()) {
		t.Error("another key")
	}
	verify(t, again)
	x.Close()

	// Attacker: somebody with a copy of the flash card, and a TPM of his own.
	x = start(t, tpmtest.New(t))
	defer x.Close()
	if _, err := x.Keys(dir).Open("device"); err == nil {
		t.Error("another TPM uses the key")
	}
	b := ok(os.ReadFile(path))(t)
	for _, bad := range [][]byte{nil, b[:len(b)-1], append(bytes.Clone(b), 0), append([]byte("X"), b[1:]...)} {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Keys(dir).Open("device"); err == nil {
			t.Errorf("a file of %d bytes is taken for a key of %d", len(bad), len(b))
		}
	}
}

func TestDestroyed(t *testing.T) {
	x := start(t, tpmtest.New(t))
	defer x.Close()
	keys := x.Keys(t.TempDir())
	made, opened := ok(keys.New("event"))(t), ok(keys.Open("event"))(t)
	for range 2 {
		if err := keys.Destroy("event"); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []crypto.Signer{made, opened} {
		if _, err := s.Sign(nil, make([]byte, 32), crypto.SHA256); err == nil {
			t.Error("a destroyed key signs")
		}
	}
	if _, err := keys.Open("event"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a destroyed key opens: %v", err)
	}
	verify(t, ok(keys.New("event"))(t))
}

// The TPM signs everything that a camera signs, and what it signs verifies as anybody's.
func TestClaimWithKeysInTPM(t *testing.T) {
	x := start(t, tpmtest.New(t))
	defer x.Close()
	keys := x.Keys(t.TempDir())
	fleet, owner := certstest.NewFleet(t), certstest.NewOwner(t)
	id := certs.NewDeviceID()
	device, event := ok(keys.New("device"))(t), ok(keys.New("event"))(t)
	request := ok(certs.DeviceRequest(id, device, keys.Level()))(t)
	if _, err := certs.ParseRequest(request); err != nil {
		t.Fatal(err)
	}
	cert := ok(fleet.IssueDevice(device.Public().(*ecdsa.PublicKey), id, keys.Level()))(t)
	csr := ok(certs.EventRequest(id, event, keys.Level()))(t)
	settings := ok(certs.NewSettingsKey())(t)
	o := certs.Offer{Device: id, Owner: owner.ID, Epoch: 1, CSR: csr, Settings: ok(certs.X25519Public(settings.Recipient().String()))(t)}
	offer := ok(certs.ParseOffer(ok(certs.SignOffer(&o, cert, device))(t), fleet.Cert))(t)
	if offer.DeviceLevel != certs.KeyInTPM || offer.EventLevel != certs.KeyInTPM {
		t.Errorf("levels %q and %q", offer.DeviceLevel, offer.EventLevel)
	}
	grant := ok(certs.ParseGrant(ok(owner.Grant(offer, certs.Policy{Recipients: []string{owner.Recipient}}))(t), owner.ID))(t)
	if grant.Event.Level != certs.KeyInTPM {
		t.Errorf("event certificate: %q", grant.Event.Level)
	}
	rec := certs.Record{
		Device: id, Owner: owner.ID, Epoch: 1, Position: certs.Position{Boot: 1}, Type: certs.Online, PolicyVersion: 1,
		Wall: certs.Wall{UnixMs: uint64(time.Now().UnixMilli())}, Chain: [][]byte{grant.Event.Raw, grant.Root},
	}
	for range 8 { // half of all signatures have an s that is made low
		r := ok(certs.ParseRecord(ok(certs.SignRecord(&rec, grant.Event, event))(t)))(t)
		if err := r.Verify(grant.Event); err != nil {
			t.Error(err)
		}
		rec.Position.N++
	}
}

// Attacker: somebody who puts back the flash card as it was, or has the TPM forget its counter.
func TestCounterNeverFalls(t *testing.T) {
	chip := tpmtest.New(t)
	x := start(t, chip)
	c := ok(x.Counter())(t)
	first := ok(c.Read())(t)
	if first == 0 {
		t.Error("a fresh counter has no value")
	}
	for _, n := range []uint64{first + 1, first, first + 3, 0} {
		if err := c.Raise(n); err != nil {
			t.Fatal(err)
		}
	}
	if got := ok(c.Read())(t); got != first+3 {
		t.Errorf("counts %d, not %d", got, first+3)
	}
	x.Close()
	x = start(t, chip)
	c = ok(x.Counter())(t)
	if got := ok(c.Read())(t); got != first+3 {
		t.Errorf("after a start it counts %d, not %d", got, first+3)
	}
	if err := tpm.Undefine(x); err != nil {
		t.Fatal(err)
	}
	if got := ok(ok(x.Counter())(t).Read())(t); got <= first+3 {
		t.Errorf("defined anew it counts %d, not more than %d", got, first+3)
	}
	x.Close()
}

func TestNoTPM(t *testing.T) {
	if _, err := tpm.Open(filepath.Join(t.TempDir(), "tpmrm0")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := tpm.Open(file); err == nil {
		t.Error("a file is taken for a TPM")
	}
}

func FuzzWrapped(f *testing.F) {
	f.Add([]byte("SIGNET-TPM\x00\x01\x00\x01a\x00\x01b"))
	f.Fuzz(func(t *testing.T, b []byte) {
		again, err := tpm.Rewrap(b)
		if err == nil && !bytes.Equal(again, b) {
			t.Errorf("%x is written as %x", b, again)
		}
	})
}
