package replay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// NAL unit types (ITU-T H.264, table 7-1).
const (
	nalIDR       = 5
	nalDelimiter = 9
)

// maxUnit bounds an access unit, in bytes.
const maxUnit = 4 << 20

// unitReader splits an Annex B stream, in which every access unit begins with a delimiter, into access
// units.
type unitReader struct {
	r     io.Reader
	buf   []byte
	start int   // of the unit that is given out next
	seen  int   // up to here there is no delimiter but that at start
	err   error // of r
}

func newUnitReader(r io.Reader) *unitReader { return &unitReader{r: r} }

// next returns the next access unit with its start codes, valid until the next call; io.EOF at the end.
func (u *unitReader) next() ([]byte, error) {
	for {
		if i := delimiter(u.buf[u.seen:]); i >= 0 {
			end := u.seen + i
			unit := u.buf[u.start:end]
			u.start, u.seen = end, end+4
			if len(unit) > 0 {
				return unit, nil
			}
			continue
		}
		u.seen = max(u.seen, len(u.buf)-4)
		if u.err != nil {
			if unit := u.buf[u.start:]; u.err == io.EOF && len(unit) > 0 {
				u.start, u.seen = len(u.buf), len(u.buf)
				return unit, nil
			}
			err := u.err
			if err != io.EOF {
				u.err = nil // a time-out, perhaps: go on where it was
			}
			return nil, err
		}
		u.fill()
	}
}

func (u *unitReader) fill() {
	const chunk = 64 << 10
	if cap(u.buf)-len(u.buf) < chunk/4 {
		n := copy(u.buf[:cap(u.buf)], u.buf[u.start:])
		u.seen -= u.start
		u.buf, u.start = u.buf[:n], 0
		if n > maxUnit {
			u.err = fmt.Errorf("read H.264: access unit longer than %d bytes", maxUnit)
			return
		}
		if cap(u.buf)-n < chunk {
			u.buf = append(make([]byte, 0, 2*cap(u.buf)+2*chunk), u.buf...)
		}
	}
	n, err := u.r.Read(u.buf[len(u.buf):cap(u.buf)])
	u.buf = u.buf[:len(u.buf)+n]
	switch {
	case errors.Is(err, io.EOF):
		u.err = io.EOF
	case err != nil:
		u.err = fmt.Errorf("read H.264: %w", err)
	}
}

// delimiter returns where the start code of an access unit delimiter begins, or -1.
func delimiter(b []byte) int {
	for at := 0; ; {
		i := bytes.Index(b[at:], startCode)
		if i < 0 || at+i+3 >= len(b) {
			return -1
		}
		at += i
		if b[at+3]&31 == nalDelimiter {
			if at > 0 && b[at-1] == 0 { // the long start code
				at--
			}
			return at
		}
		at += 3
	}
}

var startCode = []byte{0, 0, 1}

// isKey says whether an access unit holds an IDR picture.
func isKey(unit []byte) bool {
	for at := 0; ; {
		i := bytes.Index(unit[at:], startCode)
		if i < 0 || at+i+3 >= len(unit) {
			return false
		}
		at += i + 3
		if unit[at]&31 == nalIDR {
			return true
		}
	}
}
