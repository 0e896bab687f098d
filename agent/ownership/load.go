package ownership

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"signet/agent/identity"
	"signet/certs"
)

// What helps where files are damaged.
const ownedHelp = "restore the state folder's backup, or end this ownership with signet-agent reset and claim the camera again"

// Reload reads the folder again, for when another process has changed it.
func (s *State) Reload() error {
	release, err := s.take()
	if err != nil {
		return err
	}
	release()
	return nil
}

// load completes what a power cut interrupted, and puts in force what the folder says. turn and lock must be held.
func (s *State) load() error {
	if err := s.loadFormer(); err != nil {
		return unread(err, "remove that file: what it names is dropped or sent once more")
	}
	count, err := s.device.Epochs.Read()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnread, err)
	}
	s.sweep(count)
	t, e, err := s.read(count)
	if err != nil {
		return unread(err, ownedHelp)
	}
	s.put(t, e)
	return nil
}

func unread(err error, help string) error {
	return identity.Damaged(fmt.Errorf("%w: %w", ErrUnread, err), help)
}

// put puts a state in force, where it is another.
func (s *State) put(t *Terms, e *Ending) {
	was, ending := s.held()
	if e == nil && ending != nil && t != nil && t.Epoch == ending.Epoch {
		e = ending // the flash did not take it
	}
	if same(was, t) && (e == nil) == (ending == nil) && (e == nil || e.Cause == ending.Cause) {
		return
	}
	s.set(t, e)
}

func same(a, b *Terms) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Began == b.Began && a.Event.X5T == b.Event.X5T && a.Policy.Version == b.Policy.Version
}

// sweep destroys what nobody needs any more: an epoch that ended, an offer that was half made, whose time is over or whose
// epoch is. What it cannot destroy now is there at the next time.
func (s *State) sweep(count uint64) {
	_ = s.destroy(s.path(endedDir))
	if !exists(s.path(ownedDir, grantFile)) { // what a power cut left of an end, in the way of the next claim
		_ = s.destroy(s.path(ownedDir))
	}
	if exists(s.path(pendingDir)) {
		o, err := readOffered(s.path(pendingDir))
		if err != nil || o.Epoch <= count || s.over(o) {
			_ = s.discard()
		}
	}
	folders, _ := s.renewals()
	for _, dir := range folders {
		if !exists(filepath.Join(dir, offerFile)) {
			_ = s.destroy(dir)
		}
	}
}

// read returns what the folder owned says.
func (s *State) read(count uint64) (*Terms, *Ending, error) {
	if !exists(s.path(ownedDir, grantFile)) {
		if exists(s.path(endingFile)) { // its epoch is destroyed
			_ = s.disk.clear(s.path(endingFile))
		}
		return nil, nil, nil
	}
	t, err := s.readTerms()
	switch {
	case err != nil && exists(s.path(endingFile)): // a closing that could not do all
		return nil, &Ending{Noted: true}, nil
	case err != nil:
		return nil, nil, err
	case t.Epoch < count || t.Epoch <= s.closed:
		return nil, &Ending{Epoch: t.Epoch, Noted: true}, nil // an older folder than the one that was left here
	}
	if err := s.device.Epochs.Raise(t.Epoch); err != nil { // the power went after the grant took effect
		return nil, nil, err
	}
	s.retire(t)
	e, err := s.readEnding(t)
	return t, e, err
}

// readTerms loads and verifies everything of the folder owned.
func (s *State) readTerms() (*Terms, error) {
	began, err := readOffered(s.path(ownedDir))
	if err != nil {
		return nil, err
	}
	path := s.path(ownedDir, grantFile)
	raw, err := certs.ReadFile(path, maxFile)
	if err != nil {
		return nil, err
	}
	grant, err := certs.ParseGrant(raw, began.owner)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	all, err := s.offers(began)
	if err != nil {
		return nil, err
	}
	t, err := s.termsOf(grant, began, all)
	if err != nil {
		return nil, err
	}
	return s.withNewest(t, grant.Policy)
}

// offers returns the offer that began the epoch and those of its renewals.
func (s *State) offers(began *offered) ([]*offered, error) {
	all := []*offered{began}
	folders, err := s.renewals()
	if err != nil {
		return nil, err
	}
	for _, n := range slices.Sorted(maps.Keys(folders)) {
		o, err := readOffered(folders[n])
		if errors.Is(err, fs.ErrNotExist) {
			continue // half made
		}
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

// termsOf makes the terms of a grant that answers one of the offers of an epoch. They have no policy yet.
func (s *State) termsOf(g *certs.Grant, began *offered, all []*offered) (*Terms, error) {
	if g.Device != s.device.ID {
		return nil, fmt.Errorf("grant is for camera %s, this is %s", g.Device, s.device.ID)
	}
	i := slices.IndexFunc(all, func(o *offered) bool { return o.hash == g.OfferHash })
	if i < 0 {
		return nil, errors.New("grant answers another offer than the one this camera made")
	}
	o := all[i]
	if renews := g.Renews != nil; renews != (o != began) || renews && *g.Renews != began.hash || g.Epoch != began.Epoch {
		return nil, errors.New("grant is of another epoch than the offer that it answers")
	}
	t := &Terms{
		Owner: g.Owner, Epoch: g.Epoch, Event: g.Event, Root: g.Root, Began: began.hash, Offer: o.offer, Renewals: o.Renewals,
		After: s.former.Last, dir: o.dir,
	}
	var err error
	if t.ownerKey, err = certs.OwnerKey(g.Root, g.Owner); err != nil {
		return nil, err
	}
	if t.Key, err = s.device.Keys.Open(o.Key); err != nil {
		return nil, err
	}
	if !g.Event.Key.Equal(t.Key.Public()) {
		return nil, errors.New("grant certifies another key than the one this camera offered")
	}
	for _, o := range all {
		id, err := o.settings()
		if err != nil {
			return nil, err
		}
		t.ids = append(t.ids, id)
	}
	return t, nil
}

// withNewest returns t under the policy that came last: with the grant, or after it.
func (s *State) withNewest(t *Terms, granted *certs.Policy) (*Terms, error) {
	path := s.path(ownedDir, policyFile)
	raw, err := certs.ReadFile(path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return t.with(granted, s.now(), s.floor.Right())
	}
	if err != nil {
		return nil, err
	}
	p, err := certs.ParsePolicy(raw, t.ownerKey)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if p.Version < granted.Version {
		p = granted
	}
	return t.with(p, s.now(), s.floor.Right())
}
