// Package debian brings Debian's armhf kernel and busybox into a folder: from the machine's own package sources, checked
// by apt against the machine's own keys, unpacked and never installed. The machine's apt is not touched: lists, cache
// and status of the foreign architecture lie in the folder too, so it needs no root.
package debian

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"signet/internal/wait"
)

// Root is an unpacked system of which only the kernel, its modules and busybox are there.
type Root struct {
	Dir     string
	Version string // of the kernel, as uname -r says it
}

// Kernel returns the file of the kernel.
func (r Root) Kernel() string { return filepath.Join(r.Dir, "boot", "vmlinuz-"+r.Version) }

// Busybox returns the file of the static busybox.
func (r Root) Busybox() string { return filepath.Join(r.Dir, "bin", "busybox") }

// DeviceTree returns a device tree of the kernel by its file name.
func (r Root) DeviceTree(name string) string {
	return filepath.Join(r.Dir, "usr", "lib", "linux-image-"+r.Version, name)
}

// Modules returns the files of kernel modules in the order in which they must be loaded, each once, those that they
// depend on included. What is built into the kernel is left out.
func (r Root) Modules(ctx context.Context, names ...string) ([]string, error) {
	var files []string
	seen := map[string]bool{}
	for _, name := range names {
		out, err := output(ctx, "modprobe", "-C", "/dev/null", "-d", r.Dir, "-S", r.Version, "--show-depends", name)
		if err != nil {
			return nil, fmt.Errorf("find kernel module %s: %w", name, err)
		}
		for line := range strings.Lines(out) {
			f := strings.Fields(line) // insmod FILE
			if len(f) >= 2 && f[0] == "insmod" && !seen[f[1]] {
				seen[f[1]] = true
				files = append(files, f[1])
			}
		}
	}
	return files, nil
}

// Open returns the system that was brought into dir before.
func Open(dir string) (Root, error) {
	root := filepath.Join(dir, "root")
	images, err := filepath.Glob(filepath.Join(root, "boot", "vmlinuz-*"))
	if err == nil && len(images) != 1 {
		err = fs.ErrNotExist
	}
	if err != nil {
		return Root{}, fmt.Errorf("open system in %s: %w", dir, err)
	}
	return Root{Dir: root, Version: strings.TrimPrefix(filepath.Base(images[0]), "vmlinuz-")}, nil
}

// Get returns the system in dir, and brings it there first if need be. What apt says goes to log. Several may
// do so at once.
func Get(ctx context.Context, dir string, log io.Writer) (Root, error) {
	r, err := Open(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return r, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Root{}, err
	}
	tmp, err := os.MkdirTemp(dir, "fetch-")
	if err != nil {
		return Root{}, err
	}
	defer os.RemoveAll(tmp)
	if tmp, err = filepath.Abs(tmp); err != nil {
		return Root{}, err
	}
	fmt.Fprintln(log, "fetching Debian's kernel and busybox for armhf")
	if err := fetch(ctx, tmp, log); err != nil {
		return Root{}, fmt.Errorf("fetch kernel and busybox: %w", err)
	}
	fresh, err := Open(tmp)
	if err != nil {
		return Root{}, err
	}
	if _, err := output(ctx, "depmod", "-b", fresh.Dir, fresh.Version); err != nil {
		return Root{}, err
	}
	// Whole or not at all; another one may have been faster.
	if err := os.Rename(fresh.Dir, filepath.Join(dir, "root")); err != nil && !errors.Is(err, fs.ErrExist) {
		return Root{}, err
	}
	return Open(dir)
}

// fetch downloads the packages into tmp and unpacks them into tmp/root.
func fetch(ctx context.Context, tmp string, log io.Writer) error {
	apt, err := newApt(tmp, log)
	if err != nil {
		return err
	}
	// A mirror in mid-synchronisation answers with lists that do not fit together; a moment later they do.
	for try := 1; ; try++ {
		if err = apt.download(ctx); err == nil {
			break
		}
		if try == 4 {
			return err
		}
		fmt.Fprintf(log, "trying again: %v\n", err)
		if err := wait.For(ctx, time.Duration(try)*10*time.Second); err != nil {
			return err
		}
	}
	files, err := filepath.Glob(filepath.Join(tmp, "*.deb"))
	if err != nil {
		return err
	}
	for _, f := range files {
		if _, err := output(ctx, "dpkg-deb", "--extract", f, filepath.Join(tmp, "root")); err != nil {
			return err
		}
	}
	return nil
}

// output runs a tool and returns what it printed. An error has its last words.
func output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, Tool(name), args...)
	var out, errOut strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w %s", name, err, strings.TrimSpace(errOut.String()))
	}
	return out.String(), nil
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// Tool returns how to call a program, the system administrator's too, which are not on everybody's PATH.
func Tool(name string) string {
	if _, err := exec.LookPath(name); err == nil {
		return name
	}
	for _, dir := range []string{"/usr/sbin", "/sbin"} {
		if path := filepath.Join(dir, name); executable(path) {
			return path
		}
	}
	return name
}
