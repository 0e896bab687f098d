// Package claim is the owner's side of taking a camera into possession by file: it makes claim codes, remembers their
// secrets until they are used or expired, and turns a camera's offer into a grant.
//
// Its one invariant: a code makes at most one grant. The code is forgotten, durably, before the grant leaves.
package claim

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"signet/certs"
)

// ErrNoCode says that no code that waits here was shown to the camera that made the offer: it was used, has expired,
// or is another owner's.
var ErrNoCode = errors.New("made with a code that does not wait here")

const suffix = ".code"

// maxWaiting bounds how many codes wait at a time.
const maxWaiting = 32

// Desk makes and redeems the codes of one owner. It is for one goroutine at a time.
type Desk struct {
	owner *certs.Owner
	dir   string
	now   func() time.Time
}

// NewDesk returns a desk that keeps waiting codes in dir, each in a file of mode 0600.
func NewDesk(o *certs.Owner, dir string) *Desk { return &Desk{owner: o, dir: dir, now: time.Now} }

// NewCode makes a code that is good once and for the time that it is given.
func (d *Desk) NewCode(life time.Duration) (*certs.ClaimCode, error) {
	if life <= 0 {
		return nil, fmt.Errorf("make claim code: valid for %v", life)
	}
	waiting, err := d.waiting()
	if err != nil {
		return nil, err
	}
	if len(waiting) >= maxWaiting {
		return nil, fmt.Errorf("make claim code: %d codes wait already in %s", len(waiting), d.dir)
	}
	c := certs.NewClaimCode(d.owner, d.now().Add(life))
	text, err := c.Text()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make claim code: %w", err)
	}
	if err := certs.WriteFile(d.path(c), []byte(text+"\n"), 0o600); err != nil {
		return nil, err
	}
	return c, nil
}

// path names the file of a code by a hash, which tells nothing of its secret.
func (d *Desk) path(c *certs.ClaimCode) string {
	return filepath.Join(d.dir, certs.HashOf(c.Secret[:]).String()[:16]+suffix)
}

// Accepted is an offer that was accepted.
type Accepted struct {
	Offer *certs.SignedOffer
	Grant []byte // encoded, for the camera
}

// Accept checks that the offer comes from a device of the fleet that has seen a waiting code, for this owner, and
// grants it: pictures to the owner, no other viewers. It uses the code up.
func (d *Desk) Accept(msg []byte, fleet *x509.Certificate) (*Accepted, error) {
	waiting, err := d.waiting()
	if err != nil {
		return nil, err
	}
	m, err := certs.ParseOfferMessage(msg)
	if err != nil {
		return nil, fmt.Errorf("accept offer: %w (%v)", ErrNoCode, err)
	}
	why := errors.New("no code waits")
	for _, code := range waiting {
		if why = m.Proves(code.Secret); why != nil {
			continue
		}
		offer, err := m.ParseOffer(fleet)
		if err != nil {
			return nil, err
		}
		grant, err := d.owner.Grant(offer, certs.Policy{Recipients: []string{code.Recipient()}})
		if err != nil {
			return nil, err
		}
		if err := d.forget(code); err != nil {
			return nil, err
		}
		return &Accepted{offer, grant}, nil
	}
	return nil, fmt.Errorf("accept offer: %w (%v)", ErrNoCode, why)
}

func (d *Desk) forget(c *certs.ClaimCode) error {
	if err := os.Remove(d.path(c)); err != nil {
		return fmt.Errorf("use up claim code: %w", err)
	}
	return certs.SyncDir(d.dir)
}

// waiting returns the codes that may still be used and removes the files of those that may not.
func (d *Desk) waiting() ([]*certs.ClaimCode, error) {
	entries, err := os.ReadDir(d.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read claim codes: %w", err)
	}
	var codes []*certs.ClaimCode
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), suffix) {
			continue
		}
		b, err := certs.ReadSecret(filepath.Join(d.dir, e.Name()))
		if err != nil {
			return nil, err
		}
		c, err := certs.ParseClaimCode(string(b))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		if c.Owner == d.owner.ID && d.now().Before(c.NotAfter) {
			codes = append(codes, c)
			continue
		}
		if err := os.Remove(filepath.Join(d.dir, e.Name())); err != nil {
			return nil, fmt.Errorf("remove expired claim code: %w", err)
		}
	}
	return codes, nil
}
