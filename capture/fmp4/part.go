package fmp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"signet/capture/annexb"
)

// TimeScale is the number of ticks in a second, as usual for video.
const TimeScale = 90000

// Track says what the samples are: MJPEG of a width and height, or H.264 with parameter sets.
type Track struct {
	Width, Height int    // pixels; of MJPEG
	SPS, PPS      []byte // of H.264, without start codes; nil for MJPEG
}

// MIME returns the type of a part with its codecs parameter (RFC 6381).
func (t Track) MIME() string {
	if len(t.SPS) < 4 {
		return `video/mp4; codecs="mp4v.6C"`
	}
	return fmt.Sprintf(`video/mp4; codecs="avc1.%02X%02X%02X"`, t.SPS[1], t.SPS[2], t.SPS[3])
}

// Sample is one picture.
type Sample struct {
	Duration time.Duration // until the next one, positive
	Key      bool          // decodable by itself
	Data     []byte        // a JPEG image, or an access unit in Annex B
}

// Part is a piece of a clip.
type Part struct {
	Track    Track
	Sequence uint32        // counted from 1 through the clip
	Start    time.Duration // of its first sample, from the start of the clip; not negative
	Samples  []Sample      // at least one, the first with Key
}

// Marshal returns the part as a file of its own.
//
// Parameter sets and access unit delimiters within H.264 samples are left out: the first stand in the
// header, the second have no place in MP4. Ticks are rounded from the clip's start on, so that
// rounding never adds up. Errors say what of the part is wrong.
func (p Part) Marshal() ([]byte, error) {
	b, err := p.marshal()
	if err != nil {
		return nil, fmt.Errorf("write part %d: %w", p.Sequence, err)
	}
	return b, nil
}

func (p Part) marshal() ([]byte, error) {
	switch {
	case len(p.Samples) == 0:
		return nil, errors.New("no samples")
	case !p.Samples[0].Key:
		return nil, errors.New("first sample is no key frame")
	case p.Start < 0:
		return nil, fmt.Errorf("starts %v before the clip", -p.Start)
	}
	w := boxes{b: make([]byte, 0, p.room())}
	if err := p.Track.head(&w); err != nil {
		return nil, err
	}
	sizes, step, err := p.fragment(&w)
	if err != nil {
		return nil, err
	}
	w.box("mdat", func() {
		for i, s := range p.Samples {
			from := len(w.b)
			if p.Track.SPS == nil {
				w.bytes(s.Data...)
			} else {
				w.b = appendLengthPrefixed(w.b, s.Data)
			}
			if len(w.b) == from && err == nil {
				err = fmt.Errorf("sample %d holds no picture", i)
			}
			binary.BigEndian.PutUint32(w.b[sizes+i*step:], uint32(len(w.b)-from))
		}
	})
	return w.b, err
}

// Flags of the boxes in a fragment (ISO/IEC 14496-12, 8.8.7, 8.8.8, 8.8.3.1).
const (
	baseIsMoof  = 0x02_0000 // tfhd: offsets count from the moof
	hasOffset   = 0x00_0001 // trun: where the first sample is
	hasDuration = 0x00_0100 // trun: each sample's
	hasSize     = 0x00_0200
	hasFlags    = 0x00_0400
	nonSync     = 0x01_0000 // of a sample: it needs others
	version1    = 1 << 24
)

// fragment writes the moof. The sizes of the samples are to be filled in: the first one at the offset sizes, each
// further one step bytes behind.
func (p Part) fragment(w *boxes) (sizes, step int, err error) {
	has := uint32(hasOffset | hasDuration | hasSize)
	step = 8
	for _, s := range p.Samples {
		if !s.Key {
			has, step = has|hasFlags, 12
		}
	}
	moof := len(w.b)
	w.box("moof", func() {
		w.words("mfhd", 0, p.Sequence)
		w.box("traf", func() {
			w.words("tfhd", baseIsMoof, trackID)
			w.box("tfdt", func() {
				w.u32(version1)
				w.u64(ticks(p.Start))
			})
			w.box("trun", func() {
				w.u32(version1 | has)
				w.u32(uint32(len(p.Samples)))
				w.u32(uint32(len(w.b) + 4 + step*len(p.Samples) + 8 - moof)) // behind the header of mdat
				sizes = len(w.b) + 4
				err = p.run(w, has)
			})
		})
	})
	return sizes, step, err
}

// run writes what is said of each sample.
func (p Part) run(w *boxes, has uint32) error {
	at := p.Start
	for i, s := range p.Samples {
		if s.Duration <= 0 || s.Duration > time.Hour {
			return fmt.Errorf("sample %d lasts %v", i, s.Duration)
		}
		end := at + s.Duration
		w.u32(uint32(ticks(end) - ticks(at)))
		w.u32(0) // size
		switch {
		case !s.Key:
			w.u32(nonSync)
		case has&hasFlags != 0:
			w.u32(0)
		}
		at = end
	}
	return nil
}

// room is how long the part can be: samples, in which start codes of three bytes become lengths of four, and boxes.
func (p Part) room() int {
	n := 1024 + len(p.Track.SPS) + len(p.Track.PPS)
	for _, s := range p.Samples {
		n += len(s.Data) + 12
		if p.Track.SPS != nil {
			n += len(s.Data)/4 + 1
		}
	}
	return n
}

// appendLengthPrefixed appends an access unit as it stands in MP4: each NAL unit behind its length.
func appendLengthPrefixed(dst, accessUnit []byte) []byte {
	for u := range annexb.Units(accessUnit) {
		switch annexb.Kind(u) {
		case annexb.SPS, annexb.PPS, annexb.Delimiter:
		default:
			dst = binary.BigEndian.AppendUint32(dst, uint32(len(u)))
			dst = append(dst, u...)
		}
	}
	return dst
}

// ticks is a time in units of the track.
func ticks(d time.Duration) uint64 {
	s, rest := d/time.Second, d%time.Second
	return uint64(s)*TimeScale + uint64((rest*TimeScale+time.Second/2)/time.Second)
}
