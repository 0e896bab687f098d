package daemon

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"time"

	"signet/agent/ownership"
	"signet/capture/moment"
	"signet/capture/motion"
	"signet/certs"
	"signet/internal/hint"
	"signet/uplink/live"
)

// follow does what the policy in force says, and what a newer one does, until ctx ends.
func (d *Daemon) follow(ctx context.Context) {
	for {
		changed := d.owner.Changed()
		again := time.Hour
		if t := d.owner.Terms(); t != nil {
			d.apply(t)
			if err := d.owner.Renew(); err != nil {
				d.log.Error("cannot offer to renew the event key", "err", err, "hint", hint.Of(err))
				again = time.Minute
			}
		}
		timer := time.NewTimer(again)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// apply sets all cameras as the owner's settings have it; what they leave out is as configured.
func (d *Daemon) apply(t *ownership.Terms) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wishes = t.Settings.Cameras
	d.setCameras()
}

// reset sets all cameras as they are configured: they are nobody's.
func (d *Daemon) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wishes = nil
	d.setCameras()
}

// Set changes the configured settings of every camera's pipeline, and the zones of each camera, from the next frame on; what a
// detector has learnt stays. The owner's settings stand above them. The daemon keeps zones, which must not be changed then.
// It may be called at any time, concurrently.
func (d *Daemon) Set(s moment.Settings, zones [][]motion.Zone) error {
	if len(zones) != len(d.cameras) {
		return fmt.Errorf("set cameras: zones of %d, there are %d", len(zones), len(d.cameras))
	}
	for i := range zones {
		s.Motion.Zones = zones[i]
		if err := s.Validate(); err != nil {
			return fmt.Errorf("set camera %d: %w", i, err)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settings, d.zones = s, zones
	d.setCameras()
	return nil
}

// setCameras sets all cameras. mu must be held.
func (d *Daemon) setCameras() {
	for i, c := range d.cameras {
		s, was := d.wished(i), c.pipeline.Settings()
		if was.Paused != s.Paused || was.NoClips != s.NoClips || !reflect.DeepEqual(was.Motion, s.Motion) {
			m := s.Motion
			watched, ignored := count(m.Zones)
			c.log.Info("camera is set", "records", !s.Paused, "clips", !s.NoClips, "sensitivity", m.Sensitivity,
				"watched", watched, "ignored", ignored, "min_size", percent(m.MinSize), "max_size", percent(cmp.Or(m.MaxSize, 1)))
			if blind(m.Zones) {
				c.log.Warn("the areas that are watched are too small for anything to be seen in")
			}
		}
		if err := c.pipeline.Set(s); err != nil {
			c.log.Error("camera is not set", "err", err) // both, what is configured and what is wished, were checked
		}
		c.call(d.wishes[uint8(i)].Name)
	}
}

func isFalse(b *bool) bool { return b != nil && !*b }

// call gives the camera the name that its owner has for it; empty: the configured one.
func (c *camera) call(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name = cmp.Or(name, c.Name)
	if name == c.called {
		return
	}
	c.called = name
	if c.worked && c.err == nil && c.records {
		c.lane.Camera(c.info, name)
	}
}

// liveTerms are what live view needs of the terms in force.
func (d *Daemon) liveTerms() *live.Terms {
	t := d.owner.Terms()
	if t == nil || d.owner.Ending() != nil {
		return nil
	}
	return &live.Terms{Cert: t.Event, Key: t.Key, Policy: t.Policy, Hidden: func(camera uint64) bool {
		return camera < certs.MaxCameras && isFalse(t.Settings.Cameras[uint8(camera)].Live)
	}}
}
