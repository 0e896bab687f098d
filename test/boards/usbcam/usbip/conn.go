package usbip

import (
	"bufio"
	"fmt"
	"net"
	"slices"
)

// maxEarly bounds what is kept of unlinkings that came too early.
const maxEarly = 256

// batch is how many completions are held back at most before they are sent.
const batch = 8

// Conn is a plugged-in device's connection to the host controller. One goroutine may receive while one
// other completes transfers. Completions are sent by Flush, many at once: each write wakes the kernel's
// receiver, which costs more than what it receives. Whoever made the Conn closes it, which pulls the plug.
type Conn struct {
	c     net.Conn
	r     *bufio.Reader
	in    [headerSize]byte
	last  uint32    // number of the transfer that came last
	early []Message // unlinkings of transfers that have not come yet
	heads [batch][headerSize]byte
	used  int         // of heads
	out   [][]byte    // what is to be sent; its memory is kept
	rest  net.Buffers // what of it is still to be sent; a field, so that it needs no memory of its own
}

// NewConn speaks over c, which it owns from now on.
func NewConn(c net.Conn) *Conn { return &Conn{c: c, r: bufio.NewReader(c)} }

// Receive waits for the next message. An unlinking never comes before its victim. It returns io.EOF when the
// host controller is gone, and an error wrapping ErrProtocol after which nothing more can be received.
//
// The kernel sends what is submitted, then what is unlinked, then looks again; a transfer that is submitted and
// unlinked in between comes after its own unlinking. Whatever such an unlinking were answered at once, the kernel
// might take it in either of two ways, and in one of them drop the device when the transfer is completed: so it
// waits for its victim.
func (c *Conn) Receive() (Message, error) {
	for i, m := range c.early {
		if !c.ahead(m.Victim) {
			c.early = slices.Delete(c.early, i, i+1)
			return m, nil
		}
	}
	for {
		m, err := read(c.r, &c.in)
		switch {
		case err != nil:
			return m, err
		case !m.Unlink:
			c.last = m.Seq
		case !c.ahead(m.Victim):
		case len(c.early) == maxEarly:
			return m, fmt.Errorf("%w: %d unlinkings of transfers that never came", ErrProtocol, maxEarly)
		default:
			c.early = append(c.early, m)
			continue
		}
		return m, nil
	}
}

// ahead says whether the transfer seq has not come yet: they come in the order of their numbers, which wrap.
func (c *Conn) ahead(seq uint32) bool { return int32(seq-c.last) > 0 }

// Deliver completes the transfer seq to the host with the bytes of parts, which may be none. Their sum is
// at most the transfer's length. They must not change until the completion is sent.
func (c *Conn) Deliver(seq uint32, parts ...[]byte) error {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	putSubmitted(c.head(), seq, done, n)
	c.out = append(c.out, parts...)
	return c.sendFull()
}

// Accept completes the transfer seq from the host, all of whose n bytes were taken.
func (c *Conn) Accept(seq uint32, n int) error {
	putSubmitted(c.head(), seq, done, n)
	return c.sendFull()
}

// Refuse completes the transfer seq by a STALL.
func (c *Conn) Refuse(seq uint32) error {
	putSubmitted(c.head(), seq, stalled, 0)
	return c.sendFull()
}

// Unlinked answers the unlink message seq. Taken says that its victim was waiting here: then it counts as
// completed by this, and must not be completed again.
func (c *Conn) Unlinked(seq uint32, taken bool) error {
	s := done
	if taken {
		s = cancelled
	}
	putUnlinked(c.head(), seq, s)
	return c.sendFull()
}

// head returns the memory of the next completion's header, which is to be sent before anything added later.
func (c *Conn) head() *[headerSize]byte {
	h := &c.heads[c.used]
	c.used++
	c.out = append(c.out, h[:])
	return h
}

func (c *Conn) sendFull() error {
	if c.used < batch {
		return nil
	}
	return c.Flush()
}

// Flush sends the completions, without copying what they carry.
func (c *Conn) Flush() error {
	if c.used == 0 {
		return nil
	}
	c.rest = c.out
	_, err := c.rest.WriteTo(c.c)
	c.out, c.used = c.out[:0], 0
	if err != nil {
		return fmt.Errorf("answer the host controller: %w", err)
	}
	return nil
}

// Close pulls the plug. It may be called while another goroutine receives.
func (c *Conn) Close() error { return c.c.Close() }
