package luma

// tableCache keeps fast tables for as long as the Huffman tables they were built from stay the same: cameras send the same
// ones with every frame.
type tableCache[T any, P builder[T]] []cached[T]

type builder[T any] interface {
	*T
	build(dc, ac *huffman)
}

type cached[T any] struct {
	tables               *T
	dc, ac               int // numbers of the Huffman tables
	dcVersion, acVersion int // what the tables were built from
}

// of returns the tables for a pair of Huffman tables of d, built anew if one has changed.
func (c *tableCache[T, P]) of(d *jpegDecoder, dc, ac int) *T {
	i := 0
	for i < len(*c) && ((*c)[i].dc != dc || (*c)[i].ac != ac) {
		i++
	}
	if i == len(*c) {
		*c = append(*c, cached[T]{tables: new(T), dc: dc, ac: ac})
	}
	e := &(*c)[i]
	if e.dcVersion != d.dc[dc].version || e.acVersion != d.ac[ac].version {
		P(e.tables).build(&d.dc[dc].huffman, &d.ac[ac].huffman)
		e.dcVersion, e.acVersion = d.dc[dc].version, d.ac[ac].version
	}
	return e.tables
}
