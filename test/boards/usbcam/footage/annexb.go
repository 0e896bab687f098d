package footage

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"signet/test/boards/usbcam/uvc"
)

// NAL unit types (ITU-T H.264, table 7-1).
const (
	nalSlice     = 1
	nalIDR       = 5
	nalSEI       = 6
	nalSPS       = 7
	nalPPS       = 8
	nalDelimiter = 9
	nalPrefix    = 14
	nalReserved  = 18
)

// Unit is an access unit: one picture. Its NAL units keep their start codes.
type Unit struct {
	Params [][]byte // SPS and PPS
	Rest   [][]byte
	Key    bool // decodable by itself, given the parameters
}

// H264 is a recording of H.264. It is not changed, and safe for concurrent use.
type H264 struct {
	Size   uvc.Size
	Units  []Unit
	Params [][]byte // the first ones
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
	for len(data) > 0 {
		nal, body, rest := nextNAL(data)
		if len(body) < 2 {
			return nil, errors.New("not H.264 in the form of Annex B")
		}
		data = rest
		kind := body[0] & 31
		slice := nalSlice <= kind && kind <= nalIDR
		begins := slice && body[1]&0x80 != 0 || // first_mb_in_slice is 0
			nalSEI <= kind && kind <= nalDelimiter || nalPrefix <= kind && kind <= nalReserved
		if hasSlice && begins {
			flush()
			hasSlice = false
		}
		switch kind {
		case nalSPS, nalPPS:
			u.Params = append(u.Params, nal)
			if err := h.take(kind, nal, body); err != nil {
				return nil, err
			}
		default:
			u.Rest = append(u.Rest, nal)
		}
		hasSlice = hasSlice || slice
		u.Key = u.Key || kind == nalIDR
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
func (h *H264) take(kind byte, nal, body []byte) error {
	if len(h.Units) > 0 {
		return nil
	}
	h.Params = append(h.Params, nal)
	if kind != nalSPS || h.Size.Width != 0 {
		return nil
	}
	var sps h264.SPS
	if err := sps.Unmarshal(body); err != nil {
		return fmt.Errorf("parameter set: %w", err)
	}
	h.Size = uvc.Size{Width: sps.Width(), Height: sps.Height()}
	return nil
}

var startCode = []byte{0, 0, 1}

// nextNAL returns the first NAL unit of data with and without its start code, and what follows. Both are
// empty if there is none.
func nextNAL(data []byte) (nal, body, rest []byte) {
	i := bytes.Index(data, startCode)
	if i < 0 || i > 1 { // a fourth byte of zero may come first
		return nil, nil, nil
	}
	begin := i + len(startCode)
	end := len(data)
	if j := bytes.Index(data[begin:], startCode); j >= 0 {
		end = begin + j
		if end > begin && data[end-1] == 0 {
			end--
		}
	}
	return data[:end:end], data[begin:end], data[end:]
}
