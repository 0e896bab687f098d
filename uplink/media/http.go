package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"signet/certs"
	"signet/internal/http1"
	"signet/uplink/backoff"
	"signet/uplink/dial"
)

const (
	progressWithin = 30 * time.Second // the next piece of a part, or the answer, must go through
	maxRetryAfter  = backoff.MaxAsk
)

var errStalled = errors.New("the cloud takes no more bytes")

// newClient makes the client. It follows no redirect: bytes go where the certificate was checked for, and nowhere else.
func newClient(caller *dial.Caller) *http1.Client {
	return &http1.Client{Dial: func(ctx context.Context, u *url.URL) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, progressWithin)
		defer cancel()
		addr := u.Host
		if u.Port() == "" {
			addr = net.JoinHostPort(u.Hostname(), "443")
		}
		c, err := caller.Dial(ctx, addr)
		if err != nil {
			return nil, err // a nil *tls.Conn in an interface is not nil
		}
		return c, nil
	}}
}

// answer is what the cloud said.
type answer struct {
	status int
	after  time.Duration // Retry-After, or 0
}

// ask sends a HEAD: is the part there?
func (q *Queue) ask(ctx context.Context, h certs.Hash) (answer, error) {
	return q.do(ctx, http.MethodHead, h, nil)
}

// put sends a part. With Expect a cloud that does not want it says so before the bytes travel.
func (q *Queue) put(ctx context.Context, h certs.Hash, b []byte) (answer, error) {
	return q.do(ctx, http.MethodPut, h, b)
}

func (q *Queue) do(ctx context.Context, method string, h certs.Hash, b []byte) (answer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(q.within, func() { cancel(errStalled) })
	defer watch.Stop()
	if q.caller.Outdated() { // no further word on a connection that was made by a certificate, or to one, that is no longer good
		q.client.CloseIdle()
	}

	req, err := http.NewRequestWithContext(ctx, method, q.base.JoinPath("media", h.String()).String(), nil)
	if err != nil {
		return answer{}, err
	}
	if b != nil {
		body := func() (io.ReadCloser, error) {
			return io.NopCloser(&progress{bytes.NewReader(b), watch, q.within}), nil
		}
		req.Body, _ = body()
		req.GetBody = body
		req.ContentLength = int64(len(b))
		req.Header.Set("Content-Type", "application/octet-stream")
		req.Header.Set("Expect", "100-continue")
	}
	resp, err := q.client.Do(req)
	if err != nil {
		if errors.Is(context.Cause(ctx), errStalled) {
			err = errStalled
		}
		return answer{}, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	resp.Body.Close()
	return answer{resp.StatusCode, retryAfter(resp.Header)}, nil
}

// progress winds the watch up at every read. It hides bytes.Reader's WriteTo, which would be one read.
type progress struct {
	r      *bytes.Reader
	watch  *time.Timer
	within time.Duration
}

func (p *progress) Read(b []byte) (int, error) {
	p.watch.Reset(p.within)
	return p.r.Read(b)
}

// retryAfter reads the header of RFC 9110, section 10.2.3. A date is taken relative to the cloud's own clock.
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if v == "" {
		return 0
	}
	if n, err := strconv.ParseUint(v, 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, maxRetryAfter)
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

// explain says in one line why an upload failed.
func (q *Queue) explain(err error) error {
	if errors.Is(err, errStalled) {
		return &dial.Error{Addr: q.base.Host, Says: errStalled.Error(), Err: err, Lost: true}
	}
	return q.cfg.Dial.Config().Explain(err, q.base.Host)
}

// refusal says what an answer means that is not one of docs/protocol.md.
func (q *Queue) refusal(status int) error {
	says, do := fmt.Sprintf("the cloud answers %d %s", status, http.StatusText(status)), ""
	switch {
	case status >= 300 && status < 400:
		says, do = fmt.Sprintf("the cloud redirects (%d), which is not followed", status), "name the cloud itself"
	case status == http.StatusInsufficientStorage:
		says = "the cloud's storage is full"
	case status >= 400 && status < 500:
		do = "is this the HTTPS port of signet-cloud?"
	}
	return &dial.Error{Addr: q.base.Host, Says: says, Do: do, Err: errAnswer, Lost: true}
}

var errAnswer = errors.New("unexpected answer")
