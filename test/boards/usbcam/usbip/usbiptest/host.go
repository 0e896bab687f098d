// Package usbiptest plays the kernel's part of USB/IP in tests: the virtual host controller. It is as strict as
// that: whatever would make the kernel drop a device is an error.
package usbiptest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"signet/test/boards/usbcam/usbip"
)

// Return is how a transfer or an unlinking ended.
type Return struct {
	Seq    uint32
	Unlink bool  // an unlinking did
	Status int32 // 0 or a negative errno
	Data   []byte
}

// Host is a host controller with one device. Its methods may be called by one goroutine.
type Host struct {
	c       net.Conn
	Returns chan Return // closed when the connection ends; see Err

	mu      sync.Mutex
	seq     uint32
	pending map[uint32]transfer
	unlinks map[uint32]uint32 // to their victims
	err     error
}

type transfer struct {
	in     bool
	length int
}

// New returns a host and the connection of the device that is plugged into it.
func New() (*Host, *usbip.Conn) {
	here, there := net.Pipe()
	h := &Host{
		c:       here,
		Returns: make(chan Return, 1024),
		pending: map[uint32]transfer{},
		unlinks: map[uint32]uint32{},
	}
	go h.receive()
	return h, usbip.NewConn(there)
}

// Close ends the connection from the host's side.
func (h *Host) Close() error { return h.c.Close() }

// Err returns what the device did wrong, nil if it pulled the plug; call it when Returns is closed.
func (h *Host) Err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// Submit hands a transfer of length bytes to the device, with data if it is from the host.
func (h *Host) Submit(endpoint uint32, in bool, s usbip.Setup, length int, data []byte) (uint32, error) {
	h.mu.Lock()
	h.seq++
	seq := h.seq
	h.pending[seq] = transfer{in, length}
	h.mu.Unlock()
	b := make([]byte, 48, 48+len(data))
	put := func(at int, v uint32) { binary.BigEndian.PutUint32(b[at:], v) }
	put(0, 1)
	put(4, seq)
	put(8, 0x10002)
	if in {
		put(12, 1)
	}
	put(16, endpoint)
	put(24, uint32(length))
	b[40], b[41] = s.Type, s.Request
	binary.LittleEndian.PutUint16(b[42:], s.Value)
	binary.LittleEndian.PutUint16(b[44:], s.Index)
	binary.LittleEndian.PutUint16(b[46:], s.Length)
	_, err := h.c.Write(append(b, data...))
	return seq, err
}

// Unlink takes a transfer back.
func (h *Host) Unlink(victim uint32) (uint32, error) {
	h.mu.Lock()
	h.seq++
	seq := h.seq
	h.unlinks[seq] = victim
	h.mu.Unlock()
	var b [48]byte
	binary.BigEndian.PutUint32(b[0:], 2)
	binary.BigEndian.PutUint32(b[4:], seq)
	binary.BigEndian.PutUint32(b[8:], 0x10002)
	binary.BigEndian.PutUint32(b[20:], victim)
	_, err := h.c.Write(b[:])
	return seq, err
}

// receive passes returns on until the connection ends.
func (h *Host) receive() {
	defer close(h.Returns)
	for {
		r, err := h.next()
		if err == nil {
			err = h.check(&r)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) {
			return
		}
		if err != nil {
			h.mu.Lock()
			h.err = err
			h.mu.Unlock()
			h.c.Close()
			return
		}
		h.Returns <- r
	}
}

func (h *Host) next() (Return, error) {
	var b [48]byte
	if _, err := io.ReadFull(h.c, b[:]); err != nil {
		return Return{}, err
	}
	word := func(at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }
	r := Return{Seq: word(4), Unlink: word(0) == 4, Status: int32(word(20))}
	if word(0) != 3 && word(0) != 4 {
		return r, fmt.Errorf("command %d", word(0))
	}
	if word(8)|word(12)|word(16) != 0 {
		return r, errors.New("device, direction, endpoint: must be 0 in an answer")
	}
	h.mu.Lock()
	t := h.pending[r.Seq]
	h.mu.Unlock()
	n := int(word(24))
	if n > t.length {
		return r, fmt.Errorf("transfer %d: %d bytes of %d", r.Seq, n, t.length)
	}
	if !r.Unlink && t.in {
		r.Data = make([]byte, n)
		if _, err := io.ReadFull(h.c, r.Data); err != nil {
			return r, err
		}
	}
	return r, nil
}

// check does what the kernel's vhci_rx.c does, and is as unforgiving.
func (h *Host) check(r *Return) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !r.Unlink {
		if _, ok := h.pending[r.Seq]; !ok {
			return fmt.Errorf("completion of transfer %d, which nobody waits for", r.Seq)
		}
		delete(h.pending, r.Seq)
		return nil
	}
	victim, ok := h.unlinks[r.Seq]
	if !ok {
		return fmt.Errorf("answer to unlinking %d, which nobody waits for", r.Seq)
	}
	delete(h.unlinks, r.Seq)
	_, waiting := h.pending[victim]
	delete(h.pending, victim)
	switch {
	case waiting && r.Status != -104:
		return fmt.Errorf("transfer %d was unlinked with status %d", victim, r.Status)
	case !waiting && r.Status != 0:
		return fmt.Errorf("transfer %d was done and unlinked with status %d", victim, r.Status)
	}
	return nil
}

// Pending returns how many transfers the host waits for.
func (h *Host) Pending() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.pending)
}
