package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"signet/capture/v4l2/uapi"
)

// patience is how long a round may go on with transfers. It is less than the 5 s that uvcvideo waits for one
// (UVC_CTRL_CONTROL_TIMEOUT), so that one that was waited for in vain is the last, whatever the driver calls it.
const patience = 4 * time.Second

// errorsInRow ends a round. One control's EIO may be the driver's word for that control alone.
const errorsInRow = 2

var errSlow = errors.New("the camera takes too long")

// round is one pass over a device's controls. A device that hangs would hold it up at each of them, and cannot be
// interrupted: a round ends at the first sign of that, after patience, and with ctx.
type round struct {
	ctx   context.Context
	n     Node
	until time.Time
	row   int   // controls in a row that failed with EIO
	err   error // why it ended
}

func newRound(ctx context.Context, n Node) *round {
	return &round{ctx: ctx, n: n, until: time.Now().Add(patience)}
}

// over says whether no further transfer is to be started.
func (r *round) over() bool {
	switch {
	case r.err != nil:
	case r.ctx.Err() != nil:
		r.err = r.ctx.Err()
	case !time.Now().Before(r.until):
		r.err = errSlow
	}
	return r.err != nil
}

// saw judges by what came of a control whether the device answers at all.
func (r *round) saw(err error) {
	errno, _ := errors.AsType[unix.Errno](err)
	switch {
	case errno == unix.ENODEV:
		r.err = errno
	case hangs(errno):
		r.err = fmt.Errorf("the camera does not answer: %w", errno)
	case errno != unix.EIO:
		r.row = 0
	default:
		if r.row++; r.row == errorsInRow {
			r.err = fmt.Errorf("the camera does not answer: %w", errno)
		}
	}
}

// hangs says whether err is of a transfer that a device did not answer.
func hangs(err error) bool {
	return errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ETIMEDOUT) || errors.Is(err, unix.EPROTO)
}

// value reads a control, where one can.
func (r *round) value(c *Control) (int64, error) {
	if c.Type == "other" || c.Type == "button" || c.has(uapi.FlagWriteOnly) {
		return 0, errNoValue
	}
	v, err := r.n.Control(c.info.ID)
	return c.number(v), err
}

var errNoValue = errors.New("no value")
