package certs_test

import (
	"bytes"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/fxamacker/cbor/v2"

	"signet/certs"
	"signet/certs/certstest"
)

// What other people's tools say of our certificates, signatures and files. Where a tool is absent, its test is skipped.

// run runs a tool and returns what it says, on both streams.
func run(t *testing.T, tool string, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		t.Skipf("%s is not installed", tool)
	}
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	return string(out), err
}

func pemFile(t *testing.T, name, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenSSLBuildsThePaths(t *testing.T) {
	w := certstest.New(t)
	other := certstest.NewOwner(t)
	event := pemFile(t, "event.pem", "CERTIFICATE", w.Camera.Cert.Raw)
	root := pemFile(t, "root.pem", "CERTIFICATE", w.Owner.Root)
	foreign := pemFile(t, "foreign.pem", "CERTIFICATE", other.Root)
	device := pemFile(t, "device.pem", "CERTIFICATE", w.Camera.DeviceCert)
	receipts := pemFile(t, "receipts.pem", "CERTIFICATE", certstest.NewReceipts(t, w.Fleet).Cert)
	fleet := pemFile(t, "fleet.pem", "CERTIFICATE", w.Fleet.Cert.Raw)
	server := certstest.NewKey(t)
	tls := pemFile(t, "server.pem", "CERTIFICATE", ok(w.Fleet.IssueServer(&server.PublicKey, []string{"cloud.example", "127.0.0.1", "::1"}))(t))
	for _, c := range []struct {
		name string
		ok   bool
		args []string
	}{
		{"event certificate to its owner", true, []string{root, event}},
		{"event certificate to another owner", false, []string{foreign, event}},
		{"event certificate to the fleet", false, []string{fleet, event}},
		{"device certificate to its fleet", true, []string{fleet, "-purpose", "sslclient", device}},
		{"device certificate as a server's", false, []string{fleet, "-purpose", "sslserver", device}},
		{"receipt certificate", true, []string{fleet, receipts}},
		{"server certificate by name", true, []string{fleet, "-purpose", "sslserver", "-verify_hostname", "cloud.example", tls}},
		{"server certificate by address", true, []string{fleet, "-purpose", "sslserver", "-verify_ip", "127.0.0.1", tls}},
		{"server certificate of another name", false, []string{fleet, "-verify_hostname", "example.net", tls}},
	} {
		out, err := run(t, "openssl", append([]string{"verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-CAfile"}, c.args...)...)
		if (err == nil) != c.ok {
			t.Errorf("%s: accepted is %v: %s", c.name, err == nil, out)
		}
	}
}

func TestOpenSSLReadsTheNames(t *testing.T) {
	w := certstest.New(t)
	out, err := run(t, "openssl", "x509", "-noout", "-subject", "-dates", "-ext", "subjectAltName", "-in", pemFile(t, "event.pem", "CERTIFICATE", w.Camera.Cert.Raw))
	if err != nil {
		t.Fatal(err, out)
	}
	for _, want := range []string{"serialNumber = 1", "OU = key in a file", "URI:" + w.Camera.ID.URN(), "Dec 31 23:59:59 9999 GMT", "Jan  1 00:00:00 2020 GMT"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in %s", want, out)
		}
	}
	csr := ok(certs.EventRequest(w.Camera.ID, certstest.NewKey(t), certs.KeyInFile))(t)
	if out, err := run(t, "openssl", "req", "-noout", "-verify", "-in", pemFile(t, "csr.pem", "CERTIFICATE REQUEST", csr)); err != nil || !strings.Contains(out, "OK") {
		t.Errorf("request: %v %s", err, out)
	}
}

// TestOpenSSLVerifiesARecord gives openssl the Sig_structure of RFC 9052, section 4.4, put together here.
func TestOpenSSLVerifiesARecord(t *testing.T) {
	w := certstest.New(t)
	m := parts(t, w.Camera.Online(t).Raw)
	tbs := list(tstr("Signature1"), bstr(m.Protected), bstr([]byte("signet/v1 record")), bstr(m.Payload))
	der := ok(asn1.Marshal([]*big.Int{new(big.Int).SetBytes(m.Signature[:32]), new(big.Int).SetBytes(m.Signature[32:])}))(t)
	dir := t.TempDir()
	for name, b := range map[string][]byte{"tbs": tbs, "sig": der} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key := pemFile(t, "key.pem", "PUBLIC KEY", certstest.SPKI(t, w.Camera.Cert.Key))
	verify := func() (string, error) {
		return run(t, "openssl", "dgst", "-sha256", "-verify", key, "-signature", filepath.Join(dir, "sig"), filepath.Join(dir, "tbs"))
	}
	if out, err := verify(); err != nil {
		t.Errorf("refused: %s", out)
	}
	if err := os.WriteFile(filepath.Join(dir, "tbs"), append(tbs, 0), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := verify(); err == nil {
		t.Error("accepted other bytes")
	}
}

// coseParts is a COSE_Sign1 taken apart by a decoder without any of our rules.
type coseParts struct {
	_           struct{} `cbor:",toarray"`
	Protected   []byte
	Unprotected map[any]any
	Payload     []byte
	Signature   []byte
}

func parts(t testing.TB, b []byte) coseParts {
	t.Helper()
	var tag cbor.RawTag
	var p coseParts
	if err := cbor.Unmarshal(b, &tag); err != nil {
		t.Fatal(err)
	}
	if err := cbor.Unmarshal(tag.Content, &p); err != nil || tag.Number != 18 {
		t.Fatal(tag.Number, err)
	}
	return p
}

func TestAgeCommandOpensWhatWasSealed(t *testing.T) {
	o, dir := certstest.NewOwner(t), t.TempDir()
	if err := o.Save(dir); err != nil {
		t.Fatal(err)
	}
	secret := bytes.Repeat([]byte("what the camera saw "), 5000) // more than one chunk of age's
	file := filepath.Join(dir, "thumbnail.age")
	if err := os.WriteFile(file, ok(ok(certs.NewSealer([]string{o.Recipient}))(t).Seal(secret))(t), 0o600); err != nil {
		t.Fatal(err)
	}
	opened := filepath.Join(dir, "thumbnail.jpg")
	if out, err := run(t, "age", "-d", "-i", filepath.Join(dir, "picture.key"), "-o", opened, file); err != nil {
		t.Fatal(err, out)
	}
	if !bytes.Equal(ok(os.ReadFile(opened))(t), secret) {
		t.Error("age opened something else")
	}
	out, err := run(t, "age-keygen", "-y", filepath.Join(dir, "picture.key"))
	if err != nil || strings.TrimSpace(out) != o.Recipient {
		t.Errorf("age-keygen says %q (%v), want %s", out, err, o.Recipient)
	}
	other := certstest.NewOwner(t)
	if err := other.Save(filepath.Join(dir, "other")); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, "age", "-d", "-i", filepath.Join(dir, "other", "picture.key"), file); err == nil {
		t.Error("another owner's identity opens it")
	}
}

func TestSealedByTheAgeCommandIsOpened(t *testing.T) {
	o, dir := certstest.NewOwner(t), t.TempDir()
	plain, file := filepath.Join(dir, "plain"), filepath.Join(dir, "file.age")
	if err := os.WriteFile(plain, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := run(t, "age", "-r", o.Recipient, "-o", file, plain); err != nil {
		t.Fatal(err, out)
	}
	var id age.Identity = o.Identity
	if got := ok(certs.Open(ok(os.ReadFile(file))(t), 1000, id))(t); string(got) != "hello" {
		t.Errorf("opened %q", got)
	}
}
