// Package method has the ways of finding motion that are compared: Signet as it is built, the motion daemon, and
// OpenCV's background subtractors and the plain difference of frames on the same 1/8-scale pictures.
//
// What is a moving frame to each:
//
//   - Signet says so itself: a frame with cells in the file that signet-agent replay --cells writes.
//   - The motion daemon says so itself: a frame with more changed pixels than its threshold; see [Daemon].
//   - The others only mark cells. They all get the same filter and the same event rule: see [Confirm].
package method

import (
	"context"
	"errors"
	"os/exec"
	"syscall"
	"time"

	"signet/test/benchmotion/clip"
	"signet/test/benchmotion/score"
)

// Method finds motion in clips. See may be called concurrently.
type Method interface {
	Name() string
	See(context.Context, *clip.Clip) (*score.Seen, error)
}

// Live is a Method that sees clips at their own pace. It needs little of the processor, but at once.
type Live interface{ Live() }

// patience is how long a program may take to end once it is asked to.
const patience = 5 * time.Second

// Program returns a program that ends with ctx: asked first, then killed. See [Ended].
func Program(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	return cmd
}

// Ended waits for a program that is to end by its ctx, and takes the way in which it ended for no error.
func Ended(cmd *exec.Cmd) error {
	var exit *exec.ExitError
	err := cmd.Wait()
	if errors.As(err, &exit) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
}
