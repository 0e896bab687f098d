package capture

import "golang.org/x/sys/unix"

// Now returns the present moment of CLOCK_MONOTONIC, the clock by which V4L2 stamps its buffers.
func Now() Mono {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic("read CLOCK_MONOTONIC: " + err.Error()) // cannot fail on Linux
	}
	return Mono(t.Nano())
}
