package claiming

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"signet/certs"
	"signet/internal/hint"
)

// Hook returns what joins a network by a program: it is run without arguments and gets two lines on its standard input, the
// network's name and its passphrase, so that they stand in no list of processes, environment or log. What it prints is
// thrown away for the same reason. When the context ends it is killed with all that it started, as far as that has not
// left its process group.
//
// The error says why the program cannot be run.
func Hook(path string) (func(context.Context, certs.WiFi) error, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("program that joins a network: %w", err)
	case !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0:
		return nil, hint.With(fmt.Errorf("program that joins a network: %s cannot be run", path), "chmod 755 "+path)
	case info.Mode().Perm()&0o022 != 0:
		return nil, hint.With(fmt.Errorf("program that joins a network: others may change %s, and are told the passphrase", path), "chmod 755 "+path)
	}
	return func(ctx context.Context, w certs.WiFi) error { return runHook(ctx, path, w) }, nil
}

func runHook(ctx context.Context, path string, w certs.WiFi) error {
	if !line(w.SSID) || !line(w.Passphrase) {
		return errors.New("join network: its name or passphrase is no line of text")
	}
	cmd := exec.CommandContext(ctx, path)
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	cmd.Dir = "/"
	cmd.Stdin = strings.NewReader(string(w.SSID) + "\n" + string(w.Passphrase) + "\n")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("join network: %s was ended, it took too long", path)
	case err != nil:
		return fmt.Errorf("join network: %s: %w", path, err)
	}
	return nil
}

// line says whether b is text that a program can read as one line.
func line(b []byte) bool {
	return utf8.Valid(b) && !strings.ContainsFunc(string(b), unicode.IsControl)
}
