package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"signet/agent/claiming"
	"signet/agent/clock"
	"signet/agent/ownership"
	"signet/certs"
)

// Claim says how a camera that nobody owns finds its owner.
type Claim struct {
	Lens   bool          // it looks for a code in its own pictures
	Window time.Duration // for so long, after the start and each press of the button
	Hook   string        // program that joins the network of the code; empty: none
}

// openClaim makes what looks for an owner.
func (d *Daemon) openClaim() error {
	if !d.cfg.Claim.Lens {
		return nil
	}
	cfg := claiming.Config{
		Window: d.cfg.Claim.Window, Check: d.checkCode, Offer: d.offer, Online: d.session.Connected,
		Show: func(claiming.State) { d.shown.tell() }, Log: d.log,
	}
	if hook := d.cfg.Claim.Hook; hook != "" {
		join, err := claiming.Hook(hook)
		if err != nil {
			return fmt.Errorf("claim.wifi_hook: %w", err)
		}
		cfg.Join = func(ctx context.Context, w certs.WiFi) error {
			err := join(ctx, w)
			d.session.TryNow()
			return err
		}
	}
	d.claim = claiming.New(cfg)
	return nil
}

// unowned looks for an owner until there is one, or ctx ends. A grant may also come into the state folder: signet-agent claim,
// another process, brings it there.
func (d *Daemon) unowned(ctx context.Context) {
	ctx, stop := d.while(ctx, func() bool { return d.owner.Terms() == nil && d.owner.Ending() == nil })
	defer stop()
	help := "signet-agent claim"
	if d.claim != nil {
		help = "show it your claim code; without a lens: " + help
	}
	d.log.Warn("nobody owns this camera: recording nothing", "hint", help)
	if d.claim == nil {
		<-ctx.Done()
		return
	}
	var g sync.WaitGroup
	g.Go(func() { _ = d.claim.Run(ctx) })
	g.Go(func() { d.look(ctx) })
	g.Wait()
}

// look runs the cameras while codes are looked for.
func (d *Daemon) look(ctx context.Context) {
	closed := func() bool { return d.claim.Status().State == claiming.Closed }
	for d.await(ctx, func() bool { return !closed() }) {
		open, end := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() { defer close(done); _ = d.watch(open, d.seek, false) }()
		d.await(ctx, closed)
		end()
		<-done
	}
}

// await waits until the claim is such that ready says so. It is false when ctx ends before.
func (d *Daemon) await(ctx context.Context, ready func() bool) bool {
	for ctx.Err() == nil {
		changed := d.shown.next()
		if ready() {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return false
}

// checkCode says why a code is not for this camera. The rest ownership knows.
func (d *Daemon) checkCode(c *certs.ClaimCode) error {
	if !c.FitsFleet(d.ring.Config().FleetCA()) {
		return ownership.ErrFleet
	}
	if clock.Synchronised() && time.Now().After(c.NotAfter) {
		return ownership.ErrOldCode
	}
	if c.Cloud != "" && host(c.Cloud) != host(d.cfg.MQTT) {
		d.log.Warn("claim: the code names another cloud than the configuration, which is kept", "code", c.Cloud, "configuration", d.cfg.MQTT)
	}
	return nil
}

// host returns the host of "host:port", or of "host".
func host(s string) string {
	if h, _, err := net.SplitHostPort(s); err == nil {
		return h
	}
	return s
}

// offer answers a code: what the camera sees is sealed to the owner whom the code names.
func (d *Daemon) offer(c *certs.ClaimCode, view []byte) error {
	var sealed []byte
	if view != nil {
		s, err := certs.NewSealer([]string{c.Recipient()})
		if err != nil {
			return err
		}
		if sealed, err = s.Seal(view); err != nil {
			return fmt.Errorf("seal what the camera sees: %w", err)
		}
		if len(sealed) > certs.MaxView {
			return errors.New("the picture of what the camera sees is too large")
		}
	}
	_, err := d.owner.Offer(c, sealed, time.Now())
	return err // the message is sent by sendOffers, for as long as it takes
}
