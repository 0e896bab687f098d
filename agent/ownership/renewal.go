package ownership

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"signet/certs"
)

// Renew makes the offer of a renewal where the policy in force asks for more of them than were made and none waits yet, and
// does nothing otherwise. The key in force signs until the grant is accepted. It is to be called after a policy came into
// force and at the start; Waiting returns what is to be sent.
func (s *State) Renew() error {
	if err := s.renew(); err != nil {
		return fmt.Errorf("renew event key: %w", err)
	}
	return nil
}

func (s *State) renew() error {
	release, err := s.take()
	if err != nil {
		return err
	}
	defer release()
	t, e := s.held()
	if t == nil || e != nil || t.Policy.Renewals <= t.Renewals {
		return nil
	}
	if _, err := s.renewing(t); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// However far behind the count is, one fresh key is enough.
	n := t.Policy.Renewals
	a := about{Owner: t.Owner.String(), Renewals: n}
	o := certs.Offer{Owner: t.Owner, Epoch: t.Epoch, Renews: &t.Began}
	if _, err := s.make(s.path(ownedDir, renewal+strconv.FormatUint(n, 10)), a, o, certs.JoinRenewal); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell()
	return nil
}

// renewing returns the renewal that waits for its grant. The error wraps fs.ErrNotExist where there is none.
func (s *State) renewing(t *Terms) (*offered, error) {
	folders, err := s.renewals()
	if err != nil {
		return nil, err
	}
	for n, dir := range folders {
		if n > t.Renewals {
			return readOffered(dir)
		}
	}
	return nil, fs.ErrNotExist
}

// acceptRenewal takes the grant of the renewal that waits. One file makes it true: the grant, which says whose keys are in
// force.
func (s *State) acceptRenewal(t *Terms, raw []byte) error {
	grant, err := certs.ParseGrant(raw, t.Owner)
	if err != nil || grant.Renews == nil {
		return ownedBy(t) // a claim's, ours or another's
	}
	if grant.OfferHash == certs.HashOf(t.Offer) {
		return ErrKnown
	}
	o, err := s.renewing(t)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNoClaim
	}
	if err != nil {
		return err
	}
	began, err := readOffered(s.path(ownedDir))
	if err != nil {
		return err
	}
	if grant.OfferHash != o.hash {
		return errors.New("grant answers another offer than the one this camera made")
	}
	if err := s.fits(grant, began, o); err != nil {
		return err
	}
	if err := s.disk.write(s.path(ownedDir, grantFile), raw); err != nil {
		return err
	}
	return s.load()
}
