package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"signet/test/boards/wire"
)

func serveTest(t *testing.T) *httptest.Server {
	s := httptest.NewServer(newHandler())
	t.Cleanup(s.Close)
	return s
}

func post(t *testing.T, ctx context.Context, url string, v any) *http.Response {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

func TestRun(t *testing.T) {
	s := serveTest(t)
	for _, c := range []struct {
		command wire.Command
		want    wire.Result
	}{
		{wire.Command{Argv: []string{"sh", "-c", "cat; echo err >&2; exit 3"}, Stdin: []byte("in")}, wire.Result{Code: 3, Stdout: "in", Stderr: "err\n"}},
		{wire.Command{Argv: []string{"sh", "-c", "echo $A"}, Env: []string{"A=b"}}, wire.Result{Stdout: "b\n"}},
		// The sleep is a child of the shell's: both end.
		{wire.Command{Argv: []string{"sh", "-c", "sleep 60; echo"}, Timeout: 50 * time.Millisecond}, wire.Result{Code: -1, Stderr: "\nkilled after 50ms"}},
	} {
		start := time.Now()
		got, err := wire.Read[wire.Result](post(t, t.Context(), s.URL+wire.RunPath, c.command).Body)
		if err != nil || got != c.want || time.Since(start) > 10*time.Second {
			t.Errorf("%q: %+v, %v after %v", c.command.Argv, got, err, time.Since(start))
		}
	}
	if a := post(t, t.Context(), s.URL+wire.RunPath, wire.Command{Argv: []string{"/no/such/program"}}); a.StatusCode != http.StatusInternalServerError {
		t.Errorf("a program that is not there: %s", a.Status)
	}
}

func TestStart(t *testing.T) {
	s := serveTest(t)
	a := post(t, t.Context(), s.URL+wire.StartPath, wire.Command{Argv: []string{"sh", "-c", "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done"}})
	pid, err := strconv.Atoi(a.Header.Get(wire.PidHeader))
	if err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 3)
	if _, err := io.ReadFull(a.Body, first); err != nil || string(first) != "up\n" {
		t.Fatalf("%q, %v", first, err)
	}
	if a := post(t, t.Context(), s.URL+wire.SignalPath, wire.Signal{Pid: 1, Signal: 0}); a.StatusCode != http.StatusNotFound {
		t.Errorf("a signal to a stranger: %s", a.Status)
	}
	if a := post(t, t.Context(), s.URL+wire.SignalPath, wire.Signal{Pid: pid, Signal: int(syscall.SIGTERM)}); a.StatusCode != http.StatusOK {
		t.Errorf("signal: %s", a.Status)
	}
	rest, err := io.ReadAll(a.Body)
	if err != nil || string(rest) != "bye\n" || a.Trailer.Get(wire.ExitTrailer) != "7" {
		t.Errorf("%q, %v, exit %q", rest, err, a.Trailer.Get(wire.ExitTrailer))
	}
}

// A program ends when its host hangs up.
func TestHangUp(t *testing.T) {
	s := serveTest(t)
	ctx, cancel := context.WithCancel(t.Context())
	a := post(t, ctx, s.URL+wire.StartPath, wire.Command{Argv: []string{"sleep", "60"}})
	pid, err := strconv.Atoi(a.Header.Get(wire.PidHeader))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for end := time.Now().Add(10 * time.Second); syscall.Kill(pid, 0) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it runs on")
		}
	}
}

func TestFiles(t *testing.T) {
	s := serveTest(t)
	path := filepath.Join(t.TempDir(), "new", "file")
	u := s.URL + wire.FilePath + "?" + url.Values{"path": {path}, "mode": {"600"}}.Encode()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, u, strings.NewReader("content"))
	if err != nil {
		t.Fatal(err)
	}
	if a, err := http.DefaultClient.Do(r); err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("put: %v, %v", a, err)
	}
	a, err := http.Get(u)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if b, err := io.ReadAll(a.Body); err != nil || string(b) != "content" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestParameter(t *testing.T) {
	line := "console=ttyAMA0 boards.hosts=x boards.host=10.0.2.2:1 boards.token=ab\n"
	if got := parameter(line, wire.HostKey); got != "10.0.2.2:1" {
		t.Error(got)
	}
	if got := parameter(line, wire.TokenKey); got != "ab" {
		t.Error(got)
	}
	if got := parameter(line, "other"); got != "" {
		t.Error(got)
	}
}
