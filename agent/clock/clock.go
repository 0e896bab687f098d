// Package clock reads the wall clock with its quality, and which boot of the kernel the monotonic one (capture.Now)
// belongs to. Order never comes from here: it comes from positions.
package clock

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"

	"signet/certs"
)

// Wall returns the wall time t with the present quality of the wall clock.
func Wall(t time.Time) certs.Wall {
	return certs.Wall{UnixMs: uint64(max(t.UnixMilli(), 0)), Quality: quality()}
}

// quality says whether something keeps the clock, else whether there is a real-time clock that has set it.
func quality() certs.WallQuality {
	if Synchronised() {
		return certs.WallSynchronised
	}
	if _, err := os.Stat("/dev/rtc0"); err == nil {
		return certs.WallRTC
	}
	return certs.WallUnknown
}

// BootID returns the id that the kernel made at this boot.
func BootID() ([16]byte, error) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return [16]byte{}, fmt.Errorf("read boot id: %w", err)
	}
	id, err := uuid.Parse(strings.TrimSpace(string(b)))
	if err != nil {
		return [16]byte{}, fmt.Errorf("read boot id: %w", err)
	}
	return id, nil
}

// Synchronised says whether something such as NTP keeps the wall clock right (adjtimex(2)).
func Synchronised() bool {
	var t unix.Timex
	_, err := unix.Adjtimex(&t)
	return err == nil && t.Status&unix.STA_UNSYNC == 0
}
