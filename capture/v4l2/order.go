package v4l2

// order numbers the frames that are delivered, from 0, so that a jump says how many were lost.
type order struct {
	next    uint64 // number of the next frame
	driver  uint32 // the driver's number of the last one
	started bool   // there was a last one
}

// mostLost bounds what is believed of a driver. One that begins anew, counts nothing or jumps has lost nothing.
const mostLost = 1 << 16

// lost returns how many frames the driver had to drop before the one that it numbers so. Its count may wrap.
func (o *order) lost(number uint32) uint64 {
	n := number - o.driver - 1
	if !o.started || n > mostLost {
		n = 0
	}
	o.driver, o.started = number, true
	return uint64(n)
}

// restarted says that the driver counts from where it likes.
func (o *order) restarted() { o.started = false }
