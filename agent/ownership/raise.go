package ownership

import (
	"errors"
	"fmt"

	"signet/certs"
)

// Raise takes an earlier offer of this camera, which the cloud's ledger remembers: it proves that the camera has offered that
// epoch, not that it was ever granted. Where that is above the camera's own count, the count rises, and what is of an epoch
// up to it is over: an ownership (Ending, with cause 0; ended says so), and a claim that is pending, which the ledger would
// never bind beside that offer. The offer that is pending itself, and one that is not above the count, change nothing. What
// was not signed by this camera's key is refused: no one else can make it count. A cloud that sends offers back that were
// never granted makes the camera drop the claim that is pending, once for each epoch, which it could as well not deliver.
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
