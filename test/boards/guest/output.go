package main

import (
	"bytes"
	"io"
	"net/http"
	"sync"

	"signet/test/boards/wire"
)

func newReader(b []byte) io.Reader { return bytes.NewReader(b) }

// bounded keeps the first wire.MaxOutput bytes that are written to it.
type bounded struct{ b []byte }

func (b *bounded) Write(p []byte) (int, error) {
	b.b = append(b.b, p[:min(len(p), wire.MaxOutput-len(b.b))]...)
	return len(p), nil
}

// flusher sends everything on at once. Whoever holds its lock writes alone.
type flusher struct {
	sync.Mutex
	w io.Writer
	c *http.ResponseController
}

func (f *flusher) Write(p []byte) (int, error) {
	f.Lock()
	defer f.Unlock()
	n, err := f.w.Write(p)
	if err == nil {
		err = f.c.Flush()
	}
	return n, err
}
