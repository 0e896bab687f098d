package cost

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of processor time in /proc, the same on every Linux (USER_HZ, see proc_pid_stat(5)).
const tick = 10 * time.Millisecond

// cpu returns the processor time that a process with all of its threads has used so far.
func cpu(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseStat(b)
}

func parseStat(b []byte) (time.Duration, error) {
	// The second field is the name in parentheses and may hold anything.
	word := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(word) < 13 {
		return 0, fmt.Errorf("read processor time: %.60q", b)
	}
	var sum time.Duration
	for _, w := range word[11:13] { // utime, stime
		n, err := strconv.ParseUint(w, 10, 63)
		if err != nil {
			return 0, fmt.Errorf("read processor time: %w", err)
		}
		sum += time.Duration(n) * tick
	}
	return sum, nil
}

// Memory is what a process holds of the machine's, in bytes.
type Memory struct{ Now, Peak int64 }

// memory reads VmRSS and VmHWM.
func memory(pid int) (Memory, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Memory{}, err
	}
	return parseStatus(b)
}

func parseStatus(b []byte) (m Memory, err error) {
	for line := range strings.Lines(string(b)) {
		for name, to := range map[string]*int64{"VmRSS:": &m.Now, "VmHWM:": &m.Peak} {
			if rest, ok := strings.CutPrefix(line, name); ok {
				if _, err := fmt.Sscanf(rest, "%d kB", to); err != nil {
					return m, fmt.Errorf("read memory: %w", err)
				}
				*to <<= 10
			}
		}
	}
	if m.Now == 0 || m.Peak == 0 {
		return m, fmt.Errorf("read memory: no VmRSS or VmHWM")
	}
	return m, nil
}
