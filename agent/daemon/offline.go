package daemon

import (
	"context"
	"log/slog"
	"path/filepath"

	"signet/agent/clock"
	"signet/agent/identity"
	"signet/agent/ownership"
	"signet/agent/recorder"
	"signet/certs"
	"signet/uplink/spool"
)

// End closes the epoch that is to be closed in a state folder on which no daemon runs. What it leaves in the spool drains when
// one does. The error wraps spool.ErrInUse where one runs: that one does it.
func End(ctx context.Context, dir string, device *identity.Device, owner *ownership.State, log *slog.Logger) error {
	s, err := openWhole(dir, log)
	if err != nil {
		return err
	}
	defer s.Close()
	boot, err := clock.BootID()
	if err != nil {
		return err
	}
	firmware, err := digest("/proc/self/exe")
	if err != nil {
		return err
	}
	r := recorder.New(recorder.Config{
		Device: device.ID, Terms: owner.Terms, Spool: s, BootID: boot, Firmware: firmware, Log: log,
	})
	return r.End(ctx, owner)
}

// Discard destroys an ownership that cannot be read any more, as ownership.Discard does. The error wraps spool.ErrInUse where a
// daemon runs.
func Discard(dir string, device *identity.Device, log *slog.Logger) error {
	s, err := openWhole(dir, log)
	if err != nil {
		return err
	}
	defer s.Close()
	last := s.Last()
	return ownership.Discard(dir, device, certs.Position{Boot: last.Boot, N: last.N})
}

// openWhole opens the spool without a limit, so that nothing in it goes for want of room, whatever the configuration says.
func openWhole(dir string, log *slog.Logger) (*spool.Spool, error) {
	return spool.Open(filepath.Join(dir, "spool"), spool.Options{MaxBytes: 1 << 40, MaxEntries: 1 << 24, Log: log})
}
