package daemon

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"signet/agent/identity"
	"signet/certs"
	"signet/internal/hint"
	"signet/uplink/dial"
)

// crlFile is the fleet's revocation list in the state folder, of those whom the camera speaks to.
const crlFile = "fleet.crl"

// reloadCertificates puts the certificates in the state folder in force, where all of them are good: for the next connection
// and the next receipt. Otherwise it says why, once, and what was in force stays.
func (d *Daemon) reloadCertificates() {
	device, crl, err := d.readCertificates()
	if err != nil {
		if err.Error() != d.unfit {
			d.log.Error("certificates are not taken, the old ones stay in force", "err", err, "hint", hint.Of(err))
		}
		d.unfit = err.Error()
		return
	}
	d.unfit = ""
	now := d.device.Load()
	same := bytes.Equal(device.Cert, now.Cert) && device.Fleet.Equal(now.Fleet)
	if same && crlNumber(crl) == crlNumber(d.crl) {
		return
	}
	by, err := d.dial(device, crl)
	if err == nil {
		err = d.ring.Replace(by)
	}
	if err != nil {
		d.log.Error("certificates are not taken, the old ones stay in force", "err", err)
		return
	}
	d.device.Store(device)
	d.crl = crl
	d.owner.SetDevice(device)
	d.log.Info("certificates were read again", "revocation_list", crlNumber(crl), "revoked", crl.Len())
}

// firstList reads the revocation list at the start. One that cannot be read is no reason not to record: it says so.
func (d *Daemon) firstList() *certs.RevocationList {
	l, err := certs.ReadCRL(filepath.Join(d.cfg.Dir, crlFile), d.device.Load().Fleet)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.unfit = err.Error()
		d.log.Error("the fleet's revocation list cannot be read, nothing is taken to be revoked", "err", err, "hint", hint.Of(err))
	}
	return l
}

// readCertificates reads what the state folder has, and checks that it belongs together.
func (d *Daemon) readCertificates() (*identity.Device, *certs.RevocationList, error) {
	now := d.device.Load()
	device, err := now.Reread(d.cfg.Dir)
	if err != nil {
		return nil, nil, err
	}
	path := filepath.Join(d.cfg.Dir, crlFile)
	crl, err := certs.ReadCRL(path, device.Fleet)
	switch {
	case errors.Is(err, fs.ErrNotExist) && d.crl == nil:
		return device, nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("read %s: it is gone, and what it revoked stays revoked", path)
	case err != nil:
		return nil, nil, err
	case device.Fleet.Equal(now.Fleet) && crl.Number < crlNumber(d.crl):
		return nil, nil, fmt.Errorf("read %s: list %d is older than list %d", path, crl.Number, d.crl.Number)
	}
	return device, crl, nil
}

func crlNumber(l *certs.RevocationList) uint64 {
	if l == nil {
		return 0
	}
	return l.Number
}

// dial is how the uplink calls.
func (d *Daemon) dial(device *identity.Device, crl *certs.RevocationList) (dial.Config, error) {
	cert, err := device.TLS()
	if err != nil {
		return dial.Config{}, err
	}
	ca := device.Fleet
	if d.cfg.CA != "" {
		if ca, err = certs.ReadCA(d.cfg.CA); err != nil {
			return dial.Config{}, fmt.Errorf("cloud.ca: %w", err)
		}
	}
	return dial.Config{Certificate: cert, CA: ca, Fleet: device.Fleet, Revoked: crl.Has}, nil
}
