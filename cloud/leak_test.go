package cloud_test

import (
	"runtime"
	"testing"
	"time"
)

// A cloud that has ended has left nothing running.
func TestRunLeavesNothingBehind(t *testing.T) {
	dir, _ := initDir(t)
	_, stop := run(t, dir) // what is made once a process is made now
	stop()
	before := runtime.NumGoroutine()
	for range 3 {
		_, stop := run(t, dir)
		stop()
	}
	// Connections of the engine end a moment after it says so.
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines instead of %d:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
	}
}
