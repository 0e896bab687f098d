package fmp4

import (
	"errors"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

// Track numbers and rates that a reader asks for and nobody uses.
const (
	trackID   = 1
	movieTime = 1000      // ticks a second of the whole movie, which has no length
	bitRate   = 1_000_000 // bits a second, roughly
)

// head writes ftyp and moov: what the samples are, and that all of them are in fragments.
func (t Track) head(w *boxes) error {
	width, height, err := t.size()
	if err != nil {
		return err
	}
	w.box("ftyp", func() { w.bytes([]byte("mp42\x00\x00\x00\x01mp41mp42isomhlsf")...) })
	w.box("moov", func() {
		w.box("mvhd", func() {
			w.zeros(4 + 8) // version; when it was made and changed
			w.u32(movieTime)
			w.zeros(4)     // no length
			w.u32(1 << 16) // speed
			w.u16(1 << 8)  // volume
			w.zeros(10)
			w.matrix()
			w.zeros(24)
			w.u32(1<<32 - 1) // the next track
		})
		w.box("trak", func() {
			w.box("tkhd", func() {
				w.u32(3) // enabled, and part of the movie
				w.zeros(8)
				w.u32(trackID)
				w.zeros(24) // no length, layer, group or volume
				w.matrix()
				w.u32(uint32(width) << 16)
				w.u32(uint32(height) << 16)
			})
			w.box("mdia", func() { t.media(w, width, height) })
		})
		w.box("mvex", func() { w.words("trex", 0, trackID, 1, 0, 0, 0) })
	})
	return nil
}

func (t Track) media(w *boxes, width, height int) {
	w.box("mdhd", func() {
		w.zeros(4 + 8)
		w.u32(TimeScale)
		w.zeros(4)
		w.u16(0x55C4) // no language
		w.zeros(2)
	})
	w.box("hdlr", func() {
		w.zeros(8)
		w.bytes([]byte("vide")...)
		w.zeros(12)
		w.bytes([]byte("VideoHandler\x00")...)
	})
	w.box("minf", func() {
		w.words("vmhd", 1, 0, 0)
		w.box("dinf", func() {
			w.box("dref", func() {
				w.u32(0)
				w.u32(1)
				w.words("url ", 1) // in this file
			})
		})
		w.box("stbl", func() {
			w.box("stsd", func() {
				w.u32(0)
				w.u32(1)
				t.entry(w, width, height)
			})
			w.words("stts", 0, 0) // no samples but in fragments
			w.words("stsc", 0, 0)
			w.words("stsz", 0, 0, 0)
			w.words("stco", 0, 0)
		})
	})
}

// entry writes the sample entry: avc1 (ISO/IEC 14496-15) or mp4v (ISO/IEC 14496-14).
func (t Track) entry(w *boxes, width, height int) {
	kind := "avc1"
	if t.SPS == nil {
		kind = "mp4v"
	}
	w.box(kind, func() {
		w.zeros(6)
		w.u16(1) // where the data are: the first of dref
		w.zeros(16)
		w.u16(uint16(width))
		w.u16(uint16(height))
		w.u32(72 << 16) // dots an inch
		w.u32(72 << 16)
		w.zeros(4)
		w.u16(1) // frames a sample
		w.zeros(32)
		w.u16(24)        // bits a pixel
		w.u16(1<<16 - 1) // no colour table
		if t.SPS == nil {
			t.esds(w)
		} else {
			t.avcC(w)
		}
		w.words("btrt", 0, bitRate, bitRate)
	})
}

// avcC writes the parameter sets, and that NAL units stand behind lengths of four bytes.
func (t Track) avcC(w *boxes) {
	w.box("avcC", func() {
		w.bytes(1, t.SPS[1], t.SPS[2], t.SPS[3], 0xFC|3, 0xE0|1)
		w.u16(uint16(len(t.SPS)))
		w.bytes(t.SPS...)
		w.bytes(1)
		w.u16(uint16(len(t.PPS)))
		w.bytes(t.PPS...)
	})
}

// esds writes that the samples are JPEG images: an ES descriptor around that of the decoder, each behind a tag and a
// length of four bytes (ISO/IEC 14496-1, 7.2.6).
func (t Track) esds(w *boxes) {
	const jpeg = 0x6C // ISO/IEC 10918-1
	w.box("esds", func() {
		w.zeros(4)
		w.bytes(0x03, 0x80, 0x80, 0x80, 27)
		w.u16(trackID)
		w.bytes(0)
		w.bytes(0x04, 0x80, 0x80, 0x80, 13, jpeg, 4<<2|1, 0, 0, 0) // visual, of any size
		w.u32(bitRate)
		w.u32(bitRate)
		w.bytes(0x06, 0x80, 0x80, 0x80, 1, 2)
	})
}

// size returns the pictures' width and height.
func (t Track) size() (width, height int, err error) {
	width, height = t.Width, t.Height
	if t.SPS != nil {
		var s h264.SPS
		if len(t.SPS) < 4 || len(t.PPS) == 0 || len(t.SPS) > 1<<16-1 || len(t.PPS) > 1<<16-1 {
			return 0, 0, errors.New("no parameter sets")
		}
		if err := s.Unmarshal(t.SPS); err != nil {
			return 0, 0, fmt.Errorf("read parameter set: %w", err)
		}
		width, height = s.Width(), s.Height()
	}
	if width <= 0 || height <= 0 || width > 1<<16-1 || height > 1<<16-1 {
		return 0, 0, fmt.Errorf("pictures of %dx%d pixels", width, height)
	}
	return width, height, nil
}
