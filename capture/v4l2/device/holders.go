package device

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// Holders returns the programs that have video nodes open, "signet-agent (812)", by node. It sees those of the same user;
// root sees all. Nobody is disturbed.
func (r Root) Holders() map[string][]string {
	found := map[string][]string{}
	proc := cmp.Or(r.Proc, "/proc")
	processes, _ := os.ReadDir(proc)
	for _, p := range processes {
		pid, err := strconv.Atoi(p.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		open := map[string]bool{}
		fds, _ := os.ReadDir(filepath.Join(proc, p.Name(), "fd"))
		for _, fd := range fds {
			path, err := os.Readlink(filepath.Join(proc, p.Name(), "fd", fd.Name()))
			if err == nil && filepath.Dir(path) == r.dev() && number(path) >= 0 {
				open[path] = true
			}
		}
		for path := range open {
			found[path] = append(found[path], fmt.Sprintf("%s (%d)", cmp.Or(read(filepath.Join(proc, p.Name(), "comm")), "?"), pid))
		}
	}
	return found
}
