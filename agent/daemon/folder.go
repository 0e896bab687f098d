package daemon

import (
	"context"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"signet/internal/hint"
)

// Names in the state folder that other processes change: signet-agent claim and reset, and whoever renews certificates.
var (
	ownershipNames   = map[string]bool{"pending": true, "owned": true, "ending": true, "epoch": true}
	certificateNames = map[string]bool{"device.pem": true, "fleet.pem": true, crlFile: true}
)

const (
	settle    = 100 * time.Millisecond // a folder must be left alone before it is read: files come one after the other
	lookEvery = 10 * time.Second       // where the folder cannot be watched
)

// watchFolder reads again what other processes change in the state folder, until ctx ends. It returns ctx.Err().
func (d *Daemon) watchFolder(ctx context.Context) error {
	var events chan fsnotify.Event
	var errs chan error
	w, err := fsnotify.NewWatcher()
	if err == nil {
		defer w.Close()
		err = w.Add(d.cfg.Dir)
		events, errs = w.Events, w.Errors
	}
	var look <-chan time.Time
	if err != nil {
		d.log.Error("cannot watch the state folder, looking at it now and then", "err", err, "hint", hint.Of(err))
		t := time.NewTicker(lookEvery)
		defer t.Stop()
		events, errs, look = nil, nil, t.C
	}
	quiet := time.NewTimer(0)
	defer quiet.Stop()
	owner, certificates := true, true // what came before the watch
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e := <-events:
			name := filepath.Base(e.Name)
			if !ownershipNames[name] && !certificateNames[name] {
				continue
			}
			owner, certificates = owner || ownershipNames[name], certificates || certificateNames[name]
			quiet.Reset(settle)
		case err := <-errs:
			d.log.Warn("watching the state folder", "err", err)
			owner, certificates = true, true
			quiet.Reset(settle)
		case <-look:
			owner, certificates = true, true
			quiet.Reset(0)
		case <-quiet.C:
			if certificates {
				d.reloadCertificates()
			}
			if owner {
				d.reloadOwner()
			}
			owner, certificates = false, false
		}
	}
}

// reloadOwner takes in what the folder says of the ownership.
func (d *Daemon) reloadOwner() {
	err := d.owner.Reload()
	d.touched.tell()
	if err == nil {
		d.unread = ""
		return
	}
	if err.Error() != d.unread {
		d.log.Warn("cannot read ownership, what was read before stays in force", "err", err, "hint", hint.Of(err))
	}
	d.unread = err.Error()
}
