// Package revocation keeps the fleet's list of revoked device certificates as its file has it.
//
// The file is an X.509 CRL of the fleet CA in PEM, and may be replaced at any time. What is there is taken only if it is
// well-formed, the CA has signed it, and its number is greater than that of the list in force; else that one stays, and the
// log says why. A file that goes away takes nothing back. So whoever can write the file without the CA's key can revoke
// nobody and pardon nobody while this process runs. After a start the list is whatever the file has: one that is older than
// what was in force before cannot be told from the newest.
//
// Dates play no part: see [certs.RevocationList].
package revocation

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"

	"signet/certs"
)

// settle is how long a file must be left alone before it is read: it may be written in several steps.
const settle = 100 * time.Millisecond

// ErrBackwards says that a list is not newer than the one in force.
var ErrBackwards = errors.New("revocation list is not newer than the one in force")

// List is the list in force. It may be used concurrently.
type List struct {
	path  string
	fleet *x509.Certificate
	log   *slog.Logger
	now   atomic.Pointer[certs.RevocationList] // nil: there was none yet
}

// Open reads the list of a file, which need not be there: then nothing was revoked. A file that is there and wrong is an
// error. Run must run for changes to be seen.
func Open(path string, fleet *x509.Certificate, log *slog.Logger) (*List, error) {
	l := &List{path: path, fleet: fleet, log: log}
	now, err := certs.ReadCRL(path, fleet)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l.now.Store(now)
	return l, nil
}

// Has says whether the certificate with a serial number was revoked.
func (l *List) Has(serial *big.Int) bool { return l.now.Load().Has(serial) }

// DER is the list in force, nil if there is none.
func (l *List) DER() []byte {
	if now := l.now.Load(); now != nil {
		return now.Raw
	}
	return nil
}

// Run reads the file again whenever it changes, and calls changed after another list is in force, until ctx ends. It
// watches the folder, since files are replaced rather than written.
func (l *List) Run(ctx context.Context, changed func()) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch revocation list: %w", err)
	}
	defer w.Close()
	if err := w.Add(filepath.Dir(l.path)); err != nil {
		return fmt.Errorf("watch revocation list: %w", err)
	}
	told := ""
	quiet := time.NewTimer(0) // what came between Open and the watch is seen now
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-w.Errors:
			l.log.Warn("watch revocation list", "err", err)
			quiet.Reset(settle)
		case e := <-w.Events:
			if e.Name == l.path || filepath.Base(e.Name) == "..data" { // a mounted secret is replaced by a link
				quiet.Reset(settle)
			}
		case <-quiet.C:
			news, err := l.read()
			switch {
			case err != nil && err.Error() != told:
				told = err.Error() // once, not at each change of the folder
				l.log.Error("revocation list not taken, the one before stays", "err", err)
			case err == nil:
				told = ""
			}
			if news {
				now := l.now.Load()
				l.log.Info("revocation list", "number", now.Number, "certificates", now.Len())
				changed()
			}
		}
	}
}

// read takes the file's list if it is newer, and says whether it is.
func (l *List) read() (news bool, _ error) {
	next, err := certs.ReadCRL(l.path, l.fleet)
	now := l.now.Load()
	switch {
	case errors.Is(err, fs.ErrNotExist) && now == nil:
		return false, nil
	case err != nil:
		return false, err
	case now != nil && bytes.Equal(now.Raw, next.Raw):
		return false, nil
	case now != nil && next.Number <= now.Number:
		return false, fmt.Errorf("read %s: number %d after %d: %w", l.path, next.Number, now.Number, ErrBackwards)
	}
	l.now.Store(next)
	return true, nil
}
