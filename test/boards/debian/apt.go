package debian

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The packages: a kernel for every board with an ARMv7 processor, by the package that depends on the newest one, and a
// busybox that needs no library.
const (
	kernelPackage  = "linux-image-armmp"
	busyboxPackage = "busybox-static"
)

// apt is an apt of its own: sources, keys, proxies are the machine's, everything that it writes is in dir.
type apt struct {
	dir string
	log io.Writer
}

// newApt writes its configuration, which apt reads after the machine's own.
func newApt(dir string, log io.Writer) (*apt, error) {
	for _, d := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return nil, err
		}
	}
	// Nothing is installed in this system. #clear takes back the machine's hooks, which tidy up the machine's own apt.
	text := fmt.Sprintf(`APT::Architecture "armhf";
#clear APT::Architectures;
APT::Architectures { "armhf"; };
APT::Sandbox::User "";
Dir::State %[1]q;
Dir::State::lists "lists";
Dir::State::status "status";
Dir::State::extended_states "extended_states";
Dir::Cache "%[1]s/cache";
Dir::Log %[1]q;
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http::Timeout "30";
#clear Acquire::IndexTargets::deb::DEP-11;
#clear Acquire::IndexTargets::deb::DEP-11-icons;
#clear Acquire::IndexTargets::deb::DEP-11-icons-small;
#clear Acquire::IndexTargets::deb::DEP-11-icons-large;
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
`, dir)
	if err := os.WriteFile(filepath.Join(dir, "status"), nil, 0o644); err != nil {
		return nil, err
	}
	return &apt{dir, log}, os.WriteFile(filepath.Join(dir, "apt.conf"), []byte(text), 0o644)
}

// download brings the packages into the folder. One list of several that cannot be had (a mirror in
// mid-synchronisation, somebody else's source) is a failure only where the packages cannot be had without it.
func (a *apt) download(ctx context.Context) error {
	updated := a.run(ctx, a.log, "apt-get", "-q", "update")
	var out strings.Builder
	if err := a.run(ctx, &out, "apt-cache", "depends", kernelPackage); err != nil {
		return errors.Join(updated, err)
	}
	kernel, err := dependency(out.String())
	if err != nil {
		return errors.Join(updated, err)
	}
	if err := a.run(ctx, a.log, "apt-get", "-q", "download", kernel, busyboxPackage); err != nil {
		return errors.Join(updated, err)
	}
	return nil
}

// dependency returns the kernel that the output of apt-cache depends names.
func dependency(depends string) (string, error) {
	for line := range strings.Lines(depends) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "Depends: "); ok && strings.HasPrefix(name, "linux-image-") {
			return name, nil
		}
	}
	return "", fmt.Errorf("the package sources of this machine have no %s for armhf (of Debian's, they must be)", kernelPackage)
}

func (a *apt) run(ctx context.Context, out io.Writer, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, append([]string{"-c", filepath.Join(a.dir, "apt.conf")}, args...)...)
	cmd.Dir, cmd.Env = a.dir, append(os.Environ(), "LC_ALL=C")
	var errOut strings.Builder
	cmd.Stdout, cmd.Stderr = out, &errOut
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, strings.TrimSpace(errOut.String()))
	}
	return nil
}
