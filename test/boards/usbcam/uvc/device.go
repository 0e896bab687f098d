package uvc

import "fmt"

// Version of the video class, in binary-coded decimals.
type Version int

// Versions. Formats that are frame based came with 1.1.
const (
	V1_0 Version = 0x0100
	V1_1 Version = 0x0110
)

// Device describes a webcam.
type Device struct {
	Vendor, Product int    // idVendor, idProduct
	Maker           string // for people; this and the next two may be empty
	Name            string
	Serial          string
	Version         Version
	Streams         [][]Format // one streaming interface each, with one bulk endpoint
}

// Numbers by which the host addresses what is in the device.
const (
	controlInterface = 0
	idCamera         = 1 // the camera terminal
	idProcessing     = 2 // the processing unit
	idOutput         = 3 // of the first stream; the next ones follow
)

// Interface returns the number of a stream's interface.
func Interface(stream int) int { return controlInterface + 1 + stream }

// Endpoint returns the number of a stream's endpoint, without the direction bit.
func Endpoint(stream int) int { return 1 + stream }

const (
	strMaker = 1 + iota
	strName
	strSerial
)

// Classes of USB and their parts (UVC A.1-A.3).
const (
	classMisc            = 0xEF
	classVideo           = 0x0E
	subclassControl      = 1
	subclassStreaming    = 2
	subclassCollection   = 3
	dirIn                = 0x80
	bulk                 = 2
	bulkPacket           = 512 // bytes, the only size at high speed
	milliamps            = 500
	clockHz              = 48_000_000
	termCamera           = 0x0201
	termStreaming        = 0x0101
	vcHeader             = 1
	vcInputTerminal      = 2
	vcOutputTerminal     = 3
	vcProcessingUnit     = 5
	configurationValue   = 1
	languageUSEnglish    = 0x0409
	protocolAssociations = 1
)

// Check says what the kernel would not take.
func (d *Device) Check() error {
	if len(d.Streams) == 0 {
		return fmt.Errorf("describe camera: no streams")
	}
	for _, formats := range d.Streams {
		if len(formats) == 0 {
			return fmt.Errorf("describe camera: a stream without formats")
		}
		for _, f := range formats {
			if f.Kind == H264 && d.Version < V1_1 {
				return fmt.Errorf("describe camera: %s needs UVC 1.1", f.Kind)
			}
			if len(f.Frames) == 0 {
				return fmt.Errorf("describe camera: %s without sizes", f.Kind)
			}
			for _, s := range f.Frames {
				if len(s.Intervals) == 0 || s.Width <= 0 || s.Height <= 0 || s.Width > 0xFFFF || s.Height > 0xFFFF {
					return fmt.Errorf("describe camera: %s of %s at %d rates", f.Kind, s.Size, len(s.Intervals))
				}
			}
		}
	}
	return nil
}

// Descriptor answers GET_DESCRIPTOR (USB 2.0, 9.4.3), nil if there is none: the device then stalls.
func (d *Device) Descriptor(kind, index byte) []byte {
	switch {
	case kind == typeDevice:
		return d.device()
	case kind == typeConfig && index == 0:
		return d.configuration()
	case kind == typeString && index == 0:
		return descriptor(typeString, func(f *fields) { f.u16(languageUSEnglish) })
	case kind == typeString:
		if s := map[byte]string{strMaker: d.Maker, strName: d.Name, strSerial: d.Serial}[index]; s != "" {
			return text(s)
		}
	}
	return nil
}

// named is the index of a string, 0 if it is empty.
func named(index int, s string) int {
	if s == "" {
		return 0
	}
	return index
}

func (d *Device) device() []byte {
	return descriptor(typeDevice, func(f *fields) {
		f.u16(0x0200)
		f.u8(classMisc, 2, protocolAssociations, 64)
		f.u16(d.Vendor, d.Product, 0x0100)
		f.u8(named(strMaker, d.Maker), named(strName, d.Name), named(strSerial, d.Serial), 1)
	})
}

func (d *Device) configuration() []byte {
	interfaces := 1 + len(d.Streams)
	parts := [][]byte{
		descriptor(typeAssociation, func(f *fields) {
			f.u8(controlInterface, interfaces, classVideo, subclassCollection, 0, 0)
		}),
		d.control(),
	}
	for i := range d.Streams {
		parts = append(parts, d.streaming(i))
	}
	return counted(typeConfig, 2, func(f *fields) {
		f.u16(0)
		f.u8(interfaces, configurationValue, 0, 0x80, milliamps/2)
	}, parts...)
}

// control describes the control interface (UVC 3.7): a camera, what it does with pictures, and one output a stream.
func (d *Device) control() []byte {
	units := [][]byte{
		descriptor(typeClass, func(f *fields) {
			f.u8(vcInputTerminal, idCamera)
			f.u16(termCamera)
			f.u8(0, 0)
			f.u16(0, 0, 0) // focal lengths: no optical zoom
			bits := controlBits(idCamera, 3)
			f.u8(len(bits))
			*f = append(*f, bits...)
		}),
		descriptor(typeClass, func(f *fields) {
			f.u8(vcProcessingUnit, idProcessing, idCamera)
			f.u16(0)
			bits := controlBits(idProcessing, 2)
			f.u8(len(bits))
			*f = append(*f, bits...)
			f.u8(0)
			if d.Version >= V1_1 {
				f.u8(0) // analogue video standards
			}
		}),
	}
	for i := range d.Streams {
		units = append(units, descriptor(typeClass, func(f *fields) {
			f.u8(vcOutputTerminal, idOutput+i)
			f.u16(termStreaming)
			f.u8(0, idProcessing, 0)
		}))
	}
	header := counted(typeClass, 5, func(f *fields) {
		f.u8(vcHeader)
		f.u16(int(d.Version), 0)
		f.u32(clockHz)
		f.u8(len(d.Streams))
		for i := range d.Streams {
			f.u8(Interface(i))
		}
	}, units...)
	return append(descriptor(typeInterface, func(f *fields) {
		f.u8(controlInterface, 0, 0, classVideo, subclassControl, 0, 0)
	}), header...)
}

// streaming describes a streaming interface (UVC 3.9): its formats, then its endpoint.
func (d *Device) streaming(stream int) []byte {
	formats := d.Streams[stream]
	var described [][]byte
	for i := range formats {
		described = append(described, formats[i].describe(i+1))
	}
	header := counted(typeClass, 4, func(f *fields) {
		f.u8(vsInputHeader, len(formats))
		f.u16(0)
		f.u8(dirIn|Endpoint(stream), 0, idOutput+stream)
		f.u8(0, 0, 0) // still pictures, triggers
		f.u8(1)       // bytes of the bitmap of each format
		for range formats {
			f.u8(0)
		}
	}, described...)
	b := descriptor(typeInterface, func(f *fields) {
		f.u8(Interface(stream), 0, 1, classVideo, subclassStreaming, 0, 0)
	})
	b = append(b, header...)
	return append(b, descriptor(typeEndpoint, func(f *fields) {
		f.u8(dirIn|Endpoint(stream), bulk)
		f.u16(bulkPacket)
		f.u8(0)
	})...)
}
