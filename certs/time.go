package certs

import (
	"errors"
	"time"
)

// unixMs returns t as it stands in statements.
func unixMs(t time.Time) uint64 { return uint64(max(t.UnixMilli(), 0)) }

// maxUnixMs is the last millisecond of the year 9999. Later times overflow in one library or another.
const maxUnixMs = 253402300799999

var errBeyond9999 = errors.New("time is beyond the year 9999")

// timeOf reads a time of a statement.
func timeOf(ms uint64) (time.Time, error) {
	if ms > maxUnixMs {
		return time.Time{}, errBeyond9999
	}
	return time.UnixMilli(int64(ms)).UTC(), nil
}
