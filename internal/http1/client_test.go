package http1

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// serve runs a server that counts its connections.
func serve(t *testing.T, h http.HandlerFunc) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var n atomic.Int64
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = func(_ net.Conn, st http.ConnState) {
		if st == http.StateNew {
			n.Add(1)
		}
	}
	s.Start()
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s, &n
}

func newClient(t *testing.T) *Client {
	t.Helper()
	c := &Client{Dial: func(ctx context.Context, u *url.URL) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	}}
	t.Cleanup(c.CloseIdle)
	return c
}

// send returns what came, and its status.
func send(c *Client, ctx context.Context, method, to, content string, expect bool) (string, int, error) {
	var b io.Reader
	if content != "" {
		b = strings.NewReader(content)
	}
	req, err := http.NewRequestWithContext(ctx, method, to, b)
	if err != nil {
		return "", 0, err
	}
	if expect {
		req.Header.Set("Expect", "100-continue")
	}
	resp, err := c.Do(req)
	if err != nil {
		return "", 0, err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	return string(got), resp.StatusCode, err
}

func TestOneConnectionServesAll(t *testing.T) {
	s, n := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s", r.Method, b)
		if r.URL.Path == "/chunked" {
			w.(http.Flusher).Flush()
			io.WriteString(w, "!")
		}
	})
	c := newClient(t)
	for i, tt := range []struct {
		method, path, content string
		expect                bool
		want                  string
	}{
		{"GET", "/", "", false, "GET "},
		{"PUT", "/", "hello", false, "PUT hello"},
		{"PUT", "/", "hello", true, "PUT hello"},
		{"PUT", "/chunked", "hello", true, "PUT hello!"},
		{"HEAD", "/", "", false, ""},
		{"GET", "/", "", false, "GET "},
	} {
		if got, status, err := send(c, t.Context(), tt.method, s.URL+tt.path, tt.content, tt.expect); err != nil || status != 200 || got != tt.want {
			t.Errorf("%d: %q, %d, %v", i, got, status, err)
		}
	}
	if n.Load() != 1 {
		t.Errorf("%d connections", n.Load())
	}
	c.CloseIdle()
	if _, _, err := send(c, t.Context(), "GET", s.URL, "", false); err != nil || n.Load() != 2 {
		t.Errorf("after CloseIdle: %v, %d connections", err, n.Load())
	}
}

func TestUnwantedBodyStaysHere(t *testing.T) {
	var read atomic.Int64
	s, n := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" { // takes a while and then reads
			time.Sleep(10 * time.Millisecond)
			b, _ := io.ReadAll(r.Body)
			read.Add(int64(len(b)))
			return
		}
		http.Error(w, "no", http.StatusForbidden)
	})
	c := newClient(t)
	part := strings.Repeat("x", 1<<20)
	if got, status, err := send(c, t.Context(), "PUT", s.URL, part, true); err != nil || status != 403 || got != "no\n" {
		t.Errorf("refused: %q, %d, %v", got, status, err)
	}
	if _, status, err := send(c, t.Context(), "PUT", s.URL+"/late", part, true); err != nil || status != 200 || read.Load() != 1<<20 {
		t.Errorf("wanted: %d, %v, %d bytes", status, err, read.Load())
	}
	if n.Load() != 2 {
		t.Errorf("%d connections", n.Load())
	}
}

// A server that answers before it has read all, and then hangs up.
func TestEarlyAnswerIsHeard(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Read(make([]byte, 1000))
			io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
			c.(*net.TCPConn).CloseWrite()
			time.Sleep(50 * time.Millisecond)
			c.Close()
		}
	}()
	if got, status, err := send(newClient(t), t.Context(), "PUT", "http://"+l.Addr().String(), strings.Repeat("x", 16<<20), false); err != nil || status != 413 || got != "no" {
		t.Errorf("%q, %d, %v", got, status, err)
	}
}

// Why nobody answers who was asked for 100 Continue can be told from the error: dial.Explain does.
func TestSilentEndIsTold(t *testing.T) {
	to := talk(t, func(c net.Conn, r *bufio.Reader) { http.ReadRequest(r) })
	if _, _, err := send(newClient(t), t.Context(), "PUT", to, "part", true); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v", err)
	}
}

// What a server has hung up on between two requests is asked again, once.
func TestStaleConnectionIsReplaced(t *testing.T) {
	s, n := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Write(b)
	})
	c := newClient(t)
	for i := range 3 {
		if got, _, err := send(c, t.Context(), "PUT", s.URL, "part", i == 2); err != nil || got != "part" {
			t.Fatalf("%d: %q, %v", i, got, err)
		}
		s.CloseClientConnections()
	}
	if n.Load() != 3 {
		t.Errorf("%d connections", n.Load())
	}
	s.Close()
	if _, _, err := send(c, t.Context(), "GET", s.URL, "", false); err == nil {
		t.Error("an answer from nobody")
	}
}

// talk listens, and has one connection after the other held by what is given for it.
func talk(t *testing.T, each ...func(c net.Conn, r *bufio.Reader)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for _, hold := range each {
			c, err := l.Accept()
			if err != nil {
				return
			}
			hold(c, bufio.NewReader(c))
			c.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

const fine = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"

// take reads a request.
func take(r *bufio.Reader) string {
	req, err := http.ReadRequest(r)
	if err != nil {
		return ""
	}
	b, _ := io.ReadAll(req.Body)
	return string(b)
}

// What a server says unasked, before it hangs up or instead, is no answer to what is asked next.
func TestUnaskedAnswerIsNotTaken(t *testing.T) {
	for name, unasked := range map[string]string{"at once": "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", "none": ""} {
		t.Run(name, func(t *testing.T) {
			said := make(chan bool)
			to := talk(t,
				func(c net.Conn, r *bufio.Reader) {
					take(r)
					io.WriteString(c, fine+unasked)
					<-said
					if unasked == "" {
						io.WriteString(c, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
					}
				},
				func(c net.Conn, r *bufio.Reader) {
					take(r)
					io.WriteString(c, fine)
				})
			c := newClient(t)
			for i := range 2 {
				if got, status, err := send(c, t.Context(), "GET", to, "", false); err != nil || status != 200 || got != "fine" {
					t.Errorf("%d: %q, %d, %v", i, got, status, err)
				}
				if i == 0 {
					close(said)
					time.Sleep(20 * time.Millisecond) // it is on its way
				}
			}
		})
	}
}

// A server may hang up when the next request is under way already.
func TestRequestThatNobodyAnsweredGoesAgain(t *testing.T) {
	var lost, came string
	to := talk(t,
		func(c net.Conn, r *bufio.Reader) {
			take(r)
			io.WriteString(c, fine)
			lost = take(r)
		},
		func(c net.Conn, r *bufio.Reader) {
			came = take(r)
			io.WriteString(c, fine)
		})
	c := newClient(t)
	for i := range 2 {
		if got, _, err := send(c, t.Context(), "PUT", to, fmt.Sprint("part ", i), false); err != nil || got != "fine" {
			t.Fatalf("%d: %q, %v", i, got, err)
		}
	}
	if lost != "part 1" || came != "part 1" {
		t.Errorf("first %q, then %q", lost, came)
	}
}

// Words in between, such as early hints, are not final, also where the body waits for one.
func TestWordsInBetweenArePassedOver(t *testing.T) {
	for _, expect := range []bool{false, true} {
		to := talk(t, func(c net.Conn, r *bufio.Reader) {
			if expect {
				io.WriteString(c, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
			} else {
				io.WriteString(c, "HTTP/1.1 103 Early Hints\r\n\r\n")
			}
			if take(r) == "part" {
				io.WriteString(c, fine)
			}
		})
		if got, status, err := send(newClient(t), t.Context(), "PUT", to, "part", expect); err != nil || status != 200 || got != "fine" {
			t.Errorf("expecting %v: %q, %d, %v", expect, got, status, err)
		}
	}
	endless := talk(t, func(c net.Conn, r *bufio.Reader) {
		for {
			if _, err := io.WriteString(c, "HTTP/1.1 102 Processing\r\n\r\n"); err != nil {
				return
			}
		}
	})
	if _, _, err := send(newClient(t), t.Context(), "PUT", endless, "part", true); !errors.Is(err, ErrHeader) {
		t.Errorf("without end: %v", err)
	}
}

func TestContextEndsAll(t *testing.T) {
	s, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	})
	for _, path := range []string{"/", "/body"} {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(50*time.Millisecond, func() { cancel(errors.New("enough")) })
		began := time.Now()
		if _, _, err := send(newClient(t), ctx, "GET", s.URL+path, "", false); err == nil || time.Since(began) > 5*time.Second {
			t.Errorf("%s: %v after %v", path, err, time.Since(began))
		} else if path == "/" && !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	}
}

func TestLongHeadersAreRefused(t *testing.T) {
	s, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Long", strings.Repeat("x", 40<<10))
		w.Write(bytes.Repeat([]byte("y"), 100<<10))
	})
	c := newClient(t)
	if _, _, err := send(c, t.Context(), "GET", s.URL, "", false); !errors.Is(err, ErrHeader) {
		t.Errorf("%v", err)
	}
	c.MaxHeader = 64 << 10
	if got, _, err := send(c, t.Context(), "GET", s.URL, "", false); err != nil || len(got) != 100<<10 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestBrokenAnswers(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing": "", "no HTTP": "SSH-2.0-x\r\n\r\n", "half a header": "HTTP/1.1 200 OK\r\nContent-", "junk": strings.Repeat("\x1b[2J", 3000) + "\r\n\r\n", "half a body": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
	} {
		t.Run(name, func(t *testing.T) {
			c := &Client{Dial: func(context.Context, *url.URL) (net.Conn, error) {
				here, there := net.Pipe()
				go func() {
					there.Read(make([]byte, 4096))
					io.WriteString(there, answer)
					there.Close()
				}()
				return here, nil
			}}
			if got, _, err := send(c, t.Context(), "GET", "http://camera/", "", false); err == nil {
				t.Errorf("got %q", got)
			} else if s := err.Error(); len(s) > 200 || strings.Contains(s, "\x1b") {
				t.Errorf("an error of %d bytes: %.40q", len(s), s)
			}
		})
	}
}

func TestRedirectsAndTLS(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other", http.StatusFound) }))
	defer s.Close()
	c := &Client{Dial: func(ctx context.Context, u *url.URL) (net.Conn, error) {
		return (&tls.Dialer{Config: s.Client().Transport.(*http.Transport).TLSClientConfig}).DialContext(ctx, "tcp", u.Host)
	}}
	defer c.CloseIdle()
	if _, status, err := send(c, t.Context(), "GET", s.URL, "", false); err != nil || status != http.StatusFound {
		t.Errorf("%d, %v: a redirect is the caller's to follow", status, err)
	}
}
