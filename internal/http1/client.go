// Package http1 is an HTTP/1.1 client with one connection: a request, its answer, and then the next one. Requests are written and
// answers are read by net/http. Its Transport, which can do more, is not linked: HTTP/2, proxies and pools are half a megabyte
// on a 32-bit ARM, and no camera needs them.
package http1

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	defaultHeader = 16 << 10         // bytes
	idleFor       = 60 * time.Second // servers mostly wait for longer
	continueAfter = 5 * time.Second  // the body goes without a word from who does not know Expect
	quietFor      = time.Millisecond // what a server said meanwhile is here by then
	answerAfter   = time.Second      // for the reason why a server reads no further
)

// ErrHeader says that an answer's header is longer than allowed.
var ErrHeader = errors.New("the header of the answer is too long")

// Client sends requests. It is used by one goroutine at a time, and the body of an answer is closed before the next request.
type Client struct {
	Dial      func(ctx context.Context, u *url.URL) (net.Conn, error) // to u's host, with TLS if its scheme asks for it
	MaxHeader int                                                     // bytes of an answer's header; 0: 16 KiB

	idle *conn
}

// CloseIdle ends the connection that waits for the next request, if there is one.
func (c *Client) CloseIdle() {
	if c.idle != nil {
		c.idle.Close()
		c.idle = nil
	}
}

// Do sends a request and returns the answer, whose body must be closed. It follows no redirect. A request that expects
// 100-continue sends its body when the server says so, or nothing for a while. One that found its connection closed by the
// server goes once more, by a new one, if it has GetBody or no body. The end of the request's context ends the connection.
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	for {
		conn, reused, err := c.connect(req)
		if err != nil {
			return nil, err
		}
		resp, err := conn.do(req, cmp.Or(c.MaxHeader, defaultHeader))
		if err == nil {
			resp.Body = &body{
				ReadCloser: resp.Body, client: c, conn: conn,
				keep: conn.whole && !resp.Close && !req.Close, over: resp.Body == http.NoBody,
			}
			return resp, nil
		}
		conn.end()
		if ctx := req.Context(); ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !reused || conn.heard || !rewind(req) {
			return nil, err
		}
	}
}

// rewind makes a request ready to be sent again, and tells whether it can be.
func rewind(req *http.Request) bool {
	if req.Body == nil || req.Body == http.NoBody {
		return true
	}
	if req.GetBody == nil {
		return false
	}
	b, err := req.GetBody()
	req.Body = b
	return err == nil
}

// connect returns the connection that waits, or a new one.
func (c *Client) connect(req *http.Request) (found *conn, reused bool, err error) {
	if found, c.idle = c.idle, nil; found != nil {
		if found.to == origin(req.URL) && time.Since(found.since) < idleFor && found.quiet() {
			found.heard = false
			found.watch(req.Context())
			return found, true, nil
		}
		found.Close()
	}
	nc, err := c.Dial(req.Context(), req.URL)
	if err != nil {
		return nil, false, err
	}
	found = &conn{Conn: nc, to: origin(req.URL)}
	found.w, found.r = bufio.NewWriter(writer{found}), bufio.NewReader(&found.limited)
	found.limited.Reader = nc
	found.watch(req.Context())
	return found, false, nil
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// conn is a connection, and how far it is.
type conn struct {
	net.Conn
	to      string
	w       *bufio.Writer
	r       *bufio.Reader
	limited limited
	unwatch func() bool
	whole   bool // the request went out whole
	heard   bool // there was an answer to it
	since   time.Time
	failed  error // why the request did not go out: net/http hides it
}

// writer writes to a connection.
type writer struct{ c *conn }

func (w writer) Write(b []byte) (n int, err error) {
	n, w.c.failed = w.c.Conn.Write(b)
	return n, w.c.failed
}

// watch ends the connection with ctx.
func (c *conn) watch(ctx context.Context) {
	c.unwatch = context.AfterFunc(ctx, func() { c.Conn.Close() })
}

// quiet says whether the server has neither hung up nor said anything since its last answer. What it says unasked, such as 408
// before it hangs up, must not be taken for the next answer.
func (c *conn) quiet() bool {
	c.SetReadDeadline(time.Now().Add(quietFor))
	_, err := c.r.Peek(1)
	c.SetReadDeadline(time.Time{})
	return timedOut(err)
}

func timedOut(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}

func (c *conn) end() {
	c.unwatch()
	c.Conn.Close()
}

// do sends a request and reads the answer, but for its body.
func (c *conn) do(req *http.Request, maxHeader int) (*http.Response, error) {
	c.limited.on, c.limited.left = true, maxHeader
	defer func() { c.limited.on = false }()
	w := *req
	var early expected
	if req.Body != nil && req.Header.Get("Expect") == "100-continue" {
		early = expected{ReadCloser: req.Body, conn: c, req: req}
		w.Body = &early
	}
	err := w.Write(c.w)
	if err == nil {
		err = c.w.Flush()
	}
	if c.whole = err == nil; early.answer != nil {
		return early.answer, nil
	}
	if err != nil { // a server that has read enough may have said why
		c.SetReadDeadline(time.Now().Add(answerAfter))
		if resp, why := c.answer(req, 0); why == nil {
			return resp, nil
		}
		return nil, cmp.Or(c.failed, err)
	}
	return c.answer(req, 0)
}

// answer reads the next answer that is final, or until it is one of those that are not.
func (c *conn) answer(req *http.Request, until int) (*http.Response, error) {
	for {
		if _, err := c.r.Peek(1); err != nil {
			return nil, c.why(err)
		}
		c.heard = true
		resp, err := http.ReadResponse(c.r, req)
		if err != nil {
			return nil, c.why(err)
		}
		if resp.StatusCode >= 200 || resp.StatusCode == until {
			return resp, nil
		}
	}
}

// why says why an answer could not be read, and of one that is none no more than a line holds: net/http repeats all of it.
func (c *conn) why(err error) error {
	switch c.limited.err {
	case nil:
		return fmt.Errorf("malformed answer: %.100q", err.Error())
	case io.EOF:
		return io.ErrUnexpectedEOF
	}
	return c.limited.err
}

// limited lets so many bytes through while it is on, and everything else: a body has no end.
type limited struct {
	io.Reader
	on   bool
	left int
	err  error // of the last Read
}

func (l *limited) Read(b []byte) (n int, err error) {
	defer func() { l.err = err }()
	if !l.on {
		return l.Reader.Read(b)
	}
	if l.left <= 0 {
		return 0, ErrHeader
	}
	n, err = l.Reader.Read(b[:min(len(b), l.left)])
	l.left -= n
	return n, err
}

// expected is the body of a request that waits until the server wants it.
type expected struct {
	io.ReadCloser
	conn   *conn
	req    *http.Request
	asked  bool
	answer *http.Response // a final one, instead of a wish for the body
}

var errUnwanted = errors.New("the server does not want the body")

func (e *expected) Read(b []byte) (int, error) {
	if !e.asked {
		e.asked = true
		if err := e.ask(); err != nil {
			return 0, err
		}
	}
	return e.ReadCloser.Read(b)
}

// ask sends the header and waits for a word.
func (e *expected) ask() error {
	c := e.conn
	if err := c.w.Flush(); err != nil {
		return err
	}
	c.SetReadDeadline(time.Now().Add(continueAfter))
	_, err := c.r.Peek(1)
	c.SetReadDeadline(time.Time{})
	if timedOut(err) {
		return nil
	}
	resp, err := c.answer(e.req, http.StatusContinue)
	if c.failed = err; err != nil || resp.StatusCode == http.StatusContinue {
		return err
	}
	e.answer = resp
	return errUnwanted
}

// body gives its connection back when it was read to its end.
type body struct {
	io.ReadCloser
	client *Client
	conn   *conn
	keep   bool
	over   bool
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.over = b.over || err == io.EOF
	return n, err
}

func (b *body) Close() error {
	if b.conn == nil {
		return nil
	}
	c := b.conn
	b.conn = nil
	if b.keep && b.over && c.unwatch() {
		c.since = time.Now()
		b.client.idle = c
		return nil
	}
	c.end()
	return nil
}
