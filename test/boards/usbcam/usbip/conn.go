package usbip

import (
	"bufio"
	"fmt"
	"net"
)

// Conn is a plugged-in device's connection to the host controller. One goroutine may receive while one
// other sends. Whoever made it closes it, which pulls the plug.
type Conn struct {
	c       net.Conn
	r       *bufio.Reader
	in, out [headerSize]byte
	parts   [][]byte    // what is to be sent; its memory is kept
	rest    net.Buffers // what is still to be sent; a field, so that it needs no memory of its own
}

// NewConn speaks over c, which it owns from now on.
func NewConn(c net.Conn) *Conn { return &Conn{c: c, r: bufio.NewReader(c)} }

// Receive waits for the next message. It returns io.EOF when the host controller is gone, and an error
// wrapping ErrProtocol after which nothing more can be received.
func (c *Conn) Receive() (Message, error) { return read(c.r, &c.in) }

// Deliver completes the transfer seq to the host with the bytes of parts, which may be none. Their sum is
// at most the transfer's length.
func (c *Conn) Deliver(seq uint32, parts ...[]byte) error {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	putSubmitted(&c.out, seq, done, n)
	return c.send(parts)
}

// Accept completes the transfer seq from the host, all of whose n bytes were taken.
func (c *Conn) Accept(seq uint32, n int) error {
	putSubmitted(&c.out, seq, done, n)
	return c.send(nil)
}

// Refuse completes the transfer seq by a STALL.
func (c *Conn) Refuse(seq uint32) error {
	putSubmitted(&c.out, seq, Stalled, 0)
	return c.send(nil)
}

// Unlinked answers the unlink message seq. Taken says that its victim was waiting here: then it counts as
// completed by this, and must not be completed again.
func (c *Conn) Unlinked(seq uint32, taken bool) error {
	s := done
	if taken {
		s = cancelled
	}
	putUnlinked(&c.out, seq, s)
	return c.send(nil)
}

// send writes the header and parts without copying them.
func (c *Conn) send(parts [][]byte) error {
	c.parts = append(append(c.parts[:0], c.out[:]), parts...)
	c.rest = c.parts
	if _, err := c.rest.WriteTo(c.c); err != nil {
		return fmt.Errorf("answer the host controller: %w", err)
	}
	return nil
}

// Close pulls the plug. It may be called while another goroutine receives.
func (c *Conn) Close() error { return c.c.Close() }
