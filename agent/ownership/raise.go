package ownership

import (
	"errors"
	"fmt"

	"signet/certs"
)

// Raise takes an earlier offer of this camera, which the cloud's ledger remembers: it proves that the camera was in that epoch.
// Where that is above the camera's own count, the count rises, and an ownership of an epoch before is over (Ending, with
// cause 0): ended says so. The offer that is pending, and one that is not above the count, change nothing. What was not signed
// by this camera's key is refused: no one else can make it count.
func (s *State) Raise(raw []byte) (ended bool, err error) {
	if ended, err = s.raise(raw); err != nil {
		return ended, fmt.Errorf("raise epoch: %w", err)
	}
	return ended, nil
}

func (s *State) raise(raw []byte) (ended bool, err error) {
	release, err := s.take()
	if err != nil {
		return false, err
	}
	defer release()
	o, err := certs.ParseOffer(raw, s.device.Fleet)
	if err != nil {
		return false, err
	}
	c, err := certs.VerifyDeviceCertificate(o.DeviceCert, s.device.Fleet)
	if err != nil {
		return false, err
	}
	if o.Device != s.device.ID || !c.Key.Equal(s.device.Key.Public()) {
		return false, errors.New("offer was not signed by this camera's key")
	}
	if p, err := s.pending(); err == nil && p.hash == o.Hash {
		return false, nil
	}
	if err := s.device.Epochs.Raise(o.Epoch); err != nil {
		return false, err
	}
	was, _ := s.held()
	if err := s.load(); err != nil {
		return false, err
	}
	now, _ := s.held()
	return was != nil && now == nil, nil
}
