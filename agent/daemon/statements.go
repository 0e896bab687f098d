package daemon

import (
	"context"
	"errors"
	"log/slog"

	"signet/agent/ownership"
	"signet/certs"
	"signet/uplink/spool"
)

// The cloud sends each statement again and again until a record says that it is in force, so none of them is told of twice.
// The session tells of all of them from one goroutine.

// takeGrant is told of a grant, of a claim or of a renewal.
func (d *Daemon) takeGrant(b []byte) {
	before := d.owner.Terms()
	err := d.owner.Accept(b)
	switch {
	case errors.Is(err, ownership.ErrOwned), errors.Is(err, ownership.ErrKnown):
	case err != nil:
		d.refuse("grant refused", b, err)
	case before != nil:
		d.log.Info("event key renewed", "policy", d.version())
	default:
		d.log.Info("grant accepted")
	}
}

// takePolicy is told of a policy.
func (d *Daemon) takePolicy(b []byte) {
	err := d.owner.Apply(b)
	switch {
	case errors.Is(err, ownership.ErrOldTerms):
	case err != nil:
		d.refuse("policy refused", b, err)
	default:
		d.log.Info("policy in force", "version", d.version())
	}
}

// takeRelease is told of a release.
func (d *Daemon) takeRelease(b []byte) {
	if err := d.owner.Release(b); err != nil && !errors.Is(err, ownership.ErrUnowned) {
		d.refuse("release refused", b, err)
	}
}

// takeEpoch is told of an earlier offer of this camera: it has been in that epoch, and no longer knows.
func (d *Daemon) takeEpoch(b []byte) {
	if _, err := d.owner.Raise(b); err != nil {
		d.refuse("earlier offer refused", b, err)
	}
}

// refuse says that a statement is refused, the first time aloud.
func (d *Daemon) refuse(what string, b []byte, why error) {
	level, h := slog.LevelWarn, certs.HashOf(b)
	if d.refusedLast[what] == h {
		level = slog.LevelDebug
	}
	d.refusedLast[what] = h
	d.log.Log(context.Background(), level, what, "err", why)
}

// version returns that of the policy in force, 0 without one.
func (d *Daemon) version() uint64 {
	if t := d.owner.Terms(); t != nil {
		return t.Policy.Version
	}
	return 0
}

func position(p certs.Position) spool.Position { return spool.Position{Boot: p.Boot, N: p.N} }
