// Package wait waits for a time to pass.
package wait

import (
	"context"
	"time"
)

// For returns nil after d, or ctx.Err() as soon as ctx ends.
func For(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
