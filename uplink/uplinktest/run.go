package uplinktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"strings"
	"testing"
	"time"
)

// Run runs something until the test ends, or stop is called, and checks that it ends as it was told to and leaves no
// goroutine behind.
func Run(t testing.TB, run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	// All goroutines that come of it bear the test's name.
	go pprof.Do(ctx, pprof.Labels("of", t.Name()), func(ctx context.Context) { done <- run(ctx) })
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Run returned %v, not context.Canceled", err)
			}
		case <-time.After(Patience):
			t.Error("Run does not return")
		}
		leaked(t)
	}
	t.Cleanup(stop)
	return stop
}

// leaked fails when a goroutine still bears the test's name.
func leaked(t testing.TB) {
	t.Helper()
	var left []string
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		var all bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&all, 1); err != nil {
			t.Fatal(err)
		}
		left = nil
		for g := range strings.SplitSeq(all.String(), "\n\n") {
			if strings.Contains(g, fmt.Sprintf("{%q:%q}", "of", t.Name())) {
				left = append(left, g)
			}
		}
		if len(left) == 0 {
			return
		}
	}
	t.Errorf("still running:\n%s", strings.Join(left, "\n\n"))
}
