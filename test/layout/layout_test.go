// Package layout holds the rules of who may import whom. A rule that is only written down is broken in a month.
package layout_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pkg is what go list says of a package.
type pkg struct {
	ImportPath, Name, Dir     string
	Standard                  bool
	GoFiles, TestGoFiles      []string
	XTestGoFiles              []string
	Imports, Deps             []string // Deps: all of them, those of dependencies included
	TestImports, XTestImports []string
	Error                     *struct{ Err string }
	DepsErrors                []struct{ Err string }
}

// module is everything of this module and what it depends on, by import path.
type module map[string]*pkg

func load(t *testing.T) module {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-deps", "-json", "./...")
	cmd.Dir = filepath.Join("..", "..")
	// As cameras are built, so that files of other systems and cgo do not hide an import.
	cmd.Env = append(os.Environ(), "GOOS=linux", "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	m := module{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := &pkg{}
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		m[p.ImportPath] = p
		if p.Error != nil && !p.Standard {
			t.Errorf("%s does not load: %s", p.ImportPath, p.Error.Err)
		}
	}
	for _, room := range []string{"agent", "board", "capture", "certs", "cloud", "internal", "owner", "uplink"} {
		if len(m.in(room)) == 0 {
			t.Errorf("there is no room %s: its rules would hold for nothing", room)
		}
	}
	return m
}

// in returns the packages of rooms and below.
func (m module) in(rooms ...string) []*pkg {
	var found []*pkg
	for path, p := range m {
		if slices.ContainsFunc(rooms, func(r string) bool { return below(path, "signet/"+r) }) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *pkg) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	return found
}

// mains returns the programs that are shipped.
func (m module) mains() []*pkg {
	return slices.DeleteFunc(m.in("agent", "board", "capture", "certs", "cloud", "owner", "uplink"), func(p *pkg) bool { return p.Name != "main" })
}

func below(path, parent string) bool { return path == parent || strings.HasPrefix(path, parent+"/") }

func TestImports(t *testing.T) {
	m := load(t)
	camera := []string{"agent", "board", "capture", "certs", "uplink"}
	for _, rule := range []struct {
		rooms     []string
		forbidden []string
		tests     bool // holds for their tests too
		why       string
	}{
		{
			camera,
			[]string{"signet/cloud", "signet/owner", "signet/test"},
			false,
			"the camera is flashed once and lives for years: it speaks formats, not the code of those it speaks to",
		},
		{
			[]string{"agent", "board", "capture", "certs"},
			[]string{"signet/cloud", "signet/owner", "signet/test"},
			true,
			"their tests need nobody to speak to; those of uplink are run against the real cloud too, since no fake knows what a broker does",
		},
		{
			[]string{"board", "capture"},
			[]string{"signet/certs", "signet/uplink", "signet/agent"},
			true,
			"hardware and pictures know of no owner and no network, so neither can leak one to the other; agent joins them",
		},
		{
			[]string{"certs"},
			[]string{"signet/agent", "signet/board", "signet/capture", "signet/cloud", "signet/owner", "signet/uplink"},
			true,
			"what decides whose an event is must be readable alone",
		},
		{
			[]string{"uplink"},
			[]string{"signet/agent", "signet/board"},
			true,
			"what carries bytes does not decide which; agent does",
		},
		{
			[]string{"cloud"},
			[]string{"signet/agent", "signet/board", "signet/capture", "signet/uplink"},
			false,
			"the cloud judges what it receives by its format, not by the code that made it",
		},
		{
			[]string{"internal"},
			[]string{"signet/agent", "signet/board", "signet/capture", "signet/certs", "signet/cloud", "signet/owner", "signet/test", "signet/uplink"},
			true,
			"what the programs of all sides share knows none of them, or each would link the others",
		},
		{
			[]string{"certs"},
			[]string{"net/http"},
			false,
			"it signs, verifies, seals and parses; it talks to nobody and looks nothing up",
		},
	} {
		for _, p := range m.in(rule.rooms...) {
			imports := slices.Clone(p.Deps)
			if rule.tests {
				imports = slices.Concat(imports, p.TestImports, p.XTestImports)
			}
			for _, f := range rule.forbidden {
				if i := slices.IndexFunc(imports, func(path string) bool { return below(path, f) }); i >= 0 {
					t.Errorf("%s depends on %s: %s", p.ImportPath, imports[i], rule.why)
				}
			}
		}
	}
}

func TestLinked(t *testing.T) {
	m := load(t)
	find := func(suffix string) *pkg {
		t.Helper()
		i := slices.IndexFunc(m.mains(), func(p *pkg) bool { return strings.HasSuffix(p.ImportPath, "/"+suffix) })
		if i < 0 {
			t.Fatalf("there is no program %s", suffix)
		}
		return m.mains()[i]
	}
	agent := find("signet-agent")
	if i := slices.IndexFunc(agent.Deps, func(path string) bool { return below(path, "github.com/nats-io") }); i >= 0 {
		t.Errorf("signet-agent links %s: NATS is the cloud's engine and adds 9.6 MB to what is flashed onto a camera", agent.Deps[i])
	}
	find("signet-cloud")
	find("signet-owner")
	forTests := []string{"testing", "signet/test", "pgregory.net/rapid", "github.com/rogpeppe/go-internal", "github.com/chromedp", "periph.io/x/conn/v3/gpio/gpiotest"}
	for _, p := range m.mains() {
		for _, path := range p.Deps {
			if slices.ContainsFunc(forTests, func(f string) bool { return below(path, f) }) || below(path, "signet") && strings.HasSuffix(path, "test") {
				t.Errorf("%s links %s: nothing that is for tests is shipped", p.ImportPath, path)
			}
		}
	}
}

// TestProgramsAreWiring: nobody can import a main package, so nobody else can test what lies in it.
func TestProgramsAreWiring(t *testing.T) {
	const lines = 40 // the longest has 21
	for _, p := range load(t).mains() {
		if !slices.Equal(p.GoFiles, []string{"main.go"}) || len(p.TestGoFiles)+len(p.XTestGoFiles) > 0 {
			t.Errorf("%s has %v: it has main.go and nothing to test", p.ImportPath, slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles))
		}
		for _, f := range p.GoFiles {
			b, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(b, []byte("\n")); n > lines {
				t.Errorf("%s of %s has %d lines: what it does belongs into a package below it", f, p.ImportPath, n)
			}
			if bytes.Contains(b, []byte("\ntype ")) || bytes.Count(b, []byte("\nfunc ")) != 1 {
				t.Errorf("%s of %s declares more than func main", f, p.ImportPath)
			}
		}
	}
}
