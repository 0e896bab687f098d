package media_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"signet/certs"
	"signet/cloud/media"
)

func open(t *testing.T, dir string) *media.Store {
	t.Helper()
	s, err := media.OpenStore(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// files lists what is in the folder, without folders.
func files(t *testing.T, dir string) (out []string) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPutAndRead(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	b := bytes.Repeat([]byte("sealed"), 1000)
	d, h := certs.NewDeviceID(), certs.HashOf(b)
	if has, err := s.Has(d, h); has || err != nil {
		t.Fatalf("before: %v, %v", has, err)
	}
	if _, err := s.Read(d, h); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before: %v", err)
	}
	for range 2 {
		if err := s.Put(d, h, uint64(len(b)), bytes.NewReader(b)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := open(t, dir).Read(d, h); err != nil || !bytes.Equal(got, b) {
		t.Errorf("read: %v", err)
	}
	other := certs.NewDeviceID()
	if has, err := s.Has(other, h); has || err != nil {
		t.Errorf("of another device: %v, %v", has, err)
	}
	if _, err := s.Read(other, h); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of another device: %v", err)
	}
	info, err := os.Stat(files(t, dir)[0])
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// What is not what it should be leaves nothing behind.
func TestNothingHalf(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	b := []byte("sealed")
	d, h := certs.NewDeviceID(), certs.HashOf(b)
	for name, r := range map[string]io.Reader{
		"other bytes": bytes.NewReader([]byte("selead")),
		"short":       bytes.NewReader(b[:3]),
		"long":        bytes.NewReader(append(bytes.Clone(b), 'x')),
		"torn":        io.MultiReader(bytes.NewReader(b[:3]), iotest.ErrReader(io.ErrUnexpectedEOF)),
	} {
		if err := s.Put(d, h, uint64(len(b)), r); err == nil {
			t.Errorf("%s was stored", name)
		}
		if left := files(t, dir); len(left) != 0 {
			t.Errorf("%s left %v", name, left)
		}
	}
	// A crash in the middle: the half file is gone when the store is opened again.
	if err := os.WriteFile(filepath.Join(dir, "tmp", "put-1"), b[:3], 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("a crash left %v", left)
	}
}

// What the disk has damaged is not handed out.
func TestDamagedFile(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	b := []byte("sealed")
	d, h := certs.NewDeviceID(), certs.HashOf(b)
	if err := s.Put(d, h, uint64(len(b)), bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files(t, dir)[0], []byte("seAled"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(d, h); !errors.Is(err, media.ErrHash) {
		t.Errorf("damaged file: %v", err)
	}
}

func TestReserve(t *testing.T) {
	s, err := media.OpenStore(t.TempDir(), 1<<62)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(certs.NewDeviceID(), certs.HashOf(nil), 0, bytes.NewReader(nil)); !errors.Is(err, media.ErrFull) {
		t.Errorf("no room: %v", err)
	}
}
