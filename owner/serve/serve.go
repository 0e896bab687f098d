// Package serve is the owner's page on the owner's own machine: the page itself, a way through to the cloud, and the
// handover of the owner's seed to one page, once (docs/protocol.md).
//
// It listens on loopback addresses only and answers only requests that name them, so that no other machine, and no
// page of another origin with a name that resolves to this one (DNS rebinding), can speak with it. Keys are in no log,
// no error and no address; the handover code is behind the # of the link, which browsers send to nobody.
package serve

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"signet/certs"
)

// Config of a Server. All but Handover must be set.
type Config struct {
	Listen   string // host:port, of localhost or 127.0.0.1; port 0 takes any
	Cloud    *url.URL
	CA       *x509.Certificate // which the cloud's certificate must come from
	Owner    *certs.Owner      // may be nil if Handover is false
	Handover bool              // give the seed to the page that has the code of Link
	Page     http.Handler      // the owner's page and its /config.json: owner/web
	Log      *slog.Logger
}

// Server serves the owner's page.
type Server struct {
	listeners []net.Listener
	handler   http.Handler
	link      string
	log       *slog.Logger
	closeIdle func()
}

// New opens the address, so that a port in use is known at once, and answers nothing yet. The handover code's ten
// minutes begin here. Either Run or Close frees the address.
func New(cfg Config) (*Server, error) {
	if cfg.Handover && cfg.Owner == nil {
		return nil, errors.New("serve: no owner to hand over")
	}
	ls, port, err := listen(cfg.Listen)
	if err != nil {
		return nil, err
	}
	s := &Server{listeners: ls, log: cfg.Log}
	s.link = "http://" + s.host(cfg.Listen, port) + "/"
	mux := http.NewServeMux()
	proxy, closeIdle := newProxy(cfg.Cloud, cfg.CA, cfg.Log)
	s.closeIdle = closeIdle
	mux.Handle("/api/", proxy)
	if cfg.Handover {
		h, code := newHandover(cfg.Owner, cfg.Log)
		mux.Handle("/handover", h)
		s.link += "#code=" + code
	}
	mux.Handle("/", cfg.Page)
	s.handler = guard(mux, port)
	return s, nil
}

// host is how the link names this server. Browsers take localhost for a secure context, and 127.0.0.1 too.
func (s *Server) host(listen string, port int) string {
	name, _, _ := net.SplitHostPort(listen) // listen has split it before
	return net.JoinHostPort(name, strconv.Itoa(port))
}

// Link is what to open in a browser. With a handover it holds the single-use code: it is for the owner's terminal,
// never for a log.
func (s *Server) Link() string { return s.link }

// Run serves until ctx ends and returns nil then. It is called once.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer s.closeIdle()
	srv := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       60 * time.Second, // of a request; answers may stream for ever
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return ctx }, // streams end with it
	}
	done := make(chan error, len(s.listeners))
	for _, l := range s.listeners {
		go func() { done <- srv.Serve(l) }()
	}
	left := len(s.listeners)
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-done:
		left--
	}
	cancel()
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer stop()
	if srv.Shutdown(grace) != nil {
		srv.Close()
	}
	for range left {
		<-done
	}
	if failed != nil && !errors.Is(failed, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", failed)
	}
	return nil
}

// Close frees the address of a server that was never run.
func (s *Server) Close() error {
	var errs []error
	for _, l := range s.listeners {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// guard answers only requests that name localhost or 127.0.0.1 with our port, and only posts that come from our own
// pages: browsers put an Origin on each of them.
func guard(next http.Handler, port int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		if !ours(r.Host, port) {
			refuse(w, http.StatusMisdirectedRequest, "this server answers to localhost only", "")
			return
		}
		safe := r.Method == http.MethodGet || r.Method == http.MethodHead
		if origin := r.Header.Get("Origin"); origin != "http://"+r.Host && (origin != "" || !safe) {
			refuse(w, http.StatusForbidden, "another page's request", "open the page itself: http://"+r.Host+"/")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ours says whether host is one of our names with our port. A browser leaves out port 80.
func ours(host string, port int) bool {
	name, p, err := net.SplitHostPort(host)
	if err != nil {
		name, p = host, "80"
	}
	return local(name) && p == strconv.Itoa(port)
}
