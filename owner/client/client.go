// Package client speaks the owner's part of the cloud's API (docs/protocol.md).
//
// It carries bytes and believes nothing: records go through owner/verify before anybody looks at them. The TLS
// certificate must come from one pinned authority; the machine's own list of authorities plays no part. A [Client] logs
// in by itself when it has to, by proving the owner key for that authority and the cloud's own origin.
package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"signet/certs"
)

// Errors that callers branch on.
var (
	ErrNotFound    = errors.New("the cloud does not have it")
	ErrUnreachable = errors.New("the cloud cannot be reached")
	ErrForeignTLS  = errors.New("the cloud's certificate does not come from the pinned authority")
	ErrOtherName   = errors.New("the cloud's certificate is for another address")
	ErrExpired     = errors.New("the cloud's certificate has expired, or is not valid yet")
	ErrRefused     = errors.New("the cloud refuses")
)

// Limits of answers, in bytes.
const (
	maxJSON    = 1 << 20
	maxRecords = 500*(certs.MaxRecord+64) + 64
)

// Client is an owner's connection to a cloud. It is safe for concurrent use.
type Client struct {
	base  *url.URL
	owner *certs.Owner
	cloud certs.Hash // of the pinned authority
	http  *http.Client

	mu    sync.Mutex
	token string
}

// Transport returns an HTTP transport that trusts exactly one authority, TLS 1.3.
func Transport(ca *x509.Certificate) *http.Transport {
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	return &http.Transport{
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: pool},
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 30 * time.Second,
		IdleConnTimeout:       90 * time.Second,
		ForceAttemptHTTP2:     true,
		DisableCompression:    true,
	}
}

// New returns a client of the cloud at base (https://host[:port]) for one owner. It connects to nothing yet.
func New(base *url.URL, ca *x509.Certificate, owner *certs.Owner) *Client {
	return &Client{
		base:  base,
		owner: owner,
		cloud: certs.HashOf(ca.Raw),
		http: &http.Client{
			Transport:     Transport(ca),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// origin is what the log-in binds, besides the cloud's authority: the cloud's own.
func (c *Client) origin() string { return c.base.Scheme + "://" + c.base.Host }

// LogIn proves the owner key to the cloud. The other methods call it when they have to.
func (c *Client) LogIn(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.logIn(ctx)
}

func (c *Client) logIn(ctx context.Context) error {
	var challenge struct{ Nonce string }
	if err := c.postJSON(ctx, "/api/v1/challenge", "application/json", nil, &challenge); err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	nonce, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(challenge.Nonce, "="))
	if err != nil || len(nonce) != 32 {
		return errors.New("log in: the cloud's challenge is not 32 bytes")
	}
	login, err := certs.SignLogin(&certs.Login{Owner: c.owner.ID, Nonce: [32]byte(nonce), Origin: c.origin(), SPKI: c.owner.SPKI, Cloud: c.cloud}, c.owner.Key)
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	var session struct{ Token, Owner string }
	if err := c.postJSON(ctx, "/api/v1/session", "application/cose", login, &session); err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	if session.Token == "" || session.Owner != c.owner.ID.String() {
		return errors.New("log in: the cloud opened a session of another owner")
	}
	c.token = session.Token
	return nil
}

// LogOut ends the session, if there is one.
func (c *Client) LogOut(ctx context.Context) error {
	c.mu.Lock()
	token := c.token
	c.token = ""
	c.mu.Unlock()
	if token == "" {
		return nil
	}
	resp, err := c.once(ctx, http.MethodDelete, "/api/v1/session", token, nil)
	if err != nil {
		return fmt.Errorf("log out: %w", err)
	}
	return resp.Body.Close()
}

func (c *Client) postJSON(ctx context.Context, path, kind string, body []byte, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.String()+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	resp, err := c.roundTrip(req)
	if err != nil {
		return err
	}
	return decodeJSON(resp, v)
}

func decodeJSON(resp *http.Response, v any) error {
	b, err := readAll(resp, maxJSON)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("read the cloud's answer: %w", err)
	}
	return nil
}

// session returns the token, logging in where there is none or where it is the one that was just refused.
func (c *Client) session(ctx context.Context, refused string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == "" || c.token == refused {
		if err := c.logIn(ctx); err != nil {
			return "", err
		}
	}
	return c.token, nil
}

// do sends a request of a session. It logs in, and logs in anew where the session has expired. The caller closes the body.
func (c *Client) do(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	token, err := c.session(ctx, "")
	if err != nil {
		return nil, err
	}
	resp, err := c.once(ctx, method, path, token, body)
	if status, ok := errors.AsType[*StatusError](err); ok && status.Code == http.StatusUnauthorized {
		if token, err = c.session(ctx, token); err != nil {
			return nil, err
		}
		resp, err = c.once(ctx, method, path, token, body)
	}
	return resp, err
}

func (c *Client) once(ctx context.Context, method, path, token string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base.String()+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		req.Header.Set("Content-Type", "application/cose")
	}
	return c.roundTrip(req)
}

// roundTrip returns an answer of class 2xx, or an error that says what the cloud said.
func (c *Client) roundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.explain(err)
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer resp.Body.Close()
	e := &StatusError{Code: resp.StatusCode}
	b, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	var said struct{ Error, Hint string }
	if json.Unmarshal(b, &said) == nil {
		e.Message, e.Hint = clean(said.Error), clean(said.Hint)
	}
	return nil, e
}

// explain turns a transport error into one that names the cloud and the reason, once.
func (c *Client) explain(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return fmt.Errorf("%s: %w", c.base.Host, ErrForeignTLS)
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return fmt.Errorf("%s: %w", c.base.Host, ErrOtherName)
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if invalid.Reason == x509.Expired {
			return fmt.Errorf("%s: %w", c.base.Host, ErrExpired)
		}
		return fmt.Errorf("%s: %w: %v", c.base.Host, ErrForeignTLS, invalid)
	}
	return fmt.Errorf("%s: %w: %v", c.base.Host, ErrUnreachable, cause(err))
}

// cause takes away what package net puts around a reason: the address, which was named already, and the system call.
func cause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New(dns.Err)
	}
	if call, ok := errors.AsType[*os.SyscallError](err); ok {
		return call.Err
	}
	return err
}

// StatusError is an answer that is not of class 2xx.
type StatusError struct {
	Code          int
	Message, Hint string // as the cloud put it; its word, on one line
}

func (e *StatusError) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("the cloud answers %d %s", e.Code, http.StatusText(e.Code))
	}
	return fmt.Sprintf("the cloud answers %d: %s", e.Code, e.Message)
}

// Is makes errors.Is work with ErrNotFound and ErrRefused.
func (e *StatusError) Is(target error) bool {
	return target == ErrNotFound && e.Code == http.StatusNotFound ||
		target == ErrRefused && (e.Code == http.StatusUnauthorized || e.Code == http.StatusForbidden)
}

// clean makes text from outside fit for a terminal: one line, no control characters, not long.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > 300 {
		s = strings.ToValidUTF8(s[:300], "") + "…"
	}
	return s
}

// readAll reads and closes a body of at most limit bytes.
func readAll(resp *http.Response, limit int64) ([]byte, error) {
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read the cloud's answer: %w", err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("read the cloud's answer: more than %d bytes", limit)
	}
	return b, nil
}
