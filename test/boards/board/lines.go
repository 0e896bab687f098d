package board

import (
	"context"
	"crypto/subtle"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"signet/test/boards/wire"
)

// lines are the connections that a guest has made to its host. Only one that said the token counts, since anybody on
// the host can connect.
type lines struct {
	listener net.Listener
	token    string
	idle     chan net.Conn // for dial
	first    chan struct{} // closed when there was one
	done     chan struct{} // closed by close
	once     sync.Once
}

func listen(token string) (*lines, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &lines{
		listener: l, token: token,
		idle: make(chan net.Conn, wire.Connections), first: make(chan struct{}), done: make(chan struct{}),
	}
	go s.accept()
	return s, nil
}

// Addr returns host:port.
func (s *lines) Addr() string { return s.listener.Addr().String() }

func (s *lines) accept() {
	var once sync.Once
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		go func() {
			said := make([]byte, len(s.token))
			_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
			if _, err := io.ReadFull(c, said); err != nil || subtle.ConstantTimeCompare(said, []byte(s.token)) != 1 {
				c.Close()
				return
			}
			_ = c.SetReadDeadline(time.Time{})
			once.Do(func() { close(s.first) })
			select {
			case s.idle <- c:
			case <-s.done:
				c.Close()
			}
		}()
	}
}

// dial takes a connection for http.Transport.
func (s *lines) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	select {
	case c := <-s.idle:
		return c, nil
	case <-s.done:
		return nil, errGone
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the board to call: %w", ctx.Err())
	}
}

func (s *lines) close() {
	s.once.Do(func() {
		close(s.done)
		s.listener.Close()
		for {
			select {
			case c := <-s.idle:
				c.Close()
			default:
				return
			}
		}
	})
}
