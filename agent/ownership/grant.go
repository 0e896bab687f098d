package ownership

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"signet/certs"
)

// Accept takes the grant that answers the pending offer, of a claim or of a renewal. From then on the camera is owned, or signs
// with the new key. One that was accepted before is ErrOwned or ErrKnown: the cloud repeats itself. ErrNoClaim says that no
// such offer is pending, and ErrOldCode that the claim code had expired when the grant came, by a clock that is known to be
// right. One whose policy cannot be applied is refused as a whole.
func (s *State) Accept(raw []byte) error {
	if err := s.accept(raw); err != nil {
		return fmt.Errorf("accept grant: %w", err)
	}
	return nil
}

func (s *State) accept(raw []byte) error {
	release, err := s.take()
	if err != nil {
		return err
	}
	defer release()
	t, e := s.held()
	switch {
	case e != nil:
		return ErrEnding
	case t != nil:
		return s.acceptRenewal(t, raw)
	}
	o, err := s.pending()
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNoClaim
	}
	if err != nil {
		return err
	}
	if s.over(o) {
		return ErrOldCode
	}
	grant, err := certs.ParseGrant(raw, o.owner)
	if err != nil {
		return err
	}
	if err := s.fits(grant, o, o); err != nil {
		return err
	}
	last, err := s.device.Epochs.Read()
	if err != nil {
		return err
	}
	if grant.Epoch != last+1 {
		return fmt.Errorf("grant is for epoch %d, the next is %d", grant.Epoch, last+1)
	}
	// What makes it true is the one rename. Should the power go before the epoch is noted, load notes it.
	if err := s.disk.write(filepath.Join(o.dir, grantFile), raw); err != nil {
		return err
	}
	if err := s.disk.rename(o.dir, s.path(ownedDir)); err != nil {
		return err
	}
	return s.load()
}

// fits says whether the grant can be put to work: everything in it, its settings too.
func (s *State) fits(g *certs.Grant, began *offered, others ...*offered) error {
	t, err := s.termsOf(g, began, append([]*offered{began}, others...))
	if err != nil {
		return err
	}
	_, err = t.with(g.Policy, s.now(), s.floor.Right())
	return err
}

// Apply takes a policy that the owner has signed. One that is not newer is refused with ErrOldTerms, and one whose settings do
// not open with the reason; what is in force stays so.
func (s *State) Apply(raw []byte) error {
	if err := s.apply(raw); err != nil {
		return fmt.Errorf("apply policy: %w", err)
	}
	return nil
}

func (s *State) apply(raw []byte) error {
	release, err := s.take()
	if err != nil {
		return err
	}
	defer release()
	t, e := s.held()
	switch {
	case e != nil:
		return ErrEnding
	case t == nil:
		return ErrUnowned
	}
	p, err := certs.ParsePolicy(raw, t.ownerKey)
	if err != nil {
		return err
	}
	if p.Version <= t.Policy.Version {
		return fmt.Errorf("version %d: %w (%d)", p.Version, ErrOldTerms, t.Policy.Version)
	}
	next, err := t.with(p, s.now(), s.floor.Right())
	if err != nil {
		return err
	}
	if err := s.disk.write(s.path(ownedDir, policyFile), raw); err != nil {
		return err
	}
	s.put(next, nil)
	return nil
}

// Announced says whether the claimed record with the offer of t is in the spool.
func (s *State) Announced(t *Terms) bool { return exists(filepath.Join(t.dir, claimedFile)) }

// SetAnnounced notes that it is. Should a power cut come between the two, the record is written twice, which the cloud takes.
// After a renewal the event keys before it are destroyed then: until the record was made they may have had to sign.
func (s *State) SetAnnounced(t *Terms) error {
	release, err := s.take()
	if err != nil {
		return fmt.Errorf("note claim: %w", err)
	}
	defer release()
	if now, _ := s.held(); now == nil || now.Epoch != t.Epoch {
		return nil // it is over already
	}
	if err := s.disk.write(filepath.Join(t.dir, claimedFile), nil); err != nil {
		return fmt.Errorf("note claim: %w", err)
	}
	return s.load()
}
