package devicetest

import (
	"sync"

	"golang.org/x/sys/unix"

	"signet/capture/v4l2/device"
	"signet/capture/v4l2/uapi"
)

// Node plays a driver. What is set before it is plugged in stays.
type Node struct {
	Driver, Card, Bus string
	Caps              uint32 // 0: those of a camera
	NoInput           bool   // a processor of pictures, not a camera
	Index             int    // among the nodes of its device
	USB               *device.USB
	Modes             []Mode
	Info              []uapi.ControlInfo
	Items             map[uint32][]uapi.MenuItem

	mu     sync.Mutex
	deny   error            // to open
	values map[uint32]int32 // of controls
	gone   bool
}

// Mode is a format with its sizes.
type Mode struct {
	Format    uapi.FormatDesc
	Sizes     []uapi.FrameSize
	Intervals []uapi.FrameInterval // of every size
}

// Webcam returns a usual USB camera: Motion-JPEG in three sizes.
func Webcam(port, id, serial string) *Node {
	return &Node{
		Driver: "uvcvideo", Card: "HD Webcam C270", Bus: "usb-3f980000.usb-" + port,
		USB: &device.USB{Vendor: id[:4], Product: id[5:], Serial: serial, Port: port, Interface: "1.0", Bus: "1", Device: "4"},
		Modes: []Mode{{
			Format: uapi.MakeFormat("MJPG", "Motion-JPEG"), Sizes: Sizes(640, 480, 800, 600, 1280, 960),
			Intervals: Rates(15, 30),
		}},
		Info: []uapi.ControlInfo{
			uapi.MakeControl(uapi.ControlInfo{ID: 0x00980900, Type: uapi.TypeInteger, Min: 0, Max: 255, Step: 1, Default: 128}, "Brightness"),
			uapi.MakeControl(uapi.ControlInfo{ID: 0x00980918, Type: uapi.TypeMenu, Min: 0, Max: 2, Step: 1, Default: 2}, "Power Line Frequency"),
		},
		Items: map[uint32][]uapi.MenuItem{0x00980918: {{Value: 0, Name: "Disabled"}, {Value: 1, Name: "50 Hz"}, {Value: 2, Name: "60 Hz"}}},
	}
}

// Sizes makes discrete sizes of widths and heights in turn.
func Sizes(n ...uint32) (all []uapi.FrameSize) {
	for i := 0; i < len(n); i += 2 {
		all = append(all, uapi.FrameSize{Kind: uapi.Discrete, N: [6]uint32{n[i], n[i+1]}})
	}
	return all
}

// Rates makes discrete times between frames of frames per second.
func Rates(fps ...uint32) (all []uapi.FrameInterval) {
	for _, f := range fps {
		all = append(all, uapi.FrameInterval{Kind: uapi.Discrete, N: [3]uapi.Fraction{{Numerator: 1, Denominator: f}}})
	}
	return all
}

func (n *Node) platform() string {
	if n.Bus == "" {
		return "camera"
	}
	return n.Bus
}

// Deny makes opening fail; nil permits it again.
func (n *Node) Deny(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.deny = err
}

// Gone makes every question fail, as of a device that was pulled while it was open.
func (n *Node) Gone() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.gone = true
}

// Set sets a control as another program would.
func (n *Node) Set(id uint32, v int32) { _ = n.SetControl(id, v) }

func (n *Node) opened() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.deny
}

// Capability says what it is.
func (n *Node) Capability() (uapi.Capability, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.gone {
		return uapi.Capability{}, unix.ENODEV
	}
	caps := n.Caps
	if caps == 0 {
		caps = uapi.CapCapture | uapi.CapStreaming
	}
	return uapi.MakeCapability(n.Driver, n.Card, caps).At(n.Bus), nil
}

// HasInput says whether it is a camera.
func (n *Node) HasInput() bool { return !n.NoInput }

// Formats lists its formats.
func (n *Node) Formats() (all []uapi.FormatDesc) {
	for _, m := range n.Modes {
		all = append(all, m.Format)
	}
	return all
}

// Sizes lists the sizes of a format.
func (n *Node) Sizes(fourCC uint32) []uapi.FrameSize { return n.mode(fourCC).Sizes }

// Intervals lists the times between frames of a format.
func (n *Node) Intervals(fourCC, _, _ uint32) []uapi.FrameInterval { return n.mode(fourCC).Intervals }

func (n *Node) mode(fourCC uint32) Mode {
	for _, m := range n.Modes {
		if m.Format.FourCC == fourCC {
			return m
		}
	}
	return Mode{}
}

// Controls lists its controls.
func (n *Node) Controls() []uapi.ControlInfo { return n.Info }

// Menu lists the items of a control.
func (n *Node) Menu(c *uapi.ControlInfo) []uapi.MenuItem { return n.Items[c.ID] }

// Control returns the value of a control.
func (n *Node) Control(id uint32) (int32, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.Info {
		if c.ID == id {
			if v, ok := n.values[id]; ok {
				return v, nil
			}
			return c.Default, nil
		}
	}
	return 0, unix.EINVAL
}

// SetControl sets it.
func (n *Node) SetControl(id uint32, v int32) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.gone {
		return unix.ENODEV
	}
	if n.values == nil {
		n.values = map[uint32]int32{}
	}
	n.values[id] = v
	return nil
}

// Close frees it.
func (n *Node) Close() error { return nil }
