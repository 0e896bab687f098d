package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"signet/test/boards/wire"
)

// serve calls the host that the kernel's command line names and serves its requests, for ever.
func serve(ctx context.Context, _ []string) error {
	line, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		return err
	}
	host, token := parameter(string(line), wire.HostKey), parameter(string(line), wire.TokenKey)
	if host == "" || token == "" {
		return fmt.Errorf("the kernel's command line has no %s and %s", wire.HostKey, wire.TokenKey)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	c := &caller{ctx: ctx, host: host, token: token, room: make(chan struct{}, wire.Connections)}
	s := &http.Server{Handler: newHandler()}
	defer context.AfterFunc(ctx, func() { s.Close() })()
	if err := s.Serve(c); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// parameter returns a value of the kernel's command line.
func parameter(line, name string) string {
	for field := range strings.FieldsSeq(line) {
		if k, v, ok := strings.Cut(field, "="); ok && k == name {
			return v
		}
	}
	return ""
}

// caller is a net.Listener that makes the connections which it accepts. There are at most cap(room) of them.
type caller struct {
	ctx         context.Context
	host, token string
	room        chan struct{}
}

func (c *caller) Accept() (net.Conn, error) {
	select {
	case c.room <- struct{}{}:
	case <-c.ctx.Done():
		return nil, net.ErrClosed
	}
	for {
		conn, err := c.call()
		if err == nil {
			return &line{Conn: conn, free: sync.OnceFunc(func() { <-c.room })}, nil
		}
		select {
		case <-time.After(100 * time.Millisecond): // the network is not up yet
		case <-c.ctx.Done():
			return nil, net.ErrClosed
		}
	}
}

func (c *caller) call() (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(c.ctx, "tcp", c.host)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(conn, c.token); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func (c *caller) Close() error   { return nil }
func (c *caller) Addr() net.Addr { return &net.TCPAddr{} }

// line is a connection that makes room when it is closed.
type line struct {
	net.Conn
	free func()
}

func (l *line) Close() error {
	defer l.free()
	return l.Conn.Close()
}
