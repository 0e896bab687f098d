package clock

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"signet/certs"
)

// oldest is before every build of this agent.
var oldest = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// noteEvery is by how much a floor rises before it is written down: flash is worn by no more than a line a day.
const noteEvery = 24 * time.Hour

// Floor is a moment that has certainly passed: the time of the build, or of a statement that somebody trusted has signed
// since. It never comes from a clock of the board, which may have woken up in any year, and never falls. It is safe for
// concurrent use.
type Floor struct {
	path  string
	right func() bool // is the wall clock?

	mu    sync.Mutex
	at    time.Time
	noted time.Time // in the file
}

// OpenFloor reads what an earlier run noted in a file. One that cannot be read says nothing. right says whether the wall clock
// is: Synchronised.
func OpenFloor(path string, right func() bool) (*Floor, error) {
	f := &Floor{path: path, right: right, at: built()}
	b, err := certs.ReadFile(path, 64)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	s, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	if err != nil {
		return f, fmt.Errorf("read %s: not a time", path)
	}
	f.noted = time.Unix(s, 0)
	if f.noted.After(f.at) {
		f.at = f.noted
	}
	return f, nil
}

// built returns when the commit was made that this program is of.
func built() time.Time {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return oldest
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			if t, err := time.Parse(time.RFC3339, s.Value); err == nil && t.After(oldest) {
				return t
			}
		}
	}
	return oldest
}

// Time returns the floor.
func (f *Floor) Time() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}

// Raise takes in that t has passed, as a verified statement says. It is written down when it is a day above what is in the
// file; the error is of that, and the floor has risen for this run.
func (f *Floor) Raise(t time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !t.After(f.at) {
		return nil
	}
	f.at = t
	if t.Sub(f.noted) < noteEvery {
		return nil
	}
	if err := certs.WriteFile(f.path, []byte(strconv.FormatInt(t.Unix(), 10)+"\n"), 0o600); err != nil {
		return err
	}
	f.noted = t
	return nil
}

// Past says whether t has certainly passed: by a clock that shows now and is known to be right, else by the floor.
func (f *Floor) Past(now, t time.Time) bool {
	if f.right() {
		return now.After(t)
	}
	return f.Time().After(t)
}

// Right says whether the wall clock is known to be right.
func (f *Floor) Right() bool { return f.right() }
