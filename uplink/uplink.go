// Package uplink joins what carries a camera's events to its cloud: records from the spool over MQTT (package session), parts of
// clips over HTTPS (package media). It tells media which records have their receipt, and whether the cloud can be reached.
//
//	u, err := uplink.New(uplink.Config{ … })
//	go u.Run(ctx)                         // until ctx ends; leaves nothing running
//	u.Part(position, hash, sealed)        // after the record at position is in the spool
//	u.PublishAnswer(answer)               // to a viewer's request that came by OnLive
//
// The spool is the caller's: it opens it, runs it and closes it after Run has returned.
package uplink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"signet/certs"
	"signet/uplink/dial"
	"signet/uplink/media"
	"signet/uplink/session"
	"signet/uplink/spool"
)

// Config of an uplink. The hooks, Log and FirstWithin may be left out.
type Config struct {
	Device   certs.DeviceID
	Dial     dial.Config  // who calls, and whose certificate answers
	MQTT     string       // of the cloud, "host:port"
	Media    string       // of the cloud, "https://host:port"
	Spool    *spool.Spool // the uplink is its one reader
	MediaDir string       // for clip parts while the uplink is behind; "" for none

	FirstWithin time.Duration // see session.Config

	OnGrant      func([]byte)         // see session.Config
	OnPolicy     func([]byte)         // likewise
	OnLive       func([]byte)         // likewise
	OnConnected  func(bool)           // must return quickly
	MediaDropped func(certs.Position) // see media.Config.Dropped

	Log *slog.Logger
}

// Uplink is a camera's way to its cloud. Its methods may be called concurrently.
type Uplink struct {
	session *session.Session
	media   *media.Queue
	log     *slog.Logger
}

// Stats is the state of both halves.
type Stats struct {
	Session session.Stats
	Media   media.Stats
}

// New checks cfg and starts nothing.
func New(cfg Config) (*Uplink, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	u := &Uplink{log: cfg.Log}
	var err error
	u.media, err = media.New(media.Config{
		URL:     cfg.Media,
		Dial:    cfg.Dial,
		Dir:     cfg.MediaDir,
		Dropped: cfg.MediaDropped,
		Log:     cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	u.media.Online(false)
	u.session, err = session.New(session.Config{
		Device:      cfg.Device,
		Addr:        cfg.MQTT,
		Dial:        cfg.Dial,
		Spool:       cfg.Spool,
		FirstWithin: cfg.FirstWithin,
		OnGrant:     cfg.OnGrant,
		OnPolicy:    cfg.OnPolicy,
		OnLive:      cfg.OnLive,
		OnConnected: func(up bool) {
			u.media.Online(up)
			if cfg.OnConnected != nil {
				cfg.OnConnected(up)
			}
		},
		OnBound:   u.bound,
		OnRefused: func(p spool.Position, _ string) { u.media.Refused(certs.Position{Boot: p.Boot, N: p.N}) },
		Log:       cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}

func (u *Uplink) bound(ranges []spool.Range) {
	for _, r := range ranges {
		u.media.Bound(certs.Range{Boot: r.Boot, From: r.From, To: r.To})
	}
}

// Run runs both halves until ctx ends, and returns ctx.Err().
func (u *Uplink) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	var uploads error
	wg.Go(func() {
		defer cancel()
		uploads = u.media.Run(ctx)
	})
	err := u.session.Run(ctx)
	cancel()
	wg.Wait()
	if err == nil || errors.Is(err, context.Canceled) {
		err = uploads
	}
	return err
}

// Part takes a sealed part of a clip, which the record at position names by hash. It does not block.
func (u *Uplink) Part(position certs.Position, hash certs.Hash, sealed []byte) {
	if err := u.media.Add(position, hash, sealed); err != nil {
		u.log.Error("uplink: part not taken", "record", position, "err", err)
	}
}

// PublishAnswer sends a viewer answer; see session.Session.PublishAnswer.
func (u *Uplink) PublishAnswer(b []byte) error {
	if err := u.session.PublishAnswer(b); err != nil {
		return fmt.Errorf("send viewer answer: %w", err)
	}
	return nil
}

// Connected reports whether there is a connection to the cloud.
func (u *Uplink) Connected() bool { return u.session.Connected() }

// Stats returns a snapshot of both halves.
func (u *Uplink) Stats() Stats { return Stats{u.session.Stats(), u.media.Stats()} }
