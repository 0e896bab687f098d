package uvc

import (
	"encoding/binary"
	"unicode/utf16"
)

// Descriptor types (USB 2.0, table 9-5; UVC A.4).
const (
	typeDevice      = 1
	typeConfig      = 2
	typeString      = 3
	typeInterface   = 4
	typeEndpoint    = 5
	typeAssociation = 11
	typeClass       = 0x24 // CS_INTERFACE
)

// fields is the body of a descriptor while it is written.
type fields []byte

func (f *fields) u8(v ...int) {
	for _, x := range v {
		*f = append(*f, byte(x))
	}
}

func (f *fields) u16(v ...int) {
	for _, x := range v {
		*f = binary.LittleEndian.AppendUint16(*f, uint16(x))
	}
}

func (f *fields) u32(v ...int) {
	for _, x := range v {
		*f = binary.LittleEndian.AppendUint32(*f, uint32(x))
	}
}

// descriptor puts length and type before a body: the only place where a length is made.
func descriptor(kind byte, body func(f *fields)) []byte {
	f := fields{0, kind}
	body(&f)
	if len(f) > 255 {
		panic("uvc: descriptor longer than its length byte can say")
	}
	f[0] = byte(len(f))
	return f
}

// counted makes a header descriptor whose 16-bit total length, of itself and what belongs to it, stands at
// offset at. Body writes anything there.
func counted(kind byte, at int, body func(f *fields), rest ...[]byte) []byte {
	b := descriptor(kind, body)
	for _, r := range rest {
		b = append(b, r...)
	}
	binary.LittleEndian.PutUint16(b[at:], uint16(len(b)))
	return b
}

// text makes a string descriptor (USB 2.0, 9.6.7); what does not fit is cut off.
func text(s string) []byte {
	units := utf16.Encode([]rune(s))
	units = units[:min(len(units), 126)]
	return descriptor(typeString, func(f *fields) {
		for _, u := range units {
			f.u16(int(u))
		}
	})
}
