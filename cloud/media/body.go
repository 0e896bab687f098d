package media

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// body is what a camera uploads. It fails when nothing comes for a while, and when all of it takes too long.
type body struct {
	io.Reader
	ctl   *http.ResponseController
	stall time.Duration
	until time.Time

	n      uint64 // bytes that came
	failed bool   // it ended in the middle
}

func (b *body) Read(p []byte) (int, error) {
	end := time.Now().Add(b.stall)
	if end.After(b.until) {
		end = b.until
	}
	_ = b.ctl.SetReadDeadline(end) // not every transport has one
	n, err := b.Reader.Read(p)
	b.n += uint64(n)
	b.failed = b.failed || err != nil && !errors.Is(err, io.EOF)
	return n, err
}

// done takes the deadline from the connection, which others use after this.
func (b *body) done() { _ = b.ctl.SetReadDeadline(time.Time{}) }
