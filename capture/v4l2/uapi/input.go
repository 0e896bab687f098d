package uapi

//lint:file-ignore U1000 the structures are the kernel's: fields that nobody reads give them their size

// Further flags, of Capability and ControlInfo.
const (
	CapMediaController = 0x20000000 // the node is a part: a program must join the parts of the device first
	FlagExecuteOnWrite = 0x0200     // setting does something, whatever the value was
)

// input is struct v4l2_input.
type input struct {
	index  uint32
	name   [32]byte
	kind   uint32
	audio  uint32
	tuner  uint32
	std    [2]uint32
	status uint32
	caps   uint32
	_      [3]uint32
	_      uint32 // the kernel aligns it like its 64-bit number
}

var vidiocEnuminput = request(3, 26, 80)

// HasInput says whether the device has something that pictures come from (VIDIOC_ENUMINPUT). A processor of pictures, which
// takes those that a program gives it, captures too and has none.
func (n Node) HasInput() bool { return ioctl(int(n), vidiocEnuminput, &input{}) == nil }
