package turbo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// target is one architecture: how its two programs are started, and whether they are timed or counted.
type target struct {
	arch        string
	ours, turbo []string // command lines, the clip to follow
	counted     bool
}

// board is an architecture whose instructions are counted under emulation.
type board struct {
	arch, goarch, goarm string
	qemu                string
	triple, debian      string // names of the architecture for compilers and for packages
}

var boards = []board{
	{"arm64", "arm64", "", "qemu-aarch64", "aarch64-linux-gnu", "arm64"},
	{"armv7", "arm", "7", "qemu-arm", "arm-linux-gnueabihf", "armhf"},
	{"armv6", "arm", "6", "qemu-arm", "arm-linux-gnueabihf", "armhf"}, // libturbojpeg's is for ARMv7
}

// folder is where its packages are unpacked.
func (b board) folder(root string) string {
	return filepath.Join(root, "test", "out", "debian-"+b.debian)
}

// header is the same on every architecture.
const header = "/usr/include/turbojpeg.h"

// build makes the programs for this machine and for boards, as far as they can be built and run here, and says on out what
// cannot.
func build(ctx context.Context, dir string, boards []board, out io.Writer) ([]target, error) {
	text, err := os.ReadFile(header)
	if lacks := missing(need{"cc", "gcc libc6-dev"}); lacks != "" || err != nil {
		fmt.Fprintln(out, "skipped beside libjpeg-turbo: needs Debian's libturbojpeg0-dev", lacks)
		return nil, nil
	}
	if err := os.WriteFile(filepath.Join(dir, "turbojpeg.h"), text, 0o600); err != nil {
		return nil, err
	}
	b := builder{dir: dir}
	if b.root, err = moduleRoot(ctx); err != nil {
		return nil, err
	}
	t, err := b.native(ctx)
	if err != nil {
		return nil, err
	}
	targets := []target{t}
	plugin, err := b.plugin(ctx)
	if err != nil {
		return nil, err
	}
	for _, board := range boards {
		t, skip, err := b.emulated(ctx, board, plugin)
		switch {
		case err != nil:
			return nil, err
		case skip != "":
			fmt.Fprintf(out, "skipped on %s: %s\n", board.arch, skip)
		default:
			targets = append(targets, t)
		}
	}
	return targets, nil
}

// builder builds from the module at root into dir.
type builder struct{ root, dir string }

func (b builder) native(ctx context.Context) (target, error) {
	ours, turbo := filepath.Join(b.dir, "ours"), filepath.Join(b.dir, "turbo")
	t := target{arch: runtime.GOARCH, ours: []string{ours}, turbo: []string{turbo}}
	if err := b.run(ctx, nil, "cc", "-O2", "-o", turbo, "test/benchmotion/turbo/peer/turbo.c", "-lturbojpeg"); err != nil {
		return target{}, err
	}
	return t, b.goBuild(ctx, ours)
}

// plugin builds what counts instructions. It returns the file.
func (b builder) plugin(ctx context.Context) (string, error) {
	so := filepath.Join(b.dir, "insncount.so")
	return so, b.run(ctx, nil, "cc", "-O2", "-shared", "-fPIC", "-o", so, "test/insncount.c")
}

// emulated builds for a board. skip says what is missing.
func (b builder) emulated(ctx context.Context, board board, plugin string) (t target, skip string, err error) {
	if lacks := missing(need{board.qemu, "qemu-user"}, need{board.triple + "-gcc", "gcc-" + board.triple}, need{"apt-get", "apt"}, need{"dpkg-deb", "dpkg"}); lacks != "" {
		return target{}, "needs Debian's" + lacks, nil
	}
	libs, err := fetch(ctx, board.folder(b.root), board.debian)
	if err != nil {
		return target{}, fmt.Sprintf("cannot fetch libturbojpeg0: %v", err), nil
	}
	ours, turbo := filepath.Join(b.dir, "ours-"+board.arch), filepath.Join(b.dir, "turbo-"+board.arch)
	if err := b.run(ctx, nil, board.triple+"-gcc", "-O2", "-I"+b.dir, "-o", turbo, "test/benchmotion/turbo/peer/turbo.c",
		filepath.Join(libs, "libturbojpeg.so.0")); err != nil {
		return target{}, "", err
	}
	if err := b.goBuild(ctx, ours, "GOOS=linux", "GOARCH="+board.goarch, "GOARM="+board.goarm); err != nil {
		return target{}, "", err
	}
	return target{
		arch:    board.arch,
		ours:    []string{board.qemu, "-plugin", plugin, ours},
		turbo:   []string{board.qemu, "-plugin", plugin, "-L", "/usr/" + board.triple, "-E", "LD_LIBRARY_PATH=" + libs, turbo},
		counted: true,
	}, "", nil
}

func (b builder) goBuild(ctx context.Context, to string, env ...string) error {
	return b.run(ctx, append(env, "CGO_ENABLED=0"), "go", "build", "-trimpath", "-o", to, "./test/benchmotion/turbo/ours")
}

func (b builder) run(ctx context.Context, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = b.root
	cmd.Env = append(os.Environ(), env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, bytes.TrimSpace(text))
	}
	return nil
}

// moduleRoot returns the folder of go.mod.
func moduleRoot(ctx context.Context) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("find the module's folder: %w", err)
	}
	return strings.TrimSpace(string(root)), nil
}

// need is a command and the packages that have it.
type need struct{ command, packages string }

// missing returns the packages, each after a space, whose commands are not there.
func missing(needs ...need) (packages string) {
	for _, n := range needs {
		if _, err := exec.LookPath(n.command); err != nil {
			packages += " " + n.packages
		}
	}
	return packages
}
