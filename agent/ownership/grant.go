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
