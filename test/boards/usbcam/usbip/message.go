package usbip

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// headerSize is that of every message, in bytes. Only data follows.
const headerSize = 48

// Limits of what a host may ask, in bytes.
const (
	maxTransfer = 1 << 20 // into the host's buffer
	maxData     = 4 << 10 // from the host: SETUP's wLength of class requests is below 64
)

// Commands (usbip_protocol.rst, "USB/IP commands").
const (
	cmdSubmit = 1
	cmdUnlink = 2
	retSubmit = 3
	retUnlink = 4
)

// ErrProtocol says that the peer's bytes are not USB/IP as far as this package speaks it.
var ErrProtocol = errors.New("not USB/IP")

// Setup is a SETUP packet (USB 2.0, 9.3).
type Setup struct {
	Type    uint8 // bmRequestType
	Request uint8
	Value   uint16
	Index   uint16
	Length  uint16
}

// In says whether data flows to the host.
func (s Setup) In() bool { return s.Type&0x80 != 0 }

// Message is what the host sends: a transfer to be done, or one to be taken back.
type Message struct {
	Seq      uint32 // its number; completions name it
	Unlink   bool   // take Victim back; the fields below are zero
	Victim   uint32 // number of the transfer to be taken back
	In       bool   // to the host
	Endpoint uint8  // without the direction bit
	Length   int    // of the host's buffer, or of Data
	Setup    Setup  // endpoint 0 only
	Data     []byte // from the host
}

// read reads one message. It returns io.EOF if the peer closed between two.
func read(r io.Reader, head *[headerSize]byte) (Message, error) {
	if _, err := io.ReadFull(r, head[:]); err != nil {
		if err == io.EOF {
			return Message{}, err
		}
		return Message{}, fmt.Errorf("read header: %w", err)
	}
	m, err := parse(head)
	if err != nil {
		return Message{}, err
	}
	if !m.In && m.Length > 0 {
		m.Data = make([]byte, m.Length)
		if _, err := io.ReadFull(r, m.Data); err != nil {
			return Message{}, fmt.Errorf("read %d bytes of transfer %d: %w", m.Length, m.Seq, err)
		}
	}
	return m, nil
}

// parse reads a header.
func parse(head *[headerSize]byte) (Message, error) {
	word := func(at int) uint32 { return binary.BigEndian.Uint32(head[at:]) }
	m := Message{Seq: word(4)}
	switch command := word(0); command {
	case cmdUnlink:
		m.Unlink, m.Victim = true, word(20)
		return m, nil
	case cmdSubmit:
	default:
		return Message{}, fmt.Errorf("%w: command %#x", ErrProtocol, command)
	}
	direction, endpoint, length := word(12), word(16), word(24)
	m.In = direction == 1
	switch {
	case direction > 1:
		return Message{}, fmt.Errorf("%w: direction %d", ErrProtocol, direction)
	case endpoint > 15:
		return Message{}, fmt.Errorf("%w: endpoint %d", ErrProtocol, endpoint)
	case length > maxTransfer || !m.In && length > maxData:
		return Message{}, fmt.Errorf("%w: a transfer of %d bytes", ErrProtocol, length)
	}
	m.Endpoint, m.Length = uint8(endpoint), int(length)
	m.Setup = Setup{
		Type:    head[40],
		Request: head[41],
		Value:   binary.LittleEndian.Uint16(head[42:]),
		Index:   binary.LittleEndian.Uint16(head[44:]),
		Length:  binary.LittleEndian.Uint16(head[46:]),
	}
	return m, nil
}

// status of a transfer, as the kernel has it: 0 or a negative errno.
type status int32

// What becomes of a transfer.
const (
	done      status = 0
	stalled   status = -32  // EPIPE: the device refuses
	cancelled status = -104 // ECONNRESET: taken back before it was done
)

// putSubmitted makes the header of a RET_SUBMIT.
func putSubmitted(head *[headerSize]byte, seq uint32, s status, length int) {
	*head = [headerSize]byte{}
	binary.BigEndian.PutUint32(head[0:], retSubmit)
	binary.BigEndian.PutUint32(head[4:], seq)
	binary.BigEndian.PutUint32(head[20:], uint32(s))
	binary.BigEndian.PutUint32(head[24:], uint32(length))
}

// putUnlinked makes the header of a RET_UNLINK.
func putUnlinked(head *[headerSize]byte, seq uint32, s status) {
	*head = [headerSize]byte{}
	binary.BigEndian.PutUint32(head[0:], retUnlink)
	binary.BigEndian.PutUint32(head[4:], seq)
	binary.BigEndian.PutUint32(head[20:], uint32(s))
}
