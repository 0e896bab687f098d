package media

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"signet/certs"
)

// ended returns a queue of which Run has ended, and what it logs at level Error.
func (w *world) ended(write func(string, []byte, fs.FileMode) error) (*Queue, *bytes.Buffer) {
	w.t.Helper()
	var log bytes.Buffer
	cfg := w.config()
	cfg.Dir = w.t.TempDir()
	cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))
	q := w.queue(cfg)
	q.disk.write = write
	q.ended = true
	return q, &log
}

// The last parts of an event come while the one before is still being written: none of them is lost, and none is said to be.
func TestPartsThatComeWhileTheLastOnesAreWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.StartTLS()
	started, release := make(chan struct{}), make(chan struct{})
	var written atomic.Int32
	q, log := w.ended(func(path string, b []byte, mode fs.FileMode) error {
		if written.Add(1) == 1 {
			close(started)
			<-release
		}
		return certs.WriteFile(path, b, mode)
	})
	var adds sync.WaitGroup
	adds.Go(func() { w.add(q, newPiece(1, 1000)) })
	<-started
	w.add(q, newPiece(2, 1000))
	close(release)
	adds.Wait()
	files, _ := os.ReadDir(q.cfg.Dir)
	if st := q.Stats(); len(files) != 2 || st.Flash != 2000 || st.RAM != 0 || log.Len() > 0 {
		t.Errorf("%d files, %+v, log: %s", len(files), st, log)
	}
}

// What flash does not take after Run is lost, and that is said.
func TestPartsThatFlashDoesNotTakeAtTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.StartTLS()
	q, log := w.ended(func(string, []byte, fs.FileMode) error { return syscall.ENOSPC })
	w.add(q, newPiece(1, 1000))
	if !bytes.Contains(log.Bytes(), []byte("are lost\" bytes=1000 err=\"no space left on device\"")) {
		t.Errorf("log: %s", log)
	}
}
