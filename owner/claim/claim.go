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

// Proven is an offer of a camera of the fleet that has seen a waiting code.
type Proven struct {
	Offer *certs.SignedOffer
	View  []byte // what the camera saw, image/jpeg, opened; nil: it showed nothing
	code  *certs.ClaimCode
}

// Code returns the code that the offer proves.
func (p *Proven) Code() *certs.ClaimCode { return p.code }

// Prove checks that an offer comes from a device of the fleet that has seen a waiting code, for this owner. It does not use
// the code up.
func (d *Desk) Prove(msg []byte, fleet *x509.Certificate) (*Proven, error) {
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
		p := &Proven{code: code}
		if p.Offer, err = m.ParseOffer(fleet); err != nil {
			return nil, err
		}
		if p.Offer.Owner != d.owner.ID {
			return nil, fmt.Errorf("accept offer: it is for owner %s, not %s", p.Offer.Owner.Short(), d.owner.ID.Short())
		}
		if len(m.View) > 0 {
			if p.View, err = certs.Open(m.View, certs.MaxView, d.owner.Identity); err != nil {
				return nil, fmt.Errorf("accept offer: view: %w", err)
			}
		}
		return p, nil
	}
	return nil, fmt.Errorf("accept offer: %w (%v)", ErrNoCode, why)
}

// Grant accepts a proven offer: pictures to the owner's recipients (nil: to the picture key of the code), no other viewers.
// It uses the code up.
func (d *Desk) Grant(p *Proven, recipients []string) ([]byte, error) {
	if recipients == nil {
		recipients = []string{p.code.Recipient()}
	}
	grant, err := d.owner.Grant(p.Offer, certs.Policy{Recipients: recipients})
	if err != nil {
		return nil, err
	}
	return grant, d.forget(p.code)
}

// Forget uses a code up without a grant.
func (d *Desk) Forget(c *certs.ClaimCode) error { return d.forget(c) }

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
