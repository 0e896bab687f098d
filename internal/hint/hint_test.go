package hint_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"signet/internal/hint"
)

func TestOf(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	if got := hint.Of(fmt.Errorf("spool: %w", full)); !strings.HasPrefix(got, "the file system is full: ") {
		t.Errorf("full: %q", got)
	}
	err := fmt.Errorf("spool: %w", hint.With(full, "wait"))
	if got := hint.Of(err); got != "wait" || !errors.Is(err, syscall.ENOSPC) || err.Error() != "spool: write x: no space left on device" {
		t.Errorf("with its own: %q, %v", got, err)
	}
	if got := hint.Of(errors.New("x")); got != "" {
		t.Errorf("nothing is known: %q", got)
	}
}

func TestOwn(t *testing.T) {
	err := fmt.Errorf("open: %w", hint.With(fs.ErrNotExist, "look elsewhere"))
	if err.Error() != "open: file does not exist" || hint.Own(err) != "look elsewhere" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, hint %q", err, hint.Own(err))
	}
	if hint.Own(fs.ErrNotExist) != "" || hint.Own(nil) != "" {
		t.Error("a hint from nowhere")
	}
}
