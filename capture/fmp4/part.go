package fmp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4/seekablebuffer"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

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
	if len(p.Samples) == 0 {
		return nil, errors.New("no samples")
	}
	if !p.Samples[0].Key {
		return nil, errors.New("first sample is no key frame")
	}
	if p.Start < 0 {
		return nil, fmt.Errorf("starts %v before the clip", -p.Start)
	}
	samples := make([]fmp4.Sample, len(p.Samples)) // all at once: the library wants each by itself
	track := &fmp4.PartTrack{ID: 1, BaseTime: ticks(p.Start), Samples: make([]*fmp4.Sample, len(p.Samples))}
	at, size := p.Start, 0
	var converted []byte
	if p.Track.SPS != nil {
		converted = make([]byte, 0, p.room())
	}
	for i, s := range p.Samples {
		if s.Duration <= 0 || s.Duration > time.Hour {
			return nil, fmt.Errorf("sample %d lasts %v", i, s.Duration)
		}
		data := s.Data
		if p.Track.SPS != nil {
			from := len(converted)
			converted = appendLengthPrefixed(converted, s.Data)
			data = converted[from:]
		}
		if len(data) == 0 {
			return nil, fmt.Errorf("sample %d holds no picture", i)
		}
		end := at + s.Duration
		samples[i] = fmp4.Sample{
			Duration:        uint32(ticks(end) - ticks(at)),
			IsNonSyncSample: !s.Key,
			Payload:         data,
		}
		track.Samples[i] = &samples[i]
		at = end
		size += len(data)
	}

	var buf seekablebuffer.Buffer
	buf.Grow(size + 1024 + 16*len(p.Samples))
	head := fmp4.Init{Tracks: []*fmp4.InitTrack{{ID: 1, TimeScale: TimeScale, Codec: p.codec()}}}
	if err := head.Marshal(&buf); err != nil {
		return nil, err
	}
	// The header was written at the buffer's end; the fragment counts its offsets from its own start.
	if err := (fmp4.Part{SequenceNumber: p.Sequence, Tracks: []*fmp4.PartTrack{track}}).Marshal(&buf); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func (p Part) codec() codecs.Codec {
	if p.Track.SPS != nil {
		return &codecs.H264{SPS: p.Track.SPS, PPS: p.Track.PPS}
	}
	return &codecs.MJPEG{Width: p.Track.Width, Height: p.Track.Height}
}

// room is how long the samples can be when their start codes, of three bytes at least, are lengths of four.
func (p Part) room() int {
	n := 0
	for _, s := range p.Samples {
		n += len(s.Data)*5/4 + 1
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
