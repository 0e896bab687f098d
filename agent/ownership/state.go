package ownership

import (
	"errors"
	"path/filepath"
	"sync"
	"time"

	"signet/agent/clock"
	"signet/agent/identity"
	"signet/certs"
)

// Errors that callers branch on.
var (
	ErrOwned    = errors.New("camera has an owner")
	ErrUnowned  = errors.New("camera has no owner")
	ErrNoClaim  = errors.New("no claim is pending")
	ErrOldCode  = errors.New("claim code has expired")
	ErrUsedCode = errors.New("claim code was used before")
	ErrFleet    = errors.New("claim code is for cameras of another fleet")
	ErrOldTerms = errors.New("policy is not newer than the one in force")
	ErrKnown    = errors.New("grant was accepted before")
	ErrEnding   = errors.New("epoch is being closed")
	ErrUnread   = errors.New("read ownership") // the state folder cannot be read, or is damaged
)

// Names in the state folder.
const (
	pendingDir = "pending"
	ownedDir   = "owned"
	endedDir   = "ended"
	endingFile = "ending"
	formerFile = "former.json"
	timeFile   = "time"
)

// maxFile bounds the files read here, in bytes.
const maxFile = 512 << 10

// sealerEvery is how often it is looked whether a viewer's time is over.
const sealerEvery = 30 * time.Second

// State is the ownership kept in a state folder. It is safe for concurrent use. Terms, Ending and Changed never wait for the
// flash; all else may, and for another process that changes the folder.
type State struct {
	dir   string
	disk  disk
	floor *clock.Floor
	now   func() time.Time

	// turn is held by whoever reads or changes the folder.
	turn   sync.Mutex
	device *identity.Device
	former former
	closed uint64     // epoch that this process has closed, whatever the folder says
	seen   certs.Hash // message that Waiting returned
	since  time.Time  // when it did first

	mu      sync.Mutex
	terms   *Terms    // nil: unowned
	checked time.Time // when it was looked whether terms.Sealer is right
	ending  *Ending
	changed chan struct{} // closed by the next change
}

// Open reads the ownership in the state folder dir, and completes what a power cut interrupted. The error wraps ErrUnread where
// restoring the folder or Discard helps.
func Open(dir string, device *identity.Device) (*State, error) {
	floor, err := clock.OpenFloor(filepath.Join(dir, timeFile), clock.Synchronised)
	if err != nil {
		return nil, unread(err, "remove that file: it is made again")
	}
	s := newState(dir, device, floor)
	return s, s.Reload()
}

func newState(dir string, device *identity.Device, floor *clock.Floor) *State {
	return &State{dir: dir, device: device, disk: osDisk{}, floor: floor, now: time.Now, changed: make(chan struct{})}
}

// Terms returns the terms in force, or nil when the camera has no owner. It costs nothing, but that every half minute it is
// looked whether a viewer's time is over.
func (s *State) Terms() *Terms {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.terms == nil || now.Sub(s.checked).Abs() < sealerEvery { // a clock that was set asks for a look
		return s.terms
	}
	s.checked = now
	if t, err := s.terms.at(now, s.floor.Right()); err == nil { // else it seals to those of before, who are the owner at least
		s.terms = t
	}
	return s.terms
}

// Changed returns a channel that is closed when Terms, Ending or what Waiting returns is no longer what it was. Terms that
// differ in their Sealer only are no change.
func (s *State) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// Heard takes in the time of a receipt that was verified: so late it is at least. See clock.Floor.
func (s *State) Heard(at time.Time) error { return s.floor.Raise(at) }

// set puts a state in force and tells who waits.
func (s *State) set(t *Terms, e *Ending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.terms, s.ending = t, e
	s.tell()
}

// tell tells who waits. mu must be held.
func (s *State) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// SetDevice says that the fleet has certified the same camera anew: what is signed from now on shows that certificate.
func (s *State) SetDevice(d *identity.Device) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.device = d
}

// take waits for the turn to change the folder, also other processes', and reads what it says now. release must be called
// where err is nil.
func (s *State) take() (release func(), err error) {
	s.turn.Lock()
	unlock, err := lock(s.dir)
	if err != nil {
		s.turn.Unlock()
		return nil, err
	}
	release = func() { unlock(); s.turn.Unlock() }
	if err := s.load(); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// held returns the terms and the ending without looking at the time.
func (s *State) held() (*Terms, *Ending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.terms, s.ending
}

func (s *State) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}
