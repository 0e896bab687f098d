package ownership

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"signet/agent/identity"
	"signet/certs"
)

// Offer answers a claim code that was shown at the time now: it makes fresh keys and returns the offer message for the owner.
// view is what the camera saw, sealed to the code's recipient already, at most 65536 bytes; nil without a lens. A code's
// secret is used once: the same code gives the same message, with the first view, as long as its claim is pending, and
// ErrUsedCode afterwards. Another code replaces the pending claim. It returns ErrOwned, ErrFleet, ErrOldCode, or
// identity.ErrNotEnrolled, and otherwise what the flash says.
func (s *State) Offer(code *certs.ClaimCode, view []byte, now time.Time) ([]byte, error) {
	msg, err := s.offer(code, view, now)
	if err != nil {
		return nil, fmt.Errorf("offer: %w", err)
	}
	return msg, nil
}

func (s *State) offer(code *certs.ClaimCode, view []byte, now time.Time) ([]byte, error) {
	release, err := s.take()
	if err != nil {
		return nil, err
	}
	defer release()
	if t, e := s.held(); t != nil || e != nil {
		return nil, ownedBy(t)
	}
	switch {
	case s.device.Cert == nil:
		return nil, identity.ErrNotEnrolled
	case !code.FitsFleet(s.device.Fleet):
		return nil, ErrFleet
	case s.floor.Past(now, code.NotAfter):
		return nil, ErrOldCode
	}
	secret := hashSecret(code)
	if p, err := s.pending(); err == nil && p.Code == secret {
		return certs.ReadFile(filepath.Join(p.dir, messageFile), maxFile)
	}
	if s.former.used(secret) {
		return nil, ErrUsedCode
	}
	if err := s.discard(); err != nil {
		return nil, err
	}
	last, err := s.device.Epochs.Read()
	if err != nil {
		return nil, err
	}
	a := about{Owner: code.Owner.String(), Until: code.NotAfter.Unix(), Code: secret}
	o := certs.Offer{Owner: code.Owner, Epoch: last + 1}
	if view != nil {
		h := certs.HashOf(view)
		o.View = &h
	}
	msg, err := s.make(s.path(pendingDir), a, o, func(offer []byte) ([]byte, error) {
		return certs.JoinOffer(offer, code.Secret, view)
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell()
	return msg, nil
}

// hashSecret names a code without telling its secret, which is as good as random.
func hashSecret(code *certs.ClaimCode) string {
	h := certs.HashOf(code.Secret[:])
	return hex.EncodeToString(h[:])
}

func ownedBy(t *Terms) error {
	if t == nil {
		return ErrEnding
	}
	return fmt.Errorf("%w (%s)", ErrOwned, t.Owner.Short())
}

// pending returns the claim that waits for its grant. The error wraps fs.ErrNotExist where there is none.
func (s *State) pending() (*offered, error) { return readOffered(s.path(pendingDir)) }

// over says whether the claim code of an offer has certainly expired.
func (s *State) over(o *offered) bool { return s.floor.Past(s.now(), time.Unix(o.Until, 0)) }

// discard destroys the pending claim, if any, and remembers that its code was used.
func (s *State) discard() error {
	if p, err := s.pending(); err == nil {
		if err := s.remember(p.Code); err != nil {
			return err
		}
	}
	return s.destroy(s.path(pendingDir))
}

// Waiting is an offer without a grant.
type Waiting struct {
	Message  []byte // for the owner; always the same, also after a restart
	Owner    certs.OwnerID
	Renewal  bool
	NotAfter time.Time // of the claim code; zero of a renewal, which waits for ever
}

// sendFor is how long the offer of a claim is sent where nobody knows what time it is.
const sendFor = 10 * time.Minute

// Waiting returns the offer that is to be sent until there is a grant, or nil: a claim's until its code has expired, by a clock
// that is known to be right, else for ten minutes; a renewal's until it is granted.
func (s *State) Waiting() (*Waiting, error) {
	release, err := s.take()
	if err != nil {
		return nil, fmt.Errorf("read offer: %w", err)
	}
	defer release()
	o, err := s.waiting()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read offer: %w", err)
	}
	w := &Waiting{Owner: o.owner, Renewal: o.Renewals > 0}
	if w.Message, err = certs.ReadFile(filepath.Join(o.dir, messageFile), maxFile); err != nil {
		return nil, fmt.Errorf("read offer: %w", err)
	}
	if w.Renewal {
		return w, nil
	}
	w.NotAfter = time.Unix(o.Until, 0)
	if s.seen != o.hash {
		s.seen, s.since = o.hash, time.Now()
	}
	if s.over(o) || !s.floor.Right() && time.Since(s.since) > sendFor {
		return nil, nil
	}
	return w, nil
}

func (s *State) waiting() (*offered, error) {
	if t, e := s.held(); e != nil {
		return nil, fs.ErrNotExist
	} else if t != nil {
		return s.renewing(t)
	}
	return s.pending()
}
