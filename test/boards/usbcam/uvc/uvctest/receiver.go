// Package uvctest plays the part of the kernel's video driver in tests.
package uvctest

// Bits of a payload header (UVC 2.4.3.3).
const (
	frameID    = 1 << 0
	endOfFrame = 1 << 1
	failed     = 1 << 6
)

// Receiver puts frames together out of bulk transfers as Linux does (uvc_video_decode_bulk): a payload begins
// with a header and ends with a transfer that is not filled, or at its greatest size; a frame ends at its bit,
// or when the frame id changes. It must be made by NewReceiver.
type Receiver struct {
	Frames [][]byte // complete ones
	Rest   []byte   // of the frame under way
	Failed int      // payloads with the error bit, which are left out

	max     int    // of a payload
	header  []byte // of the payload under way, nil between two
	skip    bool   // leave out the payload under way
	payload int    // bytes of it
	id      int    // of the frame under way; -1 before the first
}

// NewReceiver returns one for payloads of at most max bytes, headers included.
func NewReceiver(max int) *Receiver { return &Receiver{max: max, id: -1} }

// Between says whether no payload is under way.
func (r *Receiver) Between() bool { return r.header == nil && !r.skip }

// Complete takes a transfer into a buffer of room bytes.
func (r *Receiver) Complete(transfer []byte, room int) {
	size := len(transfer)
	if size == 0 && r.Between() {
		return
	}
	r.payload += size
	if r.Between() {
		head := transfer[:transfer[0]]
		transfer = transfer[len(head):]
		if id := int(head[1] & frameID); id != r.id {
			r.deliver()
			r.id = id
		}
		if r.skip = head[1]&failed != 0; r.skip {
			r.Failed++
		} else {
			r.header = append([]byte(nil), head...)
		}
	}
	if !r.skip {
		r.Rest = append(r.Rest, transfer...)
	}
	if size < room || r.payload >= r.max {
		if !r.skip && r.header[1]&endOfFrame != 0 {
			r.deliver()
		}
		r.header, r.skip, r.payload = nil, false, 0
	}
}

// deliver completes the frame under way, unless there is nothing of it.
func (r *Receiver) deliver() {
	if len(r.Rest) > 0 {
		r.Frames = append(r.Frames, r.Rest)
		r.Rest = nil
	}
}
