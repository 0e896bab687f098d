package camera

import (
	"signet/test/boards/usbcam/footage"
)

// darkroom decodes pictures beside the loop, one at a time.
type darkroom struct {
	todo chan print // of one; never full, since a stream waits for what it ordered
	done chan print
}

// print is a picture to be decoded, or one that is.
type print struct {
	jpegs *footage.JPEGs
	index int
	yuyv  []byte // its memory is reused
	err   error
}

func newDarkroom() *darkroom {
	return &darkroom{todo: make(chan print, 1), done: make(chan print)}
}

// run works until stop is closed.
func (d *darkroom) run(stop <-chan struct{}) {
	for {
		select {
		case p := <-d.todo:
			p.yuyv, p.err = footage.AppendYUYV(p.yuyv[:0], p.jpegs.Images[p.index])
			select {
			case d.done <- p:
			case <-stop:
				return
			}
		case <-stop:
			return
		}
	}
}

// raw holds two decoded pictures of a stream: the one that is sent, and the next.
type raw struct {
	darkroom *darkroom
	sent     print
	next     print
	waiting  bool // for the darkroom
}

// busy says that no picture can be had until the darkroom is done.
func (r *raw) busy() bool { return r.waiting }

// picture returns picture i, valid until the next call. If it is not there it is asked for, and take will
// bring it.
func (r *raw) picture(j *footage.JPEGs, i int) ([]byte, bool) {
	switch {
	case r.sent.is(j, i):
	case r.waiting:
		return nil, false
	case r.next.is(j, i):
		r.sent, r.next = r.next, r.sent
	default:
		r.order(j, i)
		return nil, false
	}
	return r.sent.yuyv, true
}

// prepare has picture i decoded in advance.
func (r *raw) prepare(j *footage.JPEGs, i int) {
	if !r.waiting && !r.sent.is(j, i) && !r.next.is(j, i) {
		r.order(j, i)
	}
}

func (r *raw) order(j *footage.JPEGs, i int) {
	r.waiting = true
	r.darkroom.todo <- print{jpegs: j, index: i, yuyv: r.next.yuyv}
	r.next = print{}
}

func (r *raw) take(p print) { r.next, r.waiting = p, false }

func (p *print) is(j *footage.JPEGs, i int) bool {
	return p.jpegs == j && p.index == i && len(p.yuyv) > 0
}
