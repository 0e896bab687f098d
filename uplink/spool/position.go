package spool

import (
	"cmp"
	"fmt"
)

// Position is the place of a record in a camera's life. The zero Position is before all others.
type Position struct {
	Boot uint64 // counts the times the spool was opened, from 1
	N    uint64 // counts the records of that boot, from 1
}

// Compare orders positions by boot, then n.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Boot, q.Boot), cmp.Compare(p.N, q.N))
}

// String returns "boot.n".
func (p Position) String() string { return fmt.Sprintf("%d.%d", p.Boot, p.N) }

// Range is the positions From to To of one boot, both included.
type Range struct{ Boot, From, To uint64 }

// String returns "boot.from-to".
func (r Range) String() string { return fmt.Sprintf("%d.%d-%d", r.Boot, r.From, r.To) }

// Gap is a range of records that are gone without a receipt.
type Gap struct {
	Range
	Cause Cause
}

// Cause says why records are gone.
type Cause uint8

// The causes of gaps.
const (
	Full    Cause = iota + 1 // dropped because the spool was full, the oldest that are not urgent first
	Damaged                  // the flash no longer gives them back
)

// String returns the cause in a word.
func (c Cause) String() string {
	switch c {
	case Full:
		return "full"
	case Damaged:
		return "damaged"
	}
	return fmt.Sprintf("cause %d", uint8(c))
}
