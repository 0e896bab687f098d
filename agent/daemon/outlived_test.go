package daemon

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A sink that fails ends its source, which would work for nothing, and its error is not lost.
func TestFailedSinkEndsItsSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		began, broken := time.Now(), errors.New("broken")
		source := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		sink := func(context.Context) error { return broken }
		if err := outlived(ctx, source, sink); !errors.Is(err, broken) {
			t.Errorf("error is %v", err)
		}
		if d := time.Since(began); d > 0 {
			t.Errorf("the source went on for %v", d)
		}
	})
}
