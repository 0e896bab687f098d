package ownership

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"signet/certs"
)

// DrainFor is how long what was sealed in an epoch may be sent to its owner after the end.
const DrainFor = 7 * 24 * time.Hour

// maxCodes bounds the claim codes that are remembered as used. Each holds for minutes.
const maxCodes = 16

// Drain is what is left to send of an epoch that is over.
type Drain struct {
	Epoch uint64         `json:"epoch"`
	Last  certs.Position `json:"last"`            // of the epoch: later records are not of it
	Since int64          `json:"since,omitempty"` // the end, seconds since 1970; 0: the time was not known
	Spent time.Duration  `json:"spent"`           // powered-on time since the end
}

// former is what is known of epochs that are over.
type former struct {
	Last   certs.Position `json:"last"` // the highest of any
	Codes  []string       `json:"codes,omitempty"`
	Drains []Drain        `json:"drains,omitempty"`
}

func (f *former) used(code string) bool { return slices.Contains(f.Codes, code) }

// add notes that a code was used.
func (f *former) add(code string) {
	if code == "" || f.used(code) {
		return
	}
	f.Codes = append(f.Codes, code)
	f.Codes = f.Codes[max(0, len(f.Codes)-maxCodes):]
}

func (s *State) loadFormer() error {
	path := s.path(formerFile)
	b, err := certs.ReadFile(path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		s.former = former{}
		return nil
	}
	if err != nil {
		return err
	}
	var f former
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	s.former = f
	return nil
}

func (s *State) saveFormer(f former) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	if err := s.disk.write(s.path(formerFile), append(b, '\n')); err != nil {
		return err
	}
	s.former = f
	return nil
}

// remember notes that a code was used.
func (s *State) remember(code string) error {
	if code == "" || s.former.used(code) {
		return nil
	}
	f := s.former.clone()
	f.add(code)
	return s.saveFormer(f)
}

func (f *former) clone() former {
	return former{f.Last, slices.Clone(f.Codes), slices.Clone(f.Drains)}
}

// noteFormer notes an epoch that ends now. After a power cut it is noted again.
func (s *State) noteFormer(d Drain, code string) error {
	if s.floor.Right() {
		d.Since = s.now().Unix()
	}
	f := s.former.clone()
	f.add(code)
	if f.Last.Less(d.Last) {
		f.Last = d.Last
	}
	f.Drains = slices.DeleteFunc(f.Drains, func(o Drain) bool { return o.Epoch == d.Epoch })
	f.Drains = append(f.Drains, d)
	return s.saveFormer(f)
}

// Former returns the highest position of any epoch that is over, or the zero position: what is at or before it is no present
// owner's.
func (s *State) Former() certs.Position {
	s.turn.Lock()
	defer s.turn.Unlock()
	return s.former.Last
}

// Drains returns the epochs of which something may be left to send, the oldest first.
func (s *State) Drains() []Drain {
	s.turn.Lock()
	defer s.turn.Unlock()
	return slices.Clone(s.former.Drains)
}

// Spend notes durably that the camera was on for d since the last time, or will be, and returns the drains whose time is over:
// DrainFor of powered-on time, or of a clock that is known to be right, whichever says so first. They stay until Drained.
func (s *State) Spend(d time.Duration) (over []Drain, err error) {
	release, err := s.take()
	if err != nil {
		return nil, fmt.Errorf("count what is left to send: %w", err)
	}
	defer release()
	if len(s.former.Drains) == 0 {
		return nil, nil
	}
	f := s.former.clone()
	right, now := s.floor.Right(), s.now()
	for i := range f.Drains {
		o := &f.Drains[i]
		if right && o.Since == 0 { // at the latest: it may have been off since
			o.Since = now.Add(-o.Spent).Unix()
		}
		o.Spent += d
		if o.Spent > DrainFor || right && now.Sub(time.Unix(o.Since, 0)) >= DrainFor {
			over = append(over, *o)
		}
	}
	if err := s.saveFormer(f); err != nil {
		return over, fmt.Errorf("count what is left to send: %w", err)
	}
	return over, nil
}

// Drained notes that nothing is left to send of an epoch.
func (s *State) Drained(epoch uint64) error {
	release, err := s.take()
	if err != nil {
		return fmt.Errorf("note what was sent: %w", err)
	}
	defer release()
	f := s.former.clone()
	f.Drains = slices.DeleteFunc(f.Drains, func(o Drain) bool { return o.Epoch == epoch })
	if err := s.saveFormer(f); err != nil {
		return fmt.Errorf("note what was sent: %w", err)
	}
	return nil
}
