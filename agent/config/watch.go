package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long a file must be left alone before it is read: editors write in several steps.
const settle = 200 * time.Millisecond

// Watch reads the file again whenever it changes and calls apply with the configuration before and after, until ctx
// ends. A broken file is logged, with line and key, and the running configuration stays. It watches the folder, since
// editors replace files and configuration managers replace links.
func Watch(ctx context.Context, path string, now Config, log *slog.Logger, apply func(old, new Config)) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch configuration: %w", err)
	}
	defer w.Close()
	if err := w.Add(filepath.Dir(path)); err != nil {
		return fmt.Errorf("watch configuration: %w", err)
	}
	var last []byte           // nil: not read yet
	gone := false             // the file is
	quiet := time.NewTimer(0) // what came between the caller's reading and the watch is seen now
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-w.Errors:
			log.Warn("watching the configuration", "err", err)
			quiet.Reset(settle)
		case <-w.Events:
			quiet.Reset(settle)
		case <-quiet.C:
			b, err := read(path)
			if errors.Is(err, fs.ErrNotExist) && !gone {
				log.Warn("configuration is gone, the old one stays until the end", "file", path)
			}
			gone = errors.Is(err, fs.ErrNotExist)
			if err != nil || last != nil && bytes.Equal(b, last) {
				continue // on its way, or not ours
			}
			last = b
			if len(bytes.TrimSpace(b)) == 0 {
				log.Warn("configuration is empty, which means every default", "file", path)
			}
			next, err := Parse(path, b)
			if err != nil {
				log.Error("configuration is broken, the old one stays", "err", err)
				continue
			}
			if !reflect.DeepEqual(now, next) {
				apply(now, next)
				now = next
			}
		}
	}
}

// atOnce are the keys that take effect without a restart.
var atOnce = map[string]bool{
	"motion.sensitivity": true, "motion.min_size": true, "motion.max_size": true, "camera.zone": true, "event.pre_roll": true, "event.post_roll": true, "event.max_length": true,
	"camera.controls": true, "clip.max_fps": true, "clip.max_bitrate": true, "clip.part": true, "log.level": true,
}

// apart are the keys that change by themselves.
func apart() (all []string) {
	for _, k := range keys() {
		if strings.HasPrefix(k, "camera.zone.") {
			k = "camera.zone"
		}
		all = append(all, k)
	}
	return slices.Compact(all)
}

// Changed lists the keys that differ between two configurations: those that take effect at once, and those that need a
// restart. Where there are more or fewer cameras, that is "camera" alone; all of a camera's zones are one key.
func Changed(a, b Config) (now, restart []string) {
	same := len(a.Cameras) == len(b.Cameras)
	if !same {
		restart = append(restart, "camera")
	}
	for _, k := range apart() {
		if !same && strings.HasPrefix(k, "camera.") {
			continue
		}
		if slices.EqualFunc(values(a, k), values(b, k), reflect.DeepEqual) {
			continue
		}
		if atOnce[k] {
			now = append(now, k)
		} else {
			restart = append(restart, k)
		}
	}
	return now, restart
}
