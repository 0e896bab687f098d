package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
)

// A frame holds one record in a segment:
//
//	 0  mark "SgR1"
//	 4  CRC-32C of the segment's number (4 bytes) and of everything from offset 8
//	 8  length of what follows offset 12
//	12  boot, 8 bytes
//	20  n, 8 bytes
//	28  flags: 1 = urgent
//	29  number of media
//	30  zero, 2 bytes
//	32  length of the record, then the record; then for each medium its length and its bytes
//
// The segment's number in the checksum keeps blocks of a deleted file from passing for new ones.
const (
	frameMark   = "SgR1"
	frameHead   = 36
	flagUrgent  = 1
	maxMedia    = 16        // of an entry; one more in the file "refused", for the reason
	maxFrame    = 512 << 10 // bytes of one frame
	maxSegment  = 8 << 20   // bytes of a segment file that are read
	refusedSeg  = 1<<32 - 1 // stands for the segment's number in the file "refused"
	resyncBound = 16        // bytes checksummed while looking for the next frame, as a multiple of the file
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	errFrame   = errors.New("not a frame")
)

// Entry is one record with what travels with it.
type Entry struct {
	Record []byte   // signed
	Media  [][]byte // small sealed media, at most 16; the whole entry stays under Options.MaxEntry
}

// size is what the frame of e takes on disk.
func (e Entry) size() int {
	n := frameHead + len(e.Record)
	for _, m := range e.Media {
		n += 4 + len(m)
	}
	return n
}

// frame is an Entry with its place.
type frame struct {
	pos    Position
	urgent bool
	entry  Entry
}

func checksum(seg uint32, b []byte) uint32 {
	var n [4]byte
	binary.LittleEndian.PutUint32(n[:], seg)
	return crc32.Update(crc32.Update(0, castagnoli, n[:]), castagnoli, b)
}

// encode returns f as it stands in segment seg.
func (f frame) encode(seg uint32) []byte {
	le := binary.LittleEndian
	b := make([]byte, 0, f.entry.size())
	b = append(b, frameMark...)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, uint32(f.entry.size()-12))
	b = le.AppendUint64(b, f.pos.Boot)
	b = le.AppendUint64(b, f.pos.N)
	var flags byte
	if f.urgent {
		flags = flagUrgent
	}
	b = append(b, flags, byte(len(f.entry.Media)), 0, 0)
	b = le.AppendUint32(b, uint32(len(f.entry.Record)))
	b = append(b, f.entry.Record...)
	for _, m := range f.entry.Media {
		b = le.AppendUint32(b, uint32(len(m)))
		b = append(b, m...)
	}
	le.PutUint32(b[4:], checksum(seg, b[8:]))
	return b
}

// frameLen returns the length that b's first bytes announce, or 0 when they announce none that is possible.
func frameLen(b []byte) int {
	if len(b) < frameHead || string(b[:4]) != frameMark {
		return 0
	}
	n := binary.LittleEndian.Uint32(b[8:])
	if n < frameHead-12 || n > maxFrame-12 {
		return 0
	}
	return int(n) + 12
}

// parseFrame reads the frame at the start of b, which was written to segment seg, and returns its
// length. The entry's bytes are parts of b.
func parseFrame(b []byte, seg uint32) (frame, int, error) {
	le := binary.LittleEndian
	n := frameLen(b)
	if n == 0 || n > len(b) || le.Uint32(b[4:]) != checksum(seg, b[8:n]) {
		return frame{}, 0, errFrame
	}
	f := frame{
		pos:    Position{le.Uint64(b[12:]), le.Uint64(b[20:])},
		urgent: b[28]&flagUrgent != 0,
	}
	media := int(b[29])
	if f.pos.Boot == 0 || f.pos.N == 0 || b[28]&^flagUrgent != 0 || media > maxMedia+1 || b[30] != 0 || b[31] != 0 {
		return frame{}, 0, errFrame
	}
	rest := b[32:n]
	take := func() ([]byte, bool) {
		if len(rest) < 4 {
			return nil, false
		}
		n := le.Uint32(rest)
		if uint64(n) > uint64(len(rest)-4) {
			return nil, false
		}
		p := rest[4 : 4+n : 4+n]
		rest = rest[4+n:]
		return p, true
	}
	var ok bool
	if f.entry.Record, ok = take(); !ok {
		return frame{}, 0, errFrame
	}
	for range media {
		m, ok := take()
		if !ok {
			return frame{}, 0, errFrame
		}
		f.entry.Media = append(f.entry.Media, m)
	}
	if len(rest) != 0 {
		return frame{}, 0, errFrame
	}
	return f, n, nil
}

// scan calls visit for every frame in data, the content of segment seg. It returns how many bytes were
// skipped between frames, and where the last frame ends: what comes after is not a frame.
func scan(data []byte, seg uint32, visit func(f frame, off, size int)) (skipped, end int) {
	budget := resyncBound * len(data)
	for end < len(data) {
		off := end
		f, n, err := parseFrame(data[off:], seg)
		for err != nil && budget > 0 {
			i := bytes.Index(data[off+1:], []byte(frameMark))
			if i < 0 {
				return skipped, end
			}
			off += 1 + i
			budget -= frameHead + frameLen(data[off:])
			f, n, err = parseFrame(data[off:], seg)
		}
		if err != nil {
			return skipped, end
		}
		skipped += off - end
		visit(f, off, n)
		end = off + n
	}
	return skipped, end
}

// clone copies e out of the buffer that it was parsed from.
func (e Entry) clone() Entry {
	c := Entry{Record: slices.Clone(e.Record)}
	for _, m := range e.Media {
		c.Media = append(c.Media, slices.Clone(m))
	}
	return c
}
