// Package feed is a network camera that sends JPEGs over HTTP (multipart/x-mixed-replace), for programs that read
// such cameras. It listens on 127.0.0.1 only.
package feed

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Next returns frame n, from 0, of one connection, as soon as it is due. An error ends the connection.
type Next func(ctx context.Context, n int) ([]byte, error)

const boundary = "signetframe"

// Handler sends frames for as long as the client stays, each connection from its frame 0 on.
func Handler(next Next) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary="+boundary)
		w.Header().Set("Cache-Control", "no-store")
		out := http.NewResponseController(w)
		var part []byte
		for n := 0; ; n++ {
			img, err := next(r.Context(), n)
			if err != nil {
				return
			}
			part = fmt.Appendf(part[:0], "--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n", boundary, len(img))
			part = append(append(part, img...), "\r\n"...)
			if _, err := w.Write(part); err != nil || out.Flush() != nil {
				return
			}
		}
	})
}

// Server is a camera that is being served.
type Server struct {
	Addr string // host:port
	srv  *http.Server
	done chan struct{}
}

// Serve serves on a free port until Close.
func Serve(h http.Handler) (*Server, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve frames: %w", err)
	}
	s := &Server{l.Addr().String(), &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}, make(chan struct{})}
	go func() {
		defer close(s.done)
		_ = s.srv.Serve(l) // ends by Close
	}()
	return s, nil
}

// Close ends all connections.
func (s *Server) Close() error {
	err := s.srv.Close()
	<-s.done
	return err
}

// Paced gives the frames over and over at a steady rate, on one time line for all of its connections. count, unless it is
// nil, is told of each frame that is given.
func Paced(frames [][]byte, fps float64, count func()) Next {
	begun := time.Now()
	period := time.Duration(float64(time.Second) / fps)
	return func(ctx context.Context, n int) ([]byte, error) {
		now := time.Since(begun)
		i := now/period + 1
		t := time.NewTimer(i*period - now)
		defer t.Stop()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-t.C:
		}
		if count != nil {
			count()
		}
		return frames[int(i)%len(frames)], nil
	}
}
