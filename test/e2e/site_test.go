package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/test/rig"
)

// bin is the folder of the programs, built once.
var bin string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "signet-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	bin = dir
	build := exec.Command("go", "build", "-o", dir, "signet/agent/signet-agent", "signet/cloud/signet-cloud", "signet/owner/signet-owner")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the programs: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// site is a rig with what its programs have said.
type site struct {
	*rig.Rig
	t *testing.T

	mu    sync.Mutex
	lines []string
}

// newSite sets up a Signet on free ports. Nothing runs yet; what runs later is ended with the test.
func newSite(t *testing.T, cfg rig.Config) *site {
	t.Helper()
	s := &site{t: t}
	cfg.Bin = bin
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	cfg.MQTT, cfg.HTTPS, cfg.Page = freePort(t), freePort(t), freePort(t)
	cfg.Line = func(from, line string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.lines = append(s.lines, from+" "+line)
	}
	r, err := rig.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.Rig = r
	if err := r.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(); err != nil {
			t.Errorf("end: %v", err)
		}
		if t.Failed() {
			t.Logf("the programs said:\n%s", strings.Join(s.said(), "\n"))
		}
	})
	return s
}

// read returns a file of the rig.
func (s *site) read(path ...string) []byte {
	s.t.Helper()
	b, err := os.ReadFile(s.Path(path...))
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

func (s *site) said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.lines...)
}

// start starts programs and waits until they work.
func (s *site) start(starts ...func(context.Context) error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	for _, start := range starts {
		if err := start(ctx); err != nil {
			s.t.Fatalf("%v\n%s", err, strings.Join(s.said(), "\n"))
		}
	}
}

var linkLine = regexp.MustCompile(`http://localhost:\d+/#code=\S+`)

// link returns the link that the owner's program printed.
func (s *site) link() string {
	s.t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		for _, line := range s.said() {
			if l := linkLine.FindString(line); l != "" {
				return l
			}
		}
	}
	s.t.Fatal("no link was printed")
	return ""
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprintf("localhost:%d", l.Addr().(*net.TCPAddr).Port)
}
