package turbo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// fetch unpacks libturbojpeg of another architecture below dir, if it is not there yet. It uses package lists of its own,
// so that nothing of this machine's changes. It returns the folder of the library.
func fetch(ctx context.Context, dir, arch string) (libs string, err error) {
	if libs, err = library(dir); err == nil {
		return libs, nil
	}
	if err := os.MkdirAll(filepath.Join(dir, "lists", "partial"), 0o755); err != nil {
		return "", err
	}
	apt := []string{
		"-q", "-o", "APT::Architecture=" + arch, "-o", "APT::Architectures::=" + arch, "-o", "APT::Sandbox::User=root",
		"-o", "Dir::State::lists=" + filepath.Join(dir, "lists"), "-o", "Dir::Cache=" + dir, "-o", "Debug::NoLocking=1",
		"-o", "Acquire::Languages=none", "-o", "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
	}
	// One list of several that cannot be had, as while a mirror changes, does no harm if the package is in another.
	stale := in(ctx, dir, "apt-get", append(apt[:len(apt):len(apt)], "update")...)
	if err := in(ctx, dir, "apt-get", append(apt, "download", "libturbojpeg0")...); err != nil {
		return "", errors.Join(err, stale)
	}
	debs, _ := filepath.Glob(filepath.Join(dir, "*.deb"))
	if len(debs) != 1 {
		return "", fmt.Errorf("apt-get left %d packages", len(debs))
	}
	if err := in(ctx, dir, "dpkg-deb", "-x", debs[0], dir); err != nil {
		return "", err
	}
	return library(dir)
}

func library(dir string) (string, error) {
	found, _ := filepath.Glob(filepath.Join(dir, "usr/lib/*/libturbojpeg.so.0"))
	if len(found) != 1 {
		return "", errors.New("no libturbojpeg.so.0 in the package")
	}
	return filepath.Dir(found[0]), nil
}

func in(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		lines := bytes.Split(bytes.TrimSpace(text), []byte{'\n'})
		return fmt.Errorf("%s: %w: %s", name, err, lines[len(lines)-1])
	}
	return nil
}
