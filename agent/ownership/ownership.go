// Package ownership is whose camera this is: the claim that is pending, the grant that was accepted and the
// policy in force, kept in the state folder so that a power cut leaves the old state or the new, never a mixture.
//
//	state/pending/  an offer was made: event key, offer, owner whom it is for, until when
//	state/owned/    a grant was accepted: the same, with grant and policy
//	state/epoch     the last epoch that was accepted; it only rises
//
// Accepting a grant is one rename of pending to owned.
package ownership

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
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
	ErrOldTerms = errors.New("policy is not newer than the one in force")
)

// Names in the state folder.
const (
	pendingDir  = "pending"
	ownedDir    = "owned"
	epochFile   = "epoch"
	keyFile     = "event.key"
	offerFile   = "offer.cose"
	forFile     = "owner"
	untilFile   = "until"
	grantFile   = "grant.cose"
	policyFile  = "policy.cose"
	claimedFile = "claimed"
)

// maxFile bounds the files read here, in bytes.
const maxFile = 512 << 10

// Terms are what an owned camera signs and seals by. They are immutable: a new policy makes new Terms.
type Terms struct {
	Owner    certs.OwnerID
	Epoch    uint64
	Event    *certs.EventCert
	Key      *ecdsa.PrivateKey // event key
	Root     []byte            // owner's root, DER
	Offer    []byte            // that began the epoch
	Policy   *certs.Policy
	Sealer   *certs.Sealer // to the policy's recipients
	ownerKey *ecdsa.PublicKey
}

// State is the ownership kept in a state folder. It is safe for concurrent use.
type State struct {
	dir    string
	device *identity.Device
	clock  func() (now time.Time, right bool)

	mu    sync.Mutex
	terms *Terms // nil: unowned
}

// Open reads the ownership in the state folder dir.
func Open(dir string, device *identity.Device) (*State, error) {
	s := &State{dir: dir, device: device, clock: func() (time.Time, bool) { return time.Now(), clock.Synchronised() }}
	return s, s.Reload()
}

// What helps where files are damaged.
const (
	ownedHelp = "restore the state folder's backup, or remove the folder " + ownedDir + " in it and claim the camera again"
	epochHelp = "restore the state folder's backup; while the camera has an owner that file may be removed, and is made again"
)

// Reload reads the folder again, for when another process has changed it.
func (s *State) Reload() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := os.Stat(s.path(ownedDir, grantFile))
	if errors.Is(err, fs.ErrNotExist) {
		s.terms = nil
		return nil
	}
	t, err := s.read()
	if err != nil {
		return identity.Damaged(fmt.Errorf("read ownership: %w", err), ownedHelp)
	}
	s.terms = t
	return nil
}

// Terms returns the terms in force, or nil when the camera has no owner.
func (s *State) Terms() *Terms {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.terms
}

func (s *State) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

// read loads and verifies everything of the owned folder.
func (s *State) read() (*Terms, error) {
	owner, err := readOwner(s.path(ownedDir, forFile))
	if err != nil {
		return nil, err
	}
	raw, err := certs.ReadFile(s.path(ownedDir, grantFile), maxFile)
	if err != nil {
		return nil, err
	}
	grant, err := certs.ParseGrant(raw, owner)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.path(ownedDir, grantFile), err)
	}
	t := &Terms{Owner: owner, Epoch: grant.Epoch, Event: grant.Event, Root: grant.Root}
	if t.Key, err = certs.ReadKey(s.path(ownedDir, keyFile)); err != nil {
		return nil, err
	}
	if t.Offer, err = certs.ReadFile(s.path(ownedDir, offerFile), maxFile); err != nil {
		return nil, err
	}
	if t.ownerKey, err = certs.OwnerKey(grant.Root, owner); err != nil {
		return nil, err
	}
	if err := s.matches(grant, t.Key, t.Offer); err != nil {
		return nil, err
	}
	if err := s.raiseEpoch(grant.Epoch); err != nil {
		return nil, err
	}
	if raw, err = certs.ReadFile(s.path(ownedDir, policyFile), maxFile); err != nil {
		return nil, err
	}
	policy, err := certs.ParsePolicy(raw, t.ownerKey)
	if err == nil {
		t, err = t.with(policy)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.path(ownedDir, policyFile), err)
	}
	return t, nil
}

// matches says whether a grant answers the offer that this camera made with this key.
func (s *State) matches(g *certs.Grant, key *ecdsa.PrivateKey, offer []byte) error {
	switch {
	case g.Device != s.device.ID:
		return fmt.Errorf("grant is for camera %s, this is %s", g.Device, s.device.ID)
	case g.OfferHash != certs.HashOf(offer):
		return errors.New("grant answers another offer than the one this camera made")
	case !g.Event.Key.Equal(&key.PublicKey):
		return errors.New("grant certifies another key than the one this camera offered")
	}
	return nil
}

// with returns t under another policy of the same epoch.
func (t *Terms) with(p *certs.Policy) (*Terms, error) {
	if p.Device != t.Event.Device || p.Owner != t.Owner || p.Epoch != t.Epoch || p.OfferHash != certs.HashOf(t.Offer) {
		return nil, errors.New("policy is of another camera, owner or epoch")
	}
	sealer, err := certs.NewSealer(p.Recipients)
	if err != nil {
		return nil, err
	}
	n := *t
	n.Policy, n.Sealer = p, sealer
	return &n, nil
}

func readOwner(path string) (certs.OwnerID, error) {
	b, err := certs.ReadFile(path, maxFile)
	if err != nil {
		return certs.OwnerID{}, err
	}
	id, err := certs.ParseKeyID(strings.TrimSpace(string(b)))
	if err != nil {
		return id, fmt.Errorf("read %s: %w", path, err)
	}
	return id, nil
}

// lastEpoch returns the last epoch that was accepted, 0 before the first.
func (s *State) lastEpoch() (uint64, error) {
	b, err := certs.ReadFile(s.path(epochFile), maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
	if err != nil {
		return 0, identity.Damaged(fmt.Errorf("read %s: not a number", s.path(epochFile)), epochHelp)
	}
	return n, nil
}

// raiseEpoch notes that epoch n was accepted.
func (s *State) raiseEpoch(n uint64) error {
	last, err := s.lastEpoch()
	if err != nil || last >= n {
		return err
	}
	return certs.WriteFile(s.path(epochFile), []byte(strconv.FormatUint(n, 10)+"\n"), 0o600)
}

// Offer answers a claim code: it makes a fresh event key and returns the offer message for the owner. A pending
// claim is replaced. An owned camera refuses with ErrOwned.
func (s *State) Offer(code *certs.ClaimCode, now time.Time) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terms != nil {
		return nil, fmt.Errorf("offer: %w (%s)", ErrOwned, s.terms.Owner.Short())
	}
	if s.device.Cert == nil {
		return nil, fmt.Errorf("offer: %w", identity.ErrNotEnrolled)
	}
	if now.After(code.NotAfter) {
		return nil, fmt.Errorf("offer: %w", ErrOldCode)
	}
	msg, err := s.offer(code)
	if err != nil {
		return nil, fmt.Errorf("offer: %w", err)
	}
	return msg, nil
}

func (s *State) offer(code *certs.ClaimCode) ([]byte, error) {
	last, err := s.lastEpoch()
	if err != nil {
		return nil, err
	}
	key, err := certs.NewKey()
	if err != nil {
		return nil, err
	}
	csr, err := certs.EventRequest(s.device.ID, key, certs.KeyInFile)
	if err != nil {
		return nil, err
	}
	settings, err := certs.NewSettingsKey()
	if err != nil {
		return nil, err
	}
	o := certs.Offer{Device: s.device.ID, Owner: code.Owner, Epoch: last + 1, CSR: csr}
	if o.Settings, err = certs.X25519Public(settings.Recipient().String()); err != nil {
		return nil, err
	}
	offer, err := certs.SignOffer(&o, s.device.Cert, s.device.Key)
	if err != nil {
		return nil, err
	}
	dir := s.path(pendingDir)
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	if err := certs.WriteKey(filepath.Join(dir, keyFile), key); err != nil {
		return nil, err
	}
	if err := certs.WriteFile(filepath.Join(dir, forFile), []byte(code.Owner.String()+"\n"), 0o600); err != nil {
		return nil, err
	}
	until := strconv.FormatInt(code.NotAfter.Unix(), 10) + "\n"
	if err := certs.WriteFile(filepath.Join(dir, untilFile), []byte(until), 0o600); err != nil {
		return nil, err
	}
	if err := certs.WriteFile(filepath.Join(dir, offerFile), offer, 0o600); err != nil {
		return nil, err
	}
	return certs.JoinOffer(offer, code.Secret, nil)
}

// Accept takes the grant that answers the pending offer. From then on the camera is owned. A grant that comes after the
// claim code has expired, by a clock that is known to be right, is refused with ErrOldCode.
func (s *State) Accept(raw []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terms != nil {
		return fmt.Errorf("accept grant: %w (%s)", ErrOwned, s.terms.Owner.Short())
	}
	if err := s.accept(raw); err != nil {
		return fmt.Errorf("accept grant: %w", err)
	}
	return nil
}

func (s *State) accept(raw []byte) error {
	offer, err := certs.ReadFile(s.path(pendingDir, offerFile), maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNoClaim
	}
	if err != nil {
		return err
	}
	if err := s.inTime(); err != nil {
		return err
	}
	owner, err := readOwner(s.path(pendingDir, forFile))
	if err != nil {
		return err
	}
	key, err := certs.ReadKey(s.path(pendingDir, keyFile))
	if err != nil {
		return err
	}
	grant, err := certs.ParseGrant(raw, owner)
	if err != nil {
		return err
	}
	if err := s.matches(grant, key, offer); err != nil {
		return err
	}
	last, err := s.lastEpoch()
	if err != nil {
		return err
	}
	if grant.Epoch != last+1 {
		return fmt.Errorf("grant is for epoch %d, the next is %d", grant.Epoch, last+1)
	}
	return s.install(grant)
}

// inTime says whether the claim code of the pending offer still holds.
func (s *State) inTime() error {
	b, err := certs.ReadFile(s.path(pendingDir, untilFile), maxFile)
	if err != nil {
		return err
	}
	until, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	if err != nil {
		return fmt.Errorf("read %s: not a time", s.path(pendingDir, untilFile))
	}
	if now, right := s.clock(); right && now.Unix() > until {
		return ErrOldCode
	}
	return nil
}

// install makes the grant durable, then true by one rename. Should the power go before the epoch is noted, Reload
// notes it.
func (s *State) install(g *certs.Grant) error {
	if err := certs.WriteFile(s.path(pendingDir, policyFile), g.RawPolicy, 0o600); err != nil {
		return err
	}
	if err := certs.WriteFile(s.path(pendingDir, grantFile), g.Raw, 0o600); err != nil {
		return err
	}
	if err := os.Rename(s.path(pendingDir), s.path(ownedDir)); err != nil {
		return err
	}
	if err := certs.SyncDir(s.dir); err != nil {
		return err
	}
	t, err := s.read()
	if err != nil {
		return err
	}
	s.terms = t
	return nil
}

// Apply takes a policy that the owner has signed. One that is not newer is refused with ErrOldTerms.
func (s *State) Apply(raw []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terms == nil {
		return fmt.Errorf("apply policy: %w", ErrUnowned)
	}
	p, err := certs.ParsePolicy(raw, s.terms.ownerKey)
	if err != nil {
		return fmt.Errorf("apply policy: %w", err)
	}
	if p.Version <= s.terms.Policy.Version {
		return fmt.Errorf("apply policy %d: %w (%d)", p.Version, ErrOldTerms, s.terms.Policy.Version)
	}
	t, err := s.terms.with(p)
	if err != nil {
		return fmt.Errorf("apply policy: %w", err)
	}
	if err := certs.WriteFile(s.path(ownedDir, policyFile), raw, 0o600); err != nil {
		return fmt.Errorf("apply policy: %w", err)
	}
	s.terms = t
	return nil
}

// Announced says whether the claimed record of this epoch is in the spool.
func (s *State) Announced() bool {
	_, err := os.Stat(s.path(ownedDir, claimedFile))
	return err == nil
}

// SetAnnounced notes that the claimed record is in the spool. Should a power cut come between the two, the record
// is written twice, which the cloud takes.
func (s *State) SetAnnounced() error {
	return certs.WriteFile(s.path(ownedDir, claimedFile), nil, 0o600)
}
