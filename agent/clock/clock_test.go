package clock

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"signet/certs"
)

func TestBootID(t *testing.T) {
	id, err := BootID()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := uuid.UUID(id).String(), strings.TrimSpace(string(b)); got != want {
		t.Errorf("boot id is %s, the kernel says %s", got, want)
	}
}

// A camera without a battery wakes up at or before 1970.
func TestWall(t *testing.T) {
	if w := Wall(time.Unix(-5, 0)); w.UnixMs != 0 {
		t.Errorf("before 1970 it is %d ms", w.UnixMs)
	}
	if w := Wall(time.UnixMilli(1234)); w.UnixMs != 1234 {
		t.Errorf("1234 ms became %d", w.UnixMs)
	}
}

func TestQuality(t *testing.T) {
	got := Wall(time.Now()).Quality
	if Synchronised() != (got == certs.WallSynchronised) {
		t.Errorf("quality is %v though synchronised is %v", got, Synchronised())
	}
}
