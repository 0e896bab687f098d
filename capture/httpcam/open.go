package httpcam

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"signet/capture"
	"signet/capture/pace"
	"signet/internal/hint"
	"signet/internal/http1"
)

// How long a camera may take, and how much it may say before its first picture.
const (
	connectWithin = 5 * time.Second
	answerWithin  = 10 * time.Second // until the first picture
	maxHeader     = 64 << 10         // bytes
	maxRedirects  = 3
	mostFPS       = 60 // frames a second where no rate is asked for: more is a fault, or a flood
	maxKind       = 80 // bytes of a media type, in an error
)

// Options say how a stream is taken.
type Options struct {
	FPS   float64      // frames a second at most; 0: what the camera sends, to 60
	Login string       // file with name:password in one line; "": none
	Log   *slog.Logger // nil: nobody is told
}

// Open opens the stream at an address, http:// or https://, and waits for its first picture. An error is one line that
// names the address without its query, and the reason; package hint may have advice for a second.
func Open(ctx context.Context, address string, o Options) (*Camera, error) {
	u, err := parse(address)
	if err != nil {
		return nil, fmt.Errorf("open camera: %w", err)
	}
	c, err := open(ctx, u, o)
	if err != nil {
		return nil, fmt.Errorf("open camera %s: %w", tellable(u), err)
	}
	return c, nil
}

func open(ctx context.Context, u *url.URL, o Options) (*Camera, error) {
	login, err := readLogin(o.Login, o.Log)
	if err != nil {
		return nil, err
	}
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	opening, opened := context.WithTimeout(ctx, answerWithin)
	defer opened()
	defer context.AfterFunc(opening, stop)()
	resp, err := ask(life, u, login)
	if err != nil {
		stop()
		return nil, told(opening, err)
	}
	c := &Camera{
		info: capture.Info{Name: u.Host, Driver: "http", Path: tellable(u), Format: capture.MJPEG, FPS: o.FPS},
		stop: stop, timer: time.NewTimer(0), fresh: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	go c.read(resp.Body, pace.Thinner{Interval: pace.Interval(cmp.Or(o.FPS, mostFPS))})
	if err := c.first(opening); err != nil {
		c.Close()
		return nil, told(opening, err)
	}
	return c, nil
}

// told says that it took too long where that is why something failed.
func told(opening context.Context, err error) error {
	if errors.Is(opening.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("no picture within %v", answerWithin)
	}
	return err
}

// first waits for the first picture and leaves it to Next.
func (c *Camera) first(ctx context.Context) error {
	select {
	case <-c.fresh:
	case <-ctx.Done():
		return ctx.Err()
	case <-c.ended:
		if !c.pending() {
			return c.err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.info.Width, c.info.Height = c.newest.Width, c.newest.Height
	select {
	case c.fresh <- struct{}{}:
	default:
	}
	return nil
}

// ask requests the stream, wherever the camera sends it to. Where the camera wants to know who asks, it is told; nobody else is.
func ask(ctx context.Context, u *url.URL, l *login) (*http.Response, error) {
	client := &http1.Client{Dial: connect, MaxHeader: maxHeader}
	asked := u
	for range maxRedirects + 1 {
		resp, err := get(ctx, client, u, nil)
		if err == nil && resp.StatusCode == http.StatusUnauthorized && l != nil && mayKnow(u, asked) {
			resp.Body.Close()
			resp, err = get(ctx, client, u, func(req *http.Request) error { return l.answer(req, resp.Header.Values("WWW-Authenticate")) })
		}
		if err != nil {
			return nil, err
		}
		to, err := resp.Location()
		if resp.StatusCode/100 != 3 || err != nil {
			if err := fit(resp, l); err != nil {
				resp.Body.Close()
				return nil, err
			}
			return resp, nil
		}
		resp.Body.Close()
		if u = to; !IsAddress(to.String()) {
			return nil, errors.New("it sends to an address that is not HTTP")
		}
	}
	return nil, errors.New("it sends from one address to another, again and again")
}

// mayKnow says whether who is at u may have the login for the address that is configured: the same host, and not over a line that
// is less safe.
func mayKnow(u, configured *url.URL) bool {
	return strings.EqualFold(u.Host, configured.Host) && (u.Scheme == configured.Scheme || u.Scheme == "https")
}

// get sends a request, changed as it is to be.
func get(ctx context.Context, client *http1.Client, u *url.URL, change func(*http.Request) error) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errors.New("the address cannot be read")
	}
	req.Close = true
	if change != nil {
		if err := change(req); err != nil {
			return nil, err
		}
	}
	return client.Do(req)
}

// connect speaks TLS where the address asks for it.
func connect(ctx context.Context, u *url.URL) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	port := u.Port()
	if u.Scheme == "https" {
		d := tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12}}
		return d.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(port, "443")))
	}
	return new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(port, "80")))
}

// fit says why an answer is no stream of pictures, if it is not.
func fit(resp *http.Response, l *login) error {
	switch {
	case resp.StatusCode == http.StatusUnauthorized && l == nil:
		return hint.With(errors.New("the camera wants a name and a password"), helpLogin)
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
		return fmt.Errorf("the camera refuses us: %s", status(resp))
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("the camera answers %q", status(resp))
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	kind = kind[:min(len(kind), maxKind)]
	switch {
	case strings.HasPrefix(kind, "image/"):
		return hint.With(fmt.Errorf("it is one picture (%s), not a stream", kind), "look for the camera's address of an MJPEG stream")
	case strings.HasPrefix(kind, "text/"), kind == "application/json", kind == "application/xml":
		return hint.With(fmt.Errorf("it is %s, not a stream of pictures", kind), "look for the camera's address of an MJPEG stream")
	}
	return nil
}

// status is the code and what it means, whatever the camera wrote behind it.
func status(resp *http.Response) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode)))
}
