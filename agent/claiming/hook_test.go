package claiming

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signet/certs"
)

// script writes a program.
func script(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hook")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return path
}

func TestHook(t *testing.T) {
	t.Setenv("SECRET", "of the agent")
	out := filepath.Join(t.TempDir(), "out")
	path := script(t, `IFS= read -r ssid && IFS= read -r psk && ! read -r more || exit 7
{ echo "$# $ssid $psk"; env; } > `+out+`
echo "$psk"; echo "$psk" >&2`, 0o755)
	join, err := Hook(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := join(t.Context(), certs.WiFi{SSID: []byte(" my \"home\""), Passphrase: []byte(`back\slash`)}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if err != nil || !strings.HasPrefix(string(b), "0  my \"home\" back\\slash\n") || strings.Contains(string(b), "SECRET") || strings.Contains(strings.SplitN(string(b), "\n", 2)[1], "slash") {
		t.Errorf("%v: %s", err, b)
	}
}

func TestHookFails(t *testing.T) {
	join, err := Hook(script(t, "read a; read b; echo $b >&2; exit 3", 0o755))
	if err != nil {
		t.Fatal(err)
	}
	err = join(t.Context(), certs.WiFi{SSID: []byte("home"), Passphrase: []byte("correct horse")})
	if err == nil || !strings.HasSuffix(err.Error(), "exit status 3") || strings.Contains(err.Error(), "horse") {
		t.Errorf("error is %v", err)
	}
	for _, ssid := range []string{"a\nb", "a\x00", "\xff"} {
		err := join(t.Context(), certs.WiFi{SSID: []byte(ssid), Passphrase: []byte("correct horse")})
		if err == nil || !strings.Contains(err.Error(), "no line of text") {
			t.Errorf("%q: %v", ssid, err)
		}
	}
}

// A program that hangs is ended with what it started.
func TestHookHangs(t *testing.T) {
	alive := filepath.Join(t.TempDir(), "alive")
	join, err := Hook(script(t, "(trap '' HUP; sleep 0.6; touch "+alive+") & wait", 0o755))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := join(ctx, certs.WiFi{SSID: []byte("home")}); err == nil || !strings.HasSuffix(err.Error(), "it took too long") {
		t.Errorf("error is %v", err)
	}
	if d := time.Since(began); d > 500*time.Millisecond {
		t.Errorf("it took %v", d)
	}
	time.Sleep(900*time.Millisecond - time.Since(began))
	if _, err := os.Stat(alive); err == nil {
		t.Error("what it started goes on")
	}
}

func TestNoHook(t *testing.T) {
	for name, c := range map[string]struct{ path, want string }{
		"missing":            {filepath.Join(t.TempDir(), "nothing"), "no such file"},
		"a folder":           {t.TempDir(), "cannot be run"},
		"not executable":     {script(t, "", 0o644), "cannot be run"},
		"anybody may change": {script(t, "", 0o777), "others may change"},
	} {
		if _, err := Hook(c.path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
