package ownership

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"signet/agent/clock"
	"signet/agent/identity"
	"signet/certs"
)

// Ending is an epoch that is to be closed.
type Ending struct {
	Epoch uint64
	// Cause is why. 0: the epoch is over already, since the camera was claimed in a later one; no record of it can be bound any
	// more, Terms returns nil, and all that is left to do is Close.
	Cause   certs.ClosingCause
	Release []byte // the owner's, where that is the cause
	Noted   bool   // durably: a restart finds it again
}

const resetWord = "reset "

// Ending returns the epoch that is to be closed, or nil. Then what runs is to be ended, the closed record written, and Close
// called; a restart before that finds the same Ending.
func (s *State) Ending() *Ending {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ending
}

// Release takes the owner's release of this camera from this epoch; then Ending is not nil. One that came before is taken
// again. ErrUnowned says that nothing is left to release.
func (s *State) Release(raw []byte) error {
	if err := s.release(raw); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	return nil
}

func (s *State) release(raw []byte) error {
	unlock, err := s.take()
	if err != nil {
		return err
	}
	defer unlock()
	t, e := s.held()
	if t == nil {
		return ErrUnowned
	}
	if err := s.releases(t, raw); err != nil {
		return err
	}
	if e != nil {
		return nil
	}
	if err := s.disk.write(s.path(endingFile), raw); err != nil {
		return err
	}
	s.set(t, &Ending{t.Epoch, certs.Released, raw, true})
	return nil
}

// releases says whether raw is the owner's release of this camera from the epoch of t.
func (s *State) releases(t *Terms, raw []byte) error {
	r, err := certs.ParseRelease(raw, t.ownerKey)
	if err != nil {
		return err
	}
	if r.Device != s.device.ID || r.Owner != t.Owner || r.Epoch != t.Epoch || r.OfferHash != t.Began {
		return errors.New("it is of another camera, owner or epoch")
	}
	return nil
}

// Reset ends the ownership from the camera's side; then Ending is not nil. That is so also where there is an error, if the
// camera has an owner: the flash took no note of it, or the folder cannot be read any more, and a restart before Close would
// find the owner again. A camera that was only offered drops that claim. ErrUnowned says that there is nothing to reset. An
// error with no Ending is of a claim that is still there, or wraps ErrUnread: then Discard is what is left.
func (s *State) Reset() error {
	if err := s.reset(); err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	return nil
}

func (s *State) reset() error {
	unlock, err := s.take()
	if err != nil {
		s.resetUnread()
		return err
	}
	defer unlock()
	t, e := s.held()
	switch {
	case e != nil:
		return nil
	case t == nil && exists(s.path(pendingDir)):
		return s.drop()
	case t == nil:
		return ErrUnowned
	}
	err = s.disk.write(s.path(endingFile), []byte(resetWord+strconv.FormatUint(t.Epoch, 10)+"\n"))
	s.set(t, &Ending{Epoch: t.Epoch, Cause: certs.Reset, Noted: err == nil})
	return err
}

// resetUnread ends what was in force before the folder could no longer be read.
func (s *State) resetUnread() {
	s.turn.Lock()
	defer s.turn.Unlock()
	if t, e := s.held(); t != nil && e == nil {
		s.set(t, &Ending{Epoch: t.Epoch, Cause: certs.Reset})
	}
}

// drop destroys the pending claim.
func (s *State) drop() error {
	if err := s.discard(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell()
	return nil
}

// readEnding returns what was noted of the end of the epoch of t.
func (s *State) readEnding(t *Terms) (*Ending, error) {
	raw, err := certs.ReadFile(s.path(endingFile), maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if word, ok := strings.CutPrefix(string(raw), resetWord); ok {
		if strings.TrimSpace(word) == strconv.FormatUint(t.Epoch, 10) {
			return &Ending{Epoch: t.Epoch, Cause: certs.Reset, Noted: true}, nil
		}
	} else if s.releases(t, raw) == nil {
		return &Ending{t.Epoch, certs.Released, raw, true}, nil
	}
	return nil, s.disk.clear(s.path(endingFile)) // of an epoch before
}

// Closing signs the camera's last word in the epoch that is to be closed, for the closed record at last.
func (s *State) Closing(last certs.Position) ([]byte, error) {
	s.turn.Lock()
	device := s.device
	s.turn.Unlock()
	t, e := s.held()
	if t == nil || e == nil || e.Cause == 0 {
		return nil, errors.New("sign closing: no epoch is to be closed")
	}
	c := certs.Closing{
		Device: device.ID, Owner: t.Owner, Epoch: t.Epoch, OfferHash: t.Began, Last: last, Cause: e.Cause, Release: e.Release,
	}
	return certs.SignClosing(&c, device.Cert, device.Key)
}

// Close ends the epoch that is to be closed: event keys, settings keys, policy and grant are destroyed, and the camera has no
// owner. last is the last position that was given to a record; what is sealed up to there drains (Drains). From Close on Terms
// is nil, whatever the error says, which is of what the flash did not do; the next Close or Open tries again.
func (s *State) Close(last certs.Position) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.Ending() == nil {
		return errors.New("close epoch: it is not to be closed")
	}
	unlock, err := lock(s.dir)
	if err == nil {
		defer unlock()
	}
	if err := errors.Join(err, s.close(last)); err != nil {
		return fmt.Errorf("close epoch: %w", err)
	}
	return nil
}

// Discard destroys an ownership that Open cannot read, without a last record: event keys as far as their names can be read,
// settings keys, policy and grant. last is as for Close. Nobody has the folder open.
func Discard(dir string, device *identity.Device, last certs.Position) error {
	floor, err := clock.OpenFloor(filepath.Join(dir, timeFile), clock.Synchronised)
	if err != nil { // it says nothing, and is made again
		_ = os.Remove(filepath.Join(dir, timeFile))
	}
	unlock, err := lock(dir)
	if err != nil {
		return fmt.Errorf("discard ownership: %w", err)
	}
	defer unlock()
	s := newState(dir, device, floor)
	if err := s.loadFormer(); err != nil {
		s.former = former{}
	}
	// What the folder itself says of its epoch may be what is damaged.
	count, err := device.Epochs.Read()
	s.ending = &Ending{Epoch: count}
	if err := errors.Join(err, s.close(last)); err != nil {
		return fmt.Errorf("discard ownership: %w", err)
	}
	return nil
}

func (s *State) close(last certs.Position) error {
	epoch, code := s.Ending().Epoch, ""
	if a, err := readAbout(s.path(ownedDir)); err == nil {
		epoch, code = a.Epoch, a.Code
	}
	errs := s.noteFormer(Drain{Epoch: epoch, Last: last}, code)
	// This rename makes it true; but where the flash takes none the keys go all the same.
	_ = s.destroy(s.path(endedDir))
	dir := s.path(endedDir)
	if err := s.disk.rename(s.path(ownedDir), dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		errs, dir = errors.Join(errs, err), s.path(ownedDir)
	}
	s.closed = epoch
	s.set(nil, nil)
	errs = errors.Join(errs, s.destroy(dir))
	if exists(s.path(ownedDir)) {
		return errs // and the ending stays
	}
	return errors.Join(errs, s.disk.clear(s.path(endingFile)))
}
