package shipped_test

import (
	"os/exec"
	"strings"
	"testing"

	"signet/internal/footage"
)

// TestSameEventsOnARM runs replay for ARMv7 under emulation and compares what it prints with what the same program prints
// here: times, boxes and scores, to the last digit.
func TestSameEventsOnARM(t *testing.T) {
	qemu, err := exec.LookPath("qemu-arm")
	if err != nil {
		t.Skipf("no emulation: %v (Debian's qemu-user)", err)
	}
	t.Run("generated", func(t *testing.T) {
		frames, err := film()
		if err != nil {
			t.Fatal(err)
		}
		if n := compare(t, qemu, write(t, frames[:])); n != 1 {
			t.Errorf("%d events of one walk", n)
		}
	})
	t.Run("footage", func(t *testing.T) {
		if n := compare(t, qemu, footage.Path(t, footage.OneByOne)); n == 0 {
			t.Error("no events")
		}
	})
}

// compare replays a recording here and under emulation and returns the number of events.
func compare(t *testing.T, qemu, recording string) int {
	t.Helper()
	args := []string{"replay", "--fps", "10", "--json", recording}
	native := output(t, here.agent(t), args...)
	emulated := output(t, qemu, append([]string{armv7.agent(t)}, args...)...)
	if native != emulated {
		t.Errorf("here:\n%s\nARMv7 under emulation:\n%s", native, emulated)
	}
	return strings.Count(native, "\n")
}

func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	var complaints strings.Builder
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, complaints.String())
	}
	return string(out)
}
