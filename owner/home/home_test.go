package home

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signet/certs"
)

func TestCreateNeverOverwrites(t *testing.T) {
	d := Dir(filepath.Join(t.TempDir(), "signet"))
	if _, err := d.Owner(); !errors.Is(err, ErrNoOwner) {
		t.Errorf("before: %v", err)
	}
	o, err := d.Create()
	if err != nil {
		t.Fatal(err)
	}
	// Even what is left of an owner is kept: a lost seed may come back from a backup.
	if err := os.Remove(d.Path("owner.seed")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Create(); !errors.Is(err, ErrOwnerExists) {
		t.Errorf("over what is left: %v", err)
	}
	if root, err := certs.ReadCert(d.Path("owner.pem")); err != nil || string(root) != string(o.Root) {
		t.Errorf("the root has changed: %v", err)
	}
}

// What is left of an owner, or torn, is told by its path; a secret that others may read is refused, even the one that
// only age needs.
func TestOwnerThatCannotBeOpened(t *testing.T) {
	for _, x := range []struct {
		name, file string
		spoil      func(path string) error
		want       error
	}{
		{"torn seed", "owner.seed", func(path string) error { return os.Truncate(path, 20) }, ErrDamaged},
		{"empty seed", "owner.seed", func(path string) error { return os.Truncate(path, 0) }, ErrDamaged},
		{"no seed", "owner.seed", os.Remove, ErrDamaged},
		{"torn root", "owner.pem", func(path string) error { return os.Truncate(path, 20) }, ErrDamaged},
		{"no root", "owner.pem", os.Remove, ErrDamaged},
		{"open seed", "owner.seed", func(path string) error { return os.Chmod(path, 0o640) }, certs.ErrExposed},
		{"open picture key", "picture.key", func(path string) error { return os.Chmod(path, 0o604) }, certs.ErrExposed},
		{"no picture key", "picture.key", os.Remove, nil}, // it comes from the seed
	} {
		t.Run(x.name, func(t *testing.T) {
			d := Dir(filepath.Join(t.TempDir(), "signet"))
			if _, err := d.Create(); err != nil {
				t.Fatal(err)
			}
			if err := x.spoil(d.Path(x.file)); err != nil {
				t.Fatal(err)
			}
			_, err := d.Owner()
			if !errors.Is(err, x.want) {
				t.Fatalf("%v, not %v", err, x.want)
			}
			if err != nil && (!strings.Contains(err.Error(), x.file) || !strings.Contains(err.Error(), string(d))) {
				t.Errorf("%v does not name %s", err, d.Path(x.file))
			}
		})
	}
}

func TestParseURL(t *testing.T) {
	for in, ok := range map[string]bool{
		"https://localhost:8443": true, "https://cloud.example": true, "https://cloud.example/": true, "https://[::1]:8443": true,
		"http://localhost": false, "localhost:8443": false, "https://": false, "https://a/b": false, "https://a?x=1": false,
		"https://a#x": false, "https://me:secret@a": false, "": false,
	} {
		if _, err := ParseURL(in); (err == nil) != ok {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestRemembersCloudAndNames(t *testing.T) {
	d := Dir(filepath.Join(t.TempDir(), "signet"))
	if _, err := d.Cloud(); !errors.Is(err, ErrNoCloud) {
		t.Errorf("before: %v", err)
	}
	f, err := certs.NewFleet("fleet")
	if err != nil {
		t.Fatal(err)
	}
	u, _ := ParseURL("https://localhost:8443")
	if err := d.Remember(&Cloud{u, f.Cert}); err != nil {
		t.Fatal(err)
	}
	if c, err := d.Cloud(); err != nil || c.URL.String() != u.String() || !c.CA.Equal(f.Cert) {
		t.Errorf("%+v, %v", c, err)
	}
	a, b := certs.NewDeviceID(), certs.NewDeviceID()
	for _, n := range []struct {
		id   certs.DeviceID
		name string
	}{{a, "door"}, {b, "cellar"}, {a, `front "door"`}} {
		if err := d.Name(n.id, n.name); err != nil {
			t.Fatal(err)
		}
	}
	if names, err := d.Names(); err != nil || names[a] != `front "door"` || names[b] != "cellar" || len(names) != 2 {
		t.Errorf("%v, %v", names, err)
	}
	if err := os.WriteFile(d.Path("cloud.toml"), []byte("url = \"https://a\"\nurls = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Cloud(); err == nil || !strings.Contains(err.Error(), `unknown key "urls"`) {
		t.Errorf("a typo: %v", err)
	}
}
