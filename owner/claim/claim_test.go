package claim

import (
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signet/certs"
	"signet/owner/ownertest"
)

func newDesk(t *testing.T) (*Desk, *certs.Owner, *certs.Fleet) {
	t.Helper()
	o, err := certs.NewOwner()
	if err != nil {
		t.Fatal(err)
	}
	f, err := certs.NewFleet("fleet")
	if err != nil {
		t.Fatal(err)
	}
	return NewDesk(o, filepath.Join(t.TempDir(), "claims")), o, f
}

func newCode(t *testing.T, d *Desk) *certs.ClaimCode {
	t.Helper()
	c, err := d.NewCode(time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAcceptGrantsOnce(t *testing.T) {
	d, o, f := newDesk(t)
	newCode(t, d) // another one waits too
	c := newCode(t, d)
	msg, id, key := ownertest.Offer(t, f, c)
	a, err := accept(d, msg, f.Cert)
	if err != nil {
		t.Fatal(err)
	}
	g, err := certs.ParseGrant(a.Grant, o.ID)
	if err != nil {
		t.Fatal(err)
	}
	if g.Device != id || !g.Event.Key.Equal(&key.PublicKey) || g.Policy.Recipients[0] != o.Recipient || len(g.Policy.Viewers) != 0 {
		t.Errorf("grant is not for this camera, its key, this owner alone: %+v", g)
	}
	if _, err := accept(d, msg, f.Cert); !errors.Is(err, ErrNoCode) {
		t.Errorf("the same offer again: %v", err)
	}
	msg, _, _ = ownertest.Offer(t, f, c)
	if _, err := accept(d, msg, f.Cert); !errors.Is(err, ErrNoCode) {
		t.Errorf("another offer with the same code: %v", err)
	}
	if names, _ := filepath.Glob(filepath.Join(d.dir, "*")); len(names) != 1 {
		t.Errorf("left behind: %v", names)
	}
}

func TestAcceptRefuses(t *testing.T) {
	d, _, f := newDesk(t)
	other, err := certs.NewFleet("another")
	if err != nil {
		t.Fatal(err)
	}
	c := newCode(t, d)
	good, _, _ := ownertest.Offer(t, f, c)
	altered := append([]byte(nil), good...)
	altered[len(altered)/2] ^= 1
	stranger := *c
	stranger.Secret[0] ^= 1
	guessed, _, _ := ownertest.Offer(t, f, &stranger)
	notOurs, _, _ := ownertest.Offer(t, other, c)
	for _, tc := range []struct {
		name, want string
		msg        []byte
	}{
		{"altered", "does not wait here", altered},
		{"guessed secret", "does not wait here", guessed},
		{"not an offer", "does not wait here", []byte("hello")},
		{"empty", "does not wait here", nil},
		{"another fleet's device", "no path to", notOurs},
	} {
		if a, err := accept(d, tc.msg, f.Cert); err == nil || a != nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	if _, err := accept(d, good, f.Cert); err != nil {
		t.Errorf("the good one, after all of them: %v", err)
	}
}

func TestCodesExpireAndAreSecret(t *testing.T) {
	d, _, f := newDesk(t)
	c := newCode(t, d)
	info, err := os.Stat(d.path(c))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	msg, _, _ := ownertest.Offer(t, f, c)
	d.now = func() time.Time { return c.NotAfter }
	if _, err := accept(d, msg, f.Cert); !errors.Is(err, ErrNoCode) {
		t.Errorf("expired: %v", err)
	}
	if _, err := os.Stat(d.path(c)); !os.IsNotExist(err) {
		t.Errorf("the expired code is still there: %v", err)
	}
	d.now = time.Now
	c = newCode(t, d)
	if err := os.Chmod(d.path(c), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := d.NewCode(time.Minute); !errors.Is(err, certs.ErrExposed) {
		t.Errorf("a code that others may read: %v", err)
	}
}

// accepted is an offer that was granted.
type accepted struct {
	*Proven
	Grant []byte
}

func accept(d *Desk, msg []byte, fleet *x509.Certificate) (*accepted, error) {
	p, err := d.Prove(msg, fleet)
	if err != nil {
		return nil, err
	}
	grant, err := d.Grant(p, nil)
	if err != nil {
		return nil, err
	}
	return &accepted{p, grant}, nil
}
