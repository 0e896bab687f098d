package session_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"signet/certs"
	"signet/certs/certstest"
	"signet/uplink/session"
	"signet/uplink/spool"
	"signet/uplink/uplinktest"
)

// contest is a camera that a stranger has reset and claimed, which its owner does not leave to him. The cloud lets the
// stranger's claim wait and binds all else.
type contest struct {
	*world
	b        *broker
	first    uint64 // the owner's epoch; the stranger's follows, and then the owner's again
	strange  []spool.Position
	again    []spool.Position
	dir      string
	sent     chan certs.Position // of claims and what is of the stranger's epoch, once each
	stranger atomic.Bool         // his claim is answered
}

func newContest(t *testing.T, acknowledge bool) *contest {
	c := &contest{world: newWorld(t), dir: t.TempDir(), sent: make(chan certs.Position, 100)}
	c.first = c.camera.Cert.Epoch
	c.reopen(c.dir)
	c.record(certs.Tamper, spool.Urgent)
	c.b = newBroker(t, c.server)
	seen := map[certs.Position]bool{}
	c.b.publish = func(conn *brokerConn, p *packets.PublishPacket) {
		if channelOf(p) != "records" {
			conn.puback(p)
			return
		}
		r := recordOf(t, p.Payload)
		strange := r.Epoch == c.first+1
		if acknowledge || !strange {
			conn.puback(p)
		}
		c.b.mu.Lock()
		if !seen[r.Position] && (strange || r.Type == certs.Claimed) {
			c.sent <- r.Position
		}
		seen[r.Position] = true
		c.b.mu.Unlock()
		if !strange || c.stranger.Load() {
			c.truth(conn, p)
		}
	}
	c.b.start()
	return c
}

// claim lets somebody claim the camera and see something.
func (c *contest) claim() []spool.Position {
	c.camera.Claim(c.t, certstest.NewOwner(c.t))
	return []spool.Position{c.record(certs.Claimed, spool.Urgent), c.record(certs.Online, spool.Urgent), c.record(certs.Started, spool.Urgent)}
}

func (c *contest) hurried() session.Config {
	cfg := c.config(c.b.addr)
	cfg.Receipt = 50 * time.Millisecond
	return cfg
}

func (c *contest) next(what string, want spool.Position) {
	c.t.Helper()
	select {
	case p := <-c.sent:
		if p != (certs.Position{Boot: want.Boot, N: want.N}) {
			c.t.Errorf("%s: %v is sent, not %v", what, p, want)
		}
	case <-time.After(20 * time.Second):
		c.t.Fatalf("%s is not sent", what)
	}
}

// check looks on until the owner has his records again, and the stranger's claim is answered.
func (c *contest) check(s *session.Session) {
	c.t.Helper()
	c.next("the owner's claim", c.again[0])
	uplinktest.Eventually(c.t, "the owner's records", func() bool { return s.Stats().Bound == 4 })
	select {
	case p := <-c.sent:
		c.t.Errorf("%v of the stranger's epoch is sent while his claim waits", p)
	default:
	}
	c.stranger.Store(true)
	c.next("the stranger's statement", c.strange[1])
	c.next("the stranger's event", c.strange[2])
	uplinktest.Eventually(c.t, "an empty spool", func() bool { return c.spool.Stats().Pending == 0 })
	if n := s.Stats().Connects; n != 1 {
		c.t.Errorf("%d connections", n)
	}
}

// The owner of a camera that a stranger claimed has it back while the stranger's claim still waits: his new claim, and what is
// sealed for him, does not wait for that one.
func TestNewClaimPassesOneThatWaits(t *testing.T) {
	t.Parallel()
	t.Run("after an outage", func(t *testing.T) {
		t.Parallel()
		c := newContest(t, true)
		c.strange = c.claim()
		c.again = c.claim()
		c.reopen(c.dir)
		s, _ := c.run(c.hurried())
		c.next("the stranger's claim", c.strange[0])
		c.check(s)
	})
	t.Run("while connected", func(t *testing.T) {
		t.Parallel()
		c := newContest(t, true)
		s, _ := c.run(c.hurried())
		uplinktest.Eventually(t, "the first record", func() bool { return s.Stats().Bound == 1 })
		c.strange = c.claim()
		c.next("the stranger's claim", c.strange[0])
		uplinktest.Eventually(t, "a claim that waits", func() bool { return s.Stats().Resent > 1 })
		c.again = c.claim()
		c.check(s)
	})
}

// What the broker has not acknowledged the cloud may not have noted: later claims wait, so that it hears of them in order.
func TestNoClaimPassesOneThatWasNotAcknowledged(t *testing.T) {
	t.Parallel()
	c := newContest(t, false)
	c.strange = c.claim()
	c.again = c.claim()
	c.reopen(c.dir)
	s, _ := c.run(c.hurried())
	c.next("the stranger's claim", c.strange[0])
	uplinktest.Eventually(t, "the end of the connection", func() bool { return s.Stats().LastError != "" })
	select {
	case p := <-c.sent:
		t.Errorf("%v is sent", p)
	default:
	}
}
