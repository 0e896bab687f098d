package ownership

import (
	"fmt"
	"path/filepath"
)

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

// retire destroys the event keys that a renewal has replaced, once the record that says so is in the spool. Settings keys
// stay: the owner may still seal to any of this epoch.
func (s *State) retire(t *Terms) {
	if t.Renewals == 0 || !s.Announced(t) {
		return
	}
	dirs := []string{s.path(ownedDir)}
	folders, _ := s.renewals()
	for n, dir := range folders {
		if n < t.Renewals {
			dirs = append(dirs, dir)
		}
	}
	for _, dir := range dirs {
		a, err := readAbout(dir)
		if err != nil || a.Key == "" || s.device.Keys.Destroy(a.Key) != nil {
			continue // at the next time
		}
		a.Key = ""
		_ = s.writeAbout(dir, a)
		_ = s.disk.clear(filepath.Join(dir, messageFile))
	}
}
