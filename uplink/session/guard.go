package session

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Control packet types of MQTT 3.1.1, section 2.2.1, shifted as they stand in the first byte.
const (
	pktConnack  = 2 << 4
	pktPublish  = 3 << 4
	pktPuback   = 4 << 4
	pktSuback   = 9 << 4
	pktPingresp = 13 << 4
)

const (
	maxDown     = 64<<10 + 256 // bytes of a packet from the broker: a statement and its topic
	writeChunk  = 16 << 10     // bytes that must be taken …
	chunkWithin = 20 * time.Second
)

var errUnasked = errors.New("the cloud speaks out of turn")

// guard is the connection as paho sees it. It ends it at the first packet that a clean session with subscriptions at QoS 0
// does not get, before paho makes room for it; it times writes by progress; and it tells when a publish is written.
type guard struct {
	net.Conn
	topics  int           // of the one SUBSCRIBE
	written chan struct{} // a token for each PUBLISH that the kernel has taken
	failed  func(error)   // told once, at the first failure

	writing sync.Mutex

	// Of the reader.
	header []byte // fixed header, as far as it came
	rest   int    // bytes of the packet that are still to come
	fail   error

	mu     sync.Mutex
	reason error
}

func newGuard(c net.Conn, topics int) *guard {
	return &guard{Conn: c, topics: topics, written: make(chan struct{}, 1)}
}

// Read lets through what holds.
func (g *guard) Read(p []byte) (int, error) {
	if g.fail != nil {
		return 0, g.fail
	}
	n, err := g.Conn.Read(p)
	if bad := g.check(p[:n]); bad != nil {
		g.fail = bad
		g.blame(bad)
		return 0, bad
	}
	if err != nil {
		g.blame(err)
	}
	return n, err
}

// check follows the packets' boundaries through b.
func (g *guard) check(b []byte) error {
	for len(b) > 0 {
		if g.rest > 0 {
			n := min(g.rest, len(b))
			g.rest -= n
			b = b[n:]
			continue
		}
		g.header = append(g.header, b[0])
		b = b[1:]
		if n := len(g.header); n == 1 || g.header[n-1]&0x80 != 0 {
			if n > 4 {
				return fmt.Errorf("%w: length of a packet is not one", errUnasked)
			}
			continue
		}
		length := 0
		for i, d := range g.header[1:] {
			length |= int(d&0x7f) << (7 * i)
		}
		if err := g.allowed(g.header[0], length); err != nil {
			return err
		}
		g.header, g.rest = g.header[:0], length
	}
	return nil
}

// allowed says whether a packet may come, by its first byte and the length of the rest.
func (g *guard) allowed(first byte, length int) error {
	want := -1
	switch {
	case first == pktConnack, first == pktPuback:
		want = 2
	case first == pktSuback:
		want = 2 + g.topics
	case first == pktPingresp:
		want = 0
	case first&^1 == pktPublish: // QoS 0, retained or not
		if length > maxDown {
			return fmt.Errorf("%w: a message of %d bytes, more than %d", errUnasked, length, maxDown)
		}
		return nil
	}
	if length != want {
		return fmt.Errorf("%w: packet %#x of %d bytes", errUnasked, first, length)
	}
	return nil
}

// Write writes all of p, in pieces that must each make progress. paho calls it from two goroutines, once a packet.
func (g *guard) Write(p []byte) (int, error) {
	g.writing.Lock()
	defer g.writing.Unlock()
	total := 0
	for total < len(p) {
		_ = g.Conn.SetWriteDeadline(time.Now().Add(chunkWithin))
		n, err := g.Conn.Write(p[total:min(len(p), total+writeChunk)])
		total += n
		if err != nil {
			g.blame(err)
			return total, err
		}
	}
	if len(p) > 0 && p[0]&0xf0 == pktPublish {
		select {
		case g.written <- struct{}{}:
		default:
		}
	}
	return total, nil
}

// SetWriteDeadline does nothing: Write keeps its own time.
func (g *guard) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline sets the deadline of reading alone, likewise.
func (g *guard) SetDeadline(t time.Time) error { return g.Conn.SetReadDeadline(t) }

// blame keeps the first reason why the connection ended, in place of what paho makes of it, and does not wait for paho to
// tell.
func (g *guard) blame(err error) {
	g.mu.Lock()
	first := g.reason == nil && !errors.Is(err, net.ErrClosed)
	if first {
		g.reason = err
	}
	g.mu.Unlock()
	if first && g.failed != nil {
		g.failed(err)
	}
}

// why returns that reason, or err when there is none.
func (g *guard) why(err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.reason != nil {
		return g.reason
	}
	return err
}
