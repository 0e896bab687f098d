package ownership

import (
	"fmt"

	"signet/certs"
)

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
