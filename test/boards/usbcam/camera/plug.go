package camera

import (
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"signet/test/boards/usbcam/usbip"
	"signet/test/boards/usbcam/uvc"
)

// stall is how a camera fails to deliver.
type stall string

const (
	stallNone stall = ""
	stallSoft stall = "payloads" // requests are answered
	stallHard stall = "all"      // until the host resets the device
)

// plug is the time from plugging in to pulling out.
type plug struct {
	conn       *usbip.Conn
	darkroom   *darkroom
	helpers    sync.WaitGroup // receiver and darkroom
	port       int
	messages   chan usbip.Message
	end        error // of messages, once that is closed
	device     uvc.Device
	controls   *uvc.Controls
	streams    []*stream
	configured byte          // configuration value, 0 before
	ready      chan struct{} // closed when the host has configured it for the first time
	pulled     chan struct{} // closed when it is over
	stall      stall
	unanswered []uint32 // transfers on endpoint 0, in a hard stall
}

// plugIn plugs the camera into a port: number, or the last one if it is negative, or any.
func (c *Camera) plugIn(number int) (*plug, error) {
	if c.plugged != nil {
		return nil, errors.New("it is plugged in")
	}
	streams, err := c.parseFormats(c.formats)
	if err != nil {
		return nil, err
	}
	if number < 0 {
		number = c.port
	}
	conn, port, err := c.cfg.Hub.Plug(number)
	if errors.Is(err, usbip.ErrNoPort) && number == c.port && number >= 0 {
		conn, port, err = c.cfg.Hub.Plug(-1)
	}
	if err != nil {
		return nil, err
	}
	c.port, c.lost = port, nil
	c.insert(conn, port, streams)
	return c.plugged, nil
}

// insert makes conn the camera's.
func (c *Camera) insert(conn *usbip.Conn, port int, streams [][]uvc.Format) {
	p := &plug{
		darkroom: newDarkroom(),
		conn:     conn,
		port:     port,
		messages: make(chan usbip.Message, 8),
		ready:    make(chan struct{}),
		pulled:   make(chan struct{}),
		controls: uvc.NewControls(),
		device: uvc.Device{
			Vendor: c.cfg.Vendor, Product: c.cfg.Product,
			Maker: c.cfg.Maker, Name: c.cfg.Name, Serial: c.cfg.Serial,
			Version: uvc.V1_0, Streams: streams,
		},
	}
	for i, formats := range streams {
		if formats[0].Kind == uvc.H264 {
			p.device.Version = uvc.V1_1
		}
		p.streams = append(p.streams, c.newStream(i, formats, p.darkroom))
	}
	for _, s := range p.streams {
		s.negotiation = uvc.NewNegotiation(p.device.Version, s.formats)
	}
	p.helpers.Go(p.receive)
	p.helpers.Go(func() { p.darkroom.run(p.pulled) })
	c.plugged = p
}

// receive passes messages on until the connection ends.
func (p *plug) receive() {
	defer close(p.messages)
	for {
		m, err := p.conn.Receive()
		if err != nil {
			p.end = err
			return
		}
		p.messages <- m
	}
}

// pull pulls the plug, if it is in.
func (c *Camera) pull() {
	p := c.plugged
	if p == nil {
		return
	}
	p.conn.Close()
	for range p.messages { // so that the receiver ends
	}
	close(p.pulled)
	p.helpers.Wait()
	c.plugged = nil
}

// letGo is what remains when the host controller has closed the connection.
func (c *Camera) letGo() {
	c.lost = c.plugged.end
	if errors.Is(c.lost, io.EOF) {
		c.lost = errors.New("closed by the host controller")
	}
	c.log.Warn("camera: lost its port", "err", c.lost)
	c.pull()
}

// reset is what the host's bus reset does to a device.
func (c *Camera) reset() {
	p := c.plugged
	if p.configured != 0 {
		c.resets++
		c.log.Info("camera: reset by the host")
		p.controls = uvc.NewControls()
	}
	p.configured = 0
	p.stall = stallNone
	for _, s := range p.streams {
		s.stop()
		s.negotiation = uvc.NewNegotiation(p.device.Version, s.formats)
	}
}

// due returns when the next frame is; false if none waits for its time.
func (p *plug) due() (time.Time, bool) {
	var first time.Time
	if p.stall == stallNone {
		for _, s := range p.streams {
			if s.waits() && (first.IsZero() || s.due.Before(first)) {
				first = s.due
			}
		}
	}
	return first, !first.IsZero()
}

// pump sends what is due on all streams.
func (p *plug) pump(c *Camera) error {
	for _, s := range p.streams {
		if err := s.pump(c, p); err != nil {
			return err
		}
	}
	return nil
}

// developed takes a decoded picture from the darkroom. Only one stream orders any.
func (p *plug) developed(c *Camera, d print) error {
	for _, s := range p.streams {
		if s.raw.waiting {
			s.raw.take(d)
			return s.pump(c, p)
		}
	}
	return nil
}

// unlink takes a transfer back; it says whether it was still waiting.
func (p *plug) unlink(victim uint32) bool {
	if i := slices.Index(p.unanswered, victim); i >= 0 {
		p.unanswered = slices.Delete(p.unanswered, i, i+1)
		return true
	}
	for _, s := range p.streams {
		if s.unlink(victim) {
			return true
		}
	}
	return false
}
