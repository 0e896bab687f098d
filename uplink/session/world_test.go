package session_test

import (
	"crypto/tls"
	"log/slog"
	"testing"
	"time"

	"signet/certs"
	"signet/certs/certstest"
	"signet/uplink/dial"
	"signet/uplink/session"
	"signet/uplink/spool"
	"signet/uplink/uplinktest"
)

// world is a claimed camera with a spool, and what a cloud of its fleet needs.
type world struct {
	t        testing.TB
	fleet    *certs.Fleet
	camera   *certstest.Camera
	receipts *certstest.Receipts
	server   *tls.Config // of the cloud
	spool    *spool.Spool
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := certstest.New(t)
	out := &world{
		t:        t,
		fleet:    w.Fleet,
		camera:   w.Camera,
		receipts: certstest.NewReceipts(t, w.Fleet),
		server:   uplinktest.Server(t, w.Fleet, w.Fleet.Cert),
	}
	var err error
	if out.spool, err = spool.Open(t.TempDir(), spool.Options{SyncEvery: 10 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.spool.Close() })
	return out
}

func (w *world) dial() *dial.Ring { return uplinktest.Ring(w.t, uplinktest.Dial(w.camera, w.fleet)) }

// record puts a record into the spool.
func (w *world) record(typ certs.RecordType, u spool.Urgency, pieces ...certstest.Piece) spool.Position {
	w.t.Helper()
	pos, err := w.spool.Append(u, func(p spool.Position) (spool.Entry, error) {
		r := w.camera.Record(typ)
		r.Position = certs.Position{Boot: p.Boot, N: p.N}
		if typ == certs.Started || typ == certs.Part || typ == certs.Ended {
			id := certs.NewEventID(certstest.Time)
			r.Event = &id
		}
		if typ == certs.Gap {
			r.Gap = &certs.GapRange{From: r.Position, To: r.Position, Reason: certs.GapMediaDropped}
		}
		if typ == certs.Claimed || typ == certs.Online {
			r.Chain = [][]byte{w.camera.Cert.Raw, w.camera.Root}
		}
		if typ == certs.Claimed {
			r.Offer = w.camera.Offer
		}
		s := w.camera.Sign(w.t, r, pieces...)
		return spool.Entry{Record: s.Raw, Media: s.Inline}, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return pos
}

// config is of a session that does not dawdle.
func (w *world) config(addr string) session.Config {
	return session.Config{
		Device:      w.camera.ID,
		Addr:        addr,
		Dial:        w.dial(),
		Spool:       w.spool,
		FirstWithin: -1,
		BacklogRate: 10000,
		Log:         uplinktest.Log(w.t, slog.LevelInfo),
	}
}

// run runs a session until the test ends, or stop is called, and checks that nothing of it is left.
func (w *world) run(cfg session.Config) (s *session.Session, stop func()) {
	w.t.Helper()
	s, err := session.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	session.Hurry(s)
	return s, uplinktest.Run(w.t, s.Run)
}
