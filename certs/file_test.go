package certs_test

import (
	"crypto"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"signet/certs"
	"signet/certs/certstest"
)

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	key := certstest.NewKey(t)
	if err := certs.WriteKey(path, key); err != nil {
		t.Fatal(err)
	}
	if info := ok(os.Stat(path))(t); info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v", info.Mode())
	}
	if got := ok(certs.ReadKey(path))(t); !got.Equal(key) {
		t.Error("read another key")
	}
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620, 0o601, 0o666} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := certs.ReadKey(path)
		if !errors.Is(err, certs.ErrExposed) || !strings.Contains(err.Error(), path) {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := certs.ReadKey(path); err != nil {
		t.Errorf("mode 0400: %v", err)
	}
}

// opaque is a key that stays where it is, like one in a TPM: only its public half can be had.
type opaque struct{ crypto.Signer }

func TestOpaqueKeyIsNotWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := certs.WriteKey(path, opaque{certstest.NewKey(t)}); err == nil {
		t.Error("wrote a key that cannot be had")
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("left a file")
	}
}

func TestReadKeyRefuses(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	if err := certs.WriteKey(good, certstest.NewKey(t)); err != nil {
		t.Fatal(err)
	}
	b := ok(os.ReadFile(good))(t)
	for name, content := range map[string][]byte{
		"empty": nil, "words": []byte("a key"), "a certificate": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}}),
		"no DER":   pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret words")}),
		"two keys": append(append([]byte{}, b...), b...), "large": make([]byte, 1<<20),
	} {
		path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
		if err := certs.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := certs.ReadKey(path)
		if err == nil {
			t.Errorf("%s: read", name)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells what was in the file: %v", name, err)
		}
	}
	if _, err := certs.ReadKey(dir); err == nil {
		t.Error("read a folder")
	}
	if _, err := certs.ReadKey(filepath.Join(dir, "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := certs.ReadKey(pipe); err == nil { // and does not wait for a writer
		t.Error("read a pipe")
	}
	if _, err := certs.ReadCert("/dev/zero"); err == nil { // and does not read without end
		t.Error("read a device")
	}
}

func TestCertFile(t *testing.T) {
	f, path := certstest.NewFleet(t), filepath.Join(t.TempDir(), "fleet.pem")
	if err := certs.WriteCert(path, f.Cert.Raw); err != nil {
		t.Fatal(err)
	}
	if c := ok(certs.ReadCA(path))(t); !c.Equal(f.Cert) {
		t.Error("read another certificate")
	}
	b := ok(os.ReadFile(path))(t)
	if err := certs.WriteFile(path, append(b, b...), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := certs.ReadCert(path); err == nil {
		t.Error("read one of two certificates")
	}
	if err := certs.WriteCert(path, certstest.NewCamera(t, f).DeviceCert); err != nil {
		t.Fatal(err)
	}
	if _, err := certs.ReadCA(path); err == nil {
		t.Error("took a device certificate for a CA's")
	}
}

func TestWriteFileModeIsExact(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077))
	path := filepath.Join(t.TempDir(), "f")
	if err := certs.WriteFile(path, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if info := ok(os.Stat(path))(t); info.Mode().Perm() != 0o644 {
		t.Errorf("mode is %v", info.Mode())
	}
}

// TestWriteFileIsAtomic reads while two contents are written in turn: only whole ones are seen, and nothing else stays.
func TestWriteFileIsAtomic(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	contents := [2]string{strings.Repeat("a", 100_000), strings.Repeat("b", 50_000)}
	if err := certs.WriteFile(path, []byte(contents[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 50 {
			if err := certs.WriteFile(path, []byte(contents[i%2]), 0o600); err != nil {
				t.Error(err)
			}
		}
	})
	for range 200 {
		if got := string(ok(os.ReadFile(path))(t)); got != contents[0] && got != contents[1] {
			t.Fatalf("saw %d bytes that nobody wrote", len(got))
		}
	}
	wg.Wait()
	if left := ok(os.ReadDir(dir))(t); len(left) != 1 {
		t.Errorf("left %v", left)
	}
}

// TestWriteFileSurvivesKill kills a writer in the middle of its work, again and again.
func TestWriteFileSurvivesKill(t *testing.T) {
	const files = "CERTS_TEST_WRITE"
	contents := [2]string{strings.Repeat("a", 300_000), strings.Repeat("b", 200_000)}
	if path := os.Getenv(files); path != "" { // the writer
		for i := 0; ; i++ {
			if err := certs.WriteFile(path, []byte(contents[i%2]), 0o600); err != nil {
				t.Fatal(err)
			}
			os.Stdout.WriteString(".")
		}
	}
	path := filepath.Join(t.TempDir(), "f")
	for round := range 5 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWriteFileSurvivesKill$")
		cmd.Env = append(os.Environ(), files+"="+path)
		out := ok(cmd.StdoutPipe())(t)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(out, make([]byte, 3+round)); err != nil {
			t.Error(err)
		}
		cmd.Process.Kill()
		cmd.Wait()
		if got := string(ok(os.ReadFile(path))(t)); got != contents[0] && got != contents[1] {
			t.Fatalf("the kill left %d bytes that nobody wrote", len(got))
		}
	}
}

func TestWriteFileFailureKeepsTheOldContent(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := os.Mkdir(path, 0o700); err != nil { // a folder cannot be replaced by a file
		t.Fatal(err)
	}
	if err := certs.WriteFile(path, []byte("new"), 0o600); err == nil {
		t.Error("wrote over a folder")
	}
	if left := ok(os.ReadDir(dir))(t); len(left) != 1 {
		t.Errorf("left %v", left)
	}
	if err := certs.WriteFile(filepath.Join(dir, "absent", "f"), nil, 0o600); err == nil {
		t.Error("wrote into a folder that is not there")
	}
}

func TestFleetFolder(t *testing.T) {
	f, dir := certstest.NewFleet(t), filepath.Join(t.TempDir(), "fleet")
	if err := f.Save(dir); err != nil {
		t.Fatal(err)
	}
	got := ok(certs.LoadFleet(dir))(t)
	if !got.Cert.Equal(f.Cert) {
		t.Error("loaded another certificate")
	}
	if err := certs.WriteKey(filepath.Join(dir, "fleet.key"), certstest.NewKey(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := certs.LoadFleet(dir); err == nil {
		t.Error("loaded a key that is not the certificate's")
	}
}

func TestOwnerFolder(t *testing.T) {
	o, dir := certstest.NewOwner(t), filepath.Join(t.TempDir(), "owner")
	if err := o.Save(dir); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]fs.FileMode{"": 0o700, "owner.seed": 0o600, "picture.key": 0o600, "owner.pem": 0o644} {
		if info := ok(os.Stat(filepath.Join(dir, name)))(t); info.Mode().Perm() != mode {
			t.Errorf("%q has mode %v", name, info.Mode())
		}
	}
	got := ok(certs.LoadOwner(dir))(t)
	if got.ID != o.ID || got.Seed() != o.Seed() || got.Recipient != o.Recipient || string(got.Root) != string(o.Root) {
		t.Error("loaded another owner")
	}
	seed := filepath.Join(dir, "owner.seed")
	if err := os.Chmod(seed, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := certs.LoadOwner(dir); !errors.Is(err, certs.ErrExposed) {
		t.Errorf("exposed seed: %v", err)
	}
	if err := certstest.NewOwner(t).Save(dir); err != nil {
		t.Fatal(err)
	}
	if err := certs.WriteCert(filepath.Join(dir, "owner.pem"), o.Root); err != nil {
		t.Fatal(err)
	}
	if _, err := certs.LoadOwner(dir); err == nil {
		t.Error("loaded a root that is not the seed's")
	}
	if err := certs.WriteFile(seed, []byte("SIGNET-SEED-1:short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := certs.LoadOwner(dir); err == nil || strings.Contains(err.Error(), "short") {
		t.Errorf("short seed: %v", err)
	}
}
