package device

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Sight is what there was of video nodes and the links to them at one moment.
type Sight map[string]string

// See looks which nodes and links there are, and who may use them.
func (r Root) See() Sight {
	s := Sight{}
	paths := r.nodes()
	for _, dir := range linkDirs {
		links, _ := filepath.Glob(r.dev(dir, "*"))
		paths = append(paths, links...)
	}
	for _, path := range paths {
		if st, err := os.Lstat(path); err == nil {
			owner, _ := st.Sys().(*syscall.Stat_t)
			s[path] = fmt.Sprint(st.Mode(), owner.Ino, owner.Ctim, owner.Uid, owner.Gid)
		}
	}
	return s
}

// more says whether there is something in now that was not in s, or has other rights.
func (s Sight) more(now Sight) bool {
	for path, what := range now {
		if s[path] != what {
			return true
		}
	}
	return false
}

// pollEach is how often nodes are looked at where the kernel does not tell of changes.
const pollEach = time.Second

// Wait waits as long as d, or until there is a node or link that was not in before, or that somebody else may use now, and
// says so. It returns ctx.Err() when ctx ends. Watches are kept no longer than it waits.
func (r Root) Wait(ctx context.Context, d time.Duration, before Sight) (came bool, err error) {
	end := time.NewTimer(d)
	defer end.Stop()
	w := r.watch()
	defer w.close()
	for {
		if before.more(r.See()) {
			return true, nil
		}
		if more, err := w.next(ctx, end.C, r); !more {
			return false, err
		}
	}
}

// next waits for something that may have changed. It returns false at the end, and when ctx ends.
func (w *watch) next(ctx context.Context, end <-chan time.Time, r Root) (bool, error) {
	for {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-end:
			return false, nil
		case <-w.poll:
			return true, nil
		case <-w.errors: // events were lost
			return true, nil
		case e := <-w.events:
			if r.concerns(e) {
				w.follow(r)
				return true, nil
			}
		}
	}
}

// concerns says whether an event may be of a video node or a folder of links: /dev has much else that changes.
func (r Root) concerns(e fsnotify.Event) bool {
	name := filepath.Base(e.Name)
	return filepath.Dir(e.Name) != r.dev() || strings.HasPrefix(name, "video") || name == "v4l"
}

// watch tells of changes in the folders of nodes and links, through inotify, or once a second where there is none.
type watch struct {
	inotify *fsnotify.Watcher
	ticker  *time.Ticker
	events  <-chan fsnotify.Event
	errors  <-chan error
	poll    <-chan time.Time
}

func (r Root) watch() *watch {
	w := &watch{}
	inotify, err := fsnotify.NewWatcher()
	if err == nil {
		if err = inotify.Add(r.dev()); err != nil {
			inotify.Close()
		}
	}
	if err != nil {
		w.ticker = time.NewTicker(pollEach)
		w.poll = w.ticker.C
		return w
	}
	w.inotify, w.events, w.errors = inotify, inotify.Events, inotify.Errors
	w.follow(r)
	return w
}

// follow watches the folders of links, as far as they are there by now.
func (w *watch) follow(r Root) {
	for _, dir := range append([]string{"v4l"}, linkDirs...) {
		_ = w.inotify.Add(r.dev(dir)) // again and again is no harm
	}
}

func (w *watch) close() {
	if w.inotify != nil {
		w.inotify.Close()
	}
	if w.ticker != nil {
		w.ticker.Stop()
	}
}
