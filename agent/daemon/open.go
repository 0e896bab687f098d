package daemon

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"signet/agent/clock"
	"signet/agent/recorder"
	"signet/board"
	"signet/capture/moment"
	"signet/certs"
	"signet/uplink/dial"
	"signet/uplink/live"
	"signet/uplink/media"
	"signet/uplink/session"
)

// open makes what stands on the spool.
func (d *Daemon) open() (err error) {
	if d.cfg.Live {
		d.live, err = live.New(live.Config{
			Terms: d.liveTerms, Synchronised: clock.Synchronised, Cameras: len(d.cfg.Cameras), Log: d.log,
		})
		if err != nil {
			return err
		}
	}
	if err := d.openCameras(); err != nil {
		return err
	}
	if err := d.openUplink(); err != nil {
		return err
	}
	if err := d.openClaim(); err != nil {
		return err
	}
	d.cfg.Board.OnButton, d.cfg.Board.Log = d.button, d.log
	d.board, err = board.New(d.cfg.Board)
	return err
}

// openCameras makes what turns frames into records. The cameras themselves are opened in Run.
func (d *Daemon) openCameras() error {
	if n := len(d.cfg.Cameras); n < 1 || n > certs.MaxCameras {
		return fmt.Errorf("start: %d cameras, not 1 to %d", n, certs.MaxCameras)
	}
	boot, err := clock.BootID()
	if err != nil {
		return err
	}
	firmware, err := digest("/proc/self/exe")
	if err != nil {
		return err
	}
	cfg := recorder.Config{
		Device: d.device.Load().ID, Terms: d.owner.Terms, Spool: d.spool, BootID: boot, Firmware: firmware,
		Cameras: len(d.cfg.Cameras), Part: d.uploadPart, Log: d.log,
	}
	if d.live != nil {
		cfg.Live = d.live.Offer
	}
	d.recorder = recorder.New(cfg)
	for i, c := range d.cfg.Cameras {
		log := d.log
		if len(d.cfg.Cameras) > 1 {
			log = log.With("camera", i)
		}
		s := d.wished(i)
		p, err := moment.New(moment.Config{Settings: &s, RingBytes: d.cfg.RingBytes, Log: log})
		if err != nil {
			return err
		}
		d.cameras = append(d.cameras, newCamera(c, i, p, d.recorder.Lane(i), log))
	}
	return nil
}

// openUplink makes what carries records and clip parts to the cloud.
func (d *Daemon) openUplink() error {
	device := d.device.Load()
	d.crl = d.firstList()
	by, err := d.dial(device, d.crl)
	if err != nil {
		return err
	}
	if d.ring, err = dial.NewRing(by); err != nil {
		return err
	}
	d.media, err = media.New(media.Config{
		URL: d.cfg.Media, Dial: d.ring, Dir: filepath.Join(d.cfg.Dir, "media"), MaxDisk: d.cfg.MediaBytes,
		Dropped: d.mediaDropped, Pending: d.pending, Log: d.log,
	})
	if err != nil {
		return err
	}
	d.forgetRefused()
	d.session, err = session.New(session.Config{
		Device: device.ID, Addr: d.cfg.MQTT, Dial: d.ring, Spool: d.spool, FirstWithin: d.cfg.FirstWithin,
		OnGrant: d.takeGrant, OnPolicy: d.takePolicy, OnRelease: d.takeRelease, OnEpoch: d.takeEpoch, OnLive: d.answerViewer,
		OnConnected: d.connected, OnTime: d.heard, OnBound: d.bound, OnRefused: d.refused, OnForgotten: d.recorder.Claim, Log: d.log,
	})
	return err
}

// forgetRefused lets the parts go whose records the cloud refused, which an earlier run may not have come to.
func (d *Daemon) forgetRefused() {
	all, err := d.spool.Refused()
	if err != nil {
		d.log.Warn("cannot tell whose clip parts are not wanted", "err", err)
	}
	for _, r := range all {
		d.refused(r.Position, r.Reason)
	}
}

// digest returns the SHA-256 of a file.
func digest(path string) (certs.Hash, error) {
	f, err := os.Open(path)
	if err != nil {
		return certs.Hash{}, fmt.Errorf("digest of the firmware: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return certs.Hash{}, fmt.Errorf("digest of the firmware: %w", err)
	}
	return certs.Hash(h.Sum(nil)), nil
}
