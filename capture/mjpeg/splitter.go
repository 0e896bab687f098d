package mjpeg

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxImage is the greatest length of one image that is accepted by default, in bytes. A 4K frame of a
// camera's MJPEG takes about 1 MiB.
const MaxImage = 4 << 20

// Skipped counts what a Splitter passed over.
type Skipped struct {
	Torn     uint64 // images that broke off or were broken in their structure
	TooLarge uint64 // images above the limit
	Junk     uint64 // bytes between whole images, other than zeros
}

// Images is the number of images passed over.
func (s Skipped) Images() uint64 { return s.Torn + s.TooLarge }

// Splitter finds the images in a stream of JPEGs one after another: a .mjpeg file, a pipe, a body of
// multipart/x-mixed-replace. After a torn image it goes on at the next SOI. It is not for concurrent use.
type Splitter struct {
	r       io.Reader
	limit   int
	buf     []byte // buf[start:] is read and not yet given out
	start   int
	err     error // of r, io.EOF included
	lost    bool  // what comes before the next SOI belongs to an image that was skipped
	skipped Skipped
}

// NewSplitter splits what r delivers. limit bounds an image's length in bytes, and with it the memory; 0
// means MaxImage.
func NewSplitter(r io.Reader, limit int) *Splitter {
	if limit <= 0 {
		limit = MaxImage
	}
	return &Splitter{r: r, limit: limit}
}

// Reset makes s read from r, keeping its memory and its counts.
func (s *Splitter) Reset(r io.Reader) {
	s.r, s.buf, s.start, s.err, s.lost = r, s.buf[:0], 0, nil, false
}

// Skipped returns what was passed over until now.
func (s *Splitter) Skipped() Skipped { return s.skipped }

// Next returns the next whole image, from SOI to EOI; it is valid until the next call. An image is
// returned as soon as its last byte is read. At the end it returns io.EOF, or the reader's error.
func (s *Splitter) Next() ([]byte, error) {
	for {
		if err := s.seekSOI(); err != nil {
			return nil, err
		}
		w := walker{pos: 2}
		res := w.walk(s.buf[s.start:])
		for res == walkMore && len(s.buf)-s.start <= s.limit && s.fill() {
			res = w.walk(s.buf[s.start:])
		}
		switch {
		case res == walkEnd && w.pos <= s.limit:
			img := s.buf[s.start : s.start+w.pos]
			s.start += w.pos
			return img, nil
		case res == walkTorn:
			s.skipped.Torn++
			s.start += s.resync(&w, res)
		case s.err != nil && len(s.buf)-s.start <= s.limit: // the stream ends inside the image
			if s.err != io.EOF {
				return nil, s.takeErr()
			}
			s.skipped.Torn++
			s.start += s.resync(&w, res)
		default:
			s.skipped.TooLarge++
			s.lost = true
			s.start += min(max(w.pos, 2), len(s.buf)-s.start)
		}
	}
}

// resync returns how far behind the torn image's start the next image may begin.
func (s *Splitter) resync(w *walker, res walkResult) int {
	s.lost = true
	b := s.buf[s.start:]
	switch {
	case res == walkMore && w.pos <= len(b): // broken off
		return len(b)
	case res == walkTorn && w.pos+1 < len(b) && b[w.pos] == 0xFF && b[w.pos+1] == SOI:
		return w.pos
	}
	// Torn inside the segment that was stepped over last: the next image may begin in what was taken for it.
	return max(2, min(w.seg+2, len(b)))
}

// seekSOI moves start to the next SOI.
func (s *Splitter) seekSOI() error {
	for {
		b := s.buf[s.start:]
		i := bytes.Index(b, soi)
		if i >= 0 {
			s.junk(b[:i])
			s.start += i
			s.lost = false
			return nil
		}
		keep := min(len(b), len(soi)-1) // the beginning of a SOI may stand at the end
		s.junk(b[:len(b)-keep])
		s.start += len(b) - keep
		if !s.fill() {
			if s.err == io.EOF {
				s.junk(s.buf[s.start:])
				s.start = len(s.buf)
			}
			return s.takeErr()
		}
	}
}

var soi = []byte{0xFF, SOI, 0xFF}

func (s *Splitter) junk(b []byte) {
	if s.lost {
		return
	}
	for _, c := range b {
		if c != 0 {
			s.skipped.Junk++
		}
	}
}

// takeErr returns the reader's error. Only the end is for ever: after another one, a time-out perhaps, Next
// goes on where it was.
func (s *Splitter) takeErr() error {
	err := s.err
	if err != io.EOF {
		s.err = nil
	}
	return err
}

// fill reads more. It says false at the end of the stream, and then err is set.
func (s *Splitter) fill() bool {
	if s.err != nil {
		return false
	}
	const chunk = 64 << 10
	if cap(s.buf)-len(s.buf) < chunk/4 {
		n := copy(s.buf[:cap(s.buf)], s.buf[s.start:])
		s.buf, s.start = s.buf[:n], 0
		if cap(s.buf)-n < chunk {
			s.buf = append(make([]byte, 0, 2*cap(s.buf)+2*chunk), s.buf...)
		}
	}
	for range 100 {
		n, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		if err != nil {
			s.err = err
			if !errors.Is(err, io.EOF) {
				s.err = fmt.Errorf("read images: %w", err)
			} else {
				s.err = io.EOF
			}
		}
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	s.err = fmt.Errorf("read images: %w", io.ErrNoProgress)
	return false
}
