package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A storage that is full for long does not fill the log too, says what helps, and is noticed at once when it no longer is.
func TestInsist(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		began, tries := time.Now(), 0
		err := insist(t.Context(), slog.New(slog.NewTextHandler(&log, nil)), "announce", func() error {
			if tries++; tries <= 600 {
				return fmt.Errorf("append record: %w", syscall.ENOSPC)
			}
			return nil
		})
		if d := time.Since(began); err != nil || d != 10*time.Minute {
			t.Errorf("%v after %v", err, d)
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if n := len(lines) - 1; n < 10 || n > 16 {
			t.Errorf("%d lines in ten minutes:\n%s", n, log.String())
		}
		if !strings.Contains(lines[0], `err="append record: no space left on device" hint="the file system is full`) {
			t.Errorf("first line: %s", lines[0])
		}
		if last := lines[len(lines)-1]; !strings.Contains(last, `level=INFO msg="can announce again"`) {
			t.Errorf("last line: %s", last)
		}
		ctx, cancel := context.WithCancel(t.Context())
		if err := insist(ctx, slog.New(slog.DiscardHandler), "end", func() error { cancel(); return syscall.EROFS }); err != context.Canceled {
			t.Errorf("ended with %v", err)
		}
	})
}
