package camera

import (
	"signet/test/boards/usbcam/usbip"
	"signet/test/boards/usbcam/uvc"
)

// Standard requests (USB 2.0, table 9-4).
const (
	getStatus        = 0
	clearFeature     = 1
	setAddress       = 5
	getDescriptor    = 6
	getConfiguration = 8
	setConfiguration = 9
	getInterface     = 10
	setInterface     = 11
)

// Parts of bmRequestType.
const (
	typeMask      = 0x60
	typeStandard  = 0x00
	typeClass     = 0x20
	recipientMask = 0x1F
	toDevice      = 0
	toInterface   = 1
	toEndpoint    = 2
)

// message handles one message of the host.
func (c *Camera) message(m usbip.Message) error {
	p := c.plugged
	if m.Unlink {
		return p.conn.Unlinked(m.Seq, p.unlink(m.Victim))
	}
	if m.Endpoint != 0 {
		for _, s := range p.streams {
			if m.In && int(m.Endpoint) == uvc.Endpoint(s.number) {
				s.queue = append(s.queue, m)
				return s.pump(c, p)
			}
		}
		return p.conn.Refuse(m.Seq)
	}
	if isEnumeration(m.Setup) {
		c.reset()
	}
	if p.stall == stallHard {
		p.unanswered = append(p.unanswered, m.Seq)
		return nil
	}
	data, ok := c.request(m.Setup, m.Data)
	switch {
	case !ok:
		return p.conn.Refuse(m.Seq)
	case m.In:
		return p.conn.Deliver(m.Seq, data[:min(len(data), m.Length)])
	}
	return p.conn.Accept(m.Seq, m.Length)
}

// isEnumeration recognises that the port was reset: the controller keeps the reset and the address to itself,
// but then Linux asks for 64 bytes of the device descriptor, which it does at no other time.
func isEnumeration(s usbip.Setup) bool {
	const deviceDescriptor = 1 << 8
	return s.Type == 0x80 && s.Request == getDescriptor && s.Value == deviceDescriptor && s.Length == 64
}

// request answers a request on endpoint 0; false is a STALL.
func (c *Camera) request(s usbip.Setup, data []byte) ([]byte, bool) {
	switch s.Type & typeMask {
	case typeStandard:
		return c.standard(s)
	case typeClass:
		if s.Type&recipientMask == toInterface {
			return c.class(s, data)
		}
	}
	return nil, false
}

func (c *Camera) standard(s usbip.Setup) ([]byte, bool) {
	p := c.plugged
	switch s.Request {
	case getDescriptor:
		d := p.device.Descriptor(byte(s.Value>>8), byte(s.Value))
		return d, d != nil
	case setAddress:
		return nil, true
	case getStatus:
		return []byte{0, 0}, true
	case getConfiguration:
		return []byte{p.configured}, true
	case setConfiguration:
		if s.Value > 1 {
			return nil, false
		}
		c.configure(byte(s.Value))
		return nil, true
	case getInterface:
		return []byte{0}, true
	case setInterface:
		if s.Value != 0 || int(s.Index) > len(p.streams) {
			return nil, false
		}
		for _, st := range p.streams {
			if int(s.Index) == uvc.Interface(st.number) {
				st.stop()
			}
		}
		return nil, true
	case clearFeature: // a halted endpoint: how a host ends a stream without alternate settings
		if s.Type&recipientMask != toEndpoint {
			return nil, true
		}
		for _, st := range p.streams {
			if int(s.Index&0xF) == uvc.Endpoint(st.number) {
				st.stop()
			}
		}
		return nil, true
	}
	return nil, false
}

func (c *Camera) configure(value byte) {
	p := c.plugged
	p.configured = value
	for _, s := range p.streams {
		s.stop()
	}
	if value == 0 {
		return
	}
	select {
	case <-p.ready:
	default:
		close(p.ready)
	}
}

// class answers requests of the video class (UVC 4).
func (c *Camera) class(s usbip.Setup, data []byte) ([]byte, bool) {
	p := c.plugged
	number, unit, selector := int(s.Index&0xFF), byte(s.Index>>8), byte(s.Value>>8)
	if number == 0 {
		if s.In() {
			b, fault := p.controls.Get(s.Request, unit, selector)
			return b, fault == uvc.OK
		}
		return nil, s.Request == uvc.SetCur && p.controls.Set(unit, selector, data) == uvc.OK
	}
	for _, st := range p.streams {
		if number != uvc.Interface(st.number) || unit != 0 {
			continue
		}
		if s.In() {
			b, fault := st.negotiation.Get(s.Request, selector)
			return b, fault == uvc.OK
		}
		if s.Request != uvc.SetCur || st.negotiation.Set(selector, data) != uvc.OK {
			return nil, false
		}
		if mode, ok := st.negotiation.Mode(); ok && selector == uvc.Commit {
			st.commit(c, mode)
		}
		return nil, true
	}
	return nil, false
}
