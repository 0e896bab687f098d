package footage

import (
	"errors"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"signet/capture/annexb"
	"signet/test/boards/usbcam/uvc"
)

// Kinds of NAL unit between which others lie (ITU-T H.264, table 7-1).
const (
	sei      = 6
	prefix   = 14
	reserved = 18
)

var startCode = []byte{0, 0, 0, 1}

// Unit is an access unit: one picture, as the pieces of a byte stream. Each NAL unit is a piece, and the start code in
// front of it another.
type Unit struct {
	Params [][]byte // SPS and PPS
	Rest   [][]byte
	Key    bool // decodable by itself, given the parameters
}

// H264 is a recording of H.264. It is not changed, and safe for concurrent use.
type H264 struct {
	Size   uvc.Size
	Units  []Unit
	Params [][]byte // the first ones, as those of a Unit
}

// LoadH264 reads an Annex B file that begins with parameter sets and a key picture.
func LoadH264(path string) (*H264, error) {
	data, err := load(path)
	if err != nil {
		return nil, err
	}
	h, err := splitH264(data)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return h, nil
}

// splitH264 finds the access units in data (H.264, 7.4.1.2.3), of which they stay views.
func splitH264(data []byte) (*H264, error) {
	h := &H264{}
	var u Unit
	flush := func() {
		h.Units = append(h.Units, u)
		u = Unit{}
	}
	hasSlice := false // in u
	for nal := range annexb.Units(data) {
		kind := annexb.Kind(nal)
		slice := annexb.NonIDR <= kind && kind <= annexb.IDR
		begins := slice && len(nal) > 1 && nal[1]&0x80 != 0 || // first_mb_in_slice is 0
			sei <= kind && kind <= annexb.Delimiter || prefix <= kind && kind <= reserved
		if hasSlice && begins {
			flush()
			hasSlice = false
		}
		switch kind {
		case annexb.SPS, annexb.PPS:
			u.Params = append(u.Params, startCode, nal)
			if err := h.take(kind, nal); err != nil {
				return nil, err
			}
		default:
			u.Rest = append(u.Rest, startCode, nal)
		}
		hasSlice = hasSlice || slice
		u.Key = u.Key || kind == annexb.IDR
	}
	if hasSlice {
		flush()
	}
	if len(h.Units) == 0 || !h.Units[0].Key || h.Size.Width == 0 {
		return nil, errors.New("does not begin with parameter sets and a key picture")
	}
	return h, nil
}

// take keeps the first parameter sets.
func (h *H264) take(kind int, nal []byte) error {
	if len(h.Units) > 0 {
		return nil
	}
	h.Params = append(h.Params, startCode, nal)
	if kind != annexb.SPS || h.Size.Width != 0 {
		return nil
	}
	var sps h264.SPS
	if err := sps.Unmarshal(nal); err != nil {
		return fmt.Errorf("parameter set: %w", err)
	}
	h.Size = uvc.Size{Width: sps.Width(), Height: sps.Height()}
	return nil
}
