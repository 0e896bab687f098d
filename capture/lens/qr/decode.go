package qr

import (
	"math/bits"

	"rsc.io/qr/coding"
)

// modules are those of a code, row by row; 1 is dark.
type modules struct {
	side int
	bit  []byte
}

// sample reads the modules at a grid.
func (m *modules) sample(p *Picture, g *grid, side int) {
	m.side, m.bit = side, m.bit[:0]
	for row := range side {
		for col := range side {
			x, y := g.at(float64(col)+0.5, float64(row)+0.5)
			var b byte
			if p.at(x, y) > 0 {
				b = 1
			}
			m.bit = append(m.bit, b)
		}
	}
}

// transpose exchanges rows and columns, as a mirror does.
func (m *modules) transpose() {
	for y := range m.side {
		for x := range y {
			a, b := &m.bit[y*m.side+x], &m.bit[x*m.side+y]
			*a, *b = *b, *a
		}
	}
}

// decode returns the text of the modules, mirrored or not.
func (m *modules) decode(version int) (string, bool) {
	if text, ok := m.straight(version); ok {
		return text, true
	}
	m.transpose()
	return m.straight(version)
}

func (m *modules) straight(version int) (string, bool) {
	level, mask, ok := m.format()
	if !ok {
		return "", false
	}
	plan, err := coding.NewPlan(coding.Version(version), level, mask)
	if err != nil || len(plan.Pixel) != m.side {
		return "", false
	}
	data := make([]byte, plan.DataBytes+plan.CheckBytes)
	for y, row := range plan.Pixel {
		for x, pixel := range row {
			if role := pixel.Role(); role != coding.Data && role != coding.Check {
				continue
			}
			bit := m.bit[y*m.side+x]
			if pixel&coding.Invert != 0 {
				bit ^= 1
			}
			o := pixel.Offset()
			data[o/8] |= bit << (7 - o%8)
		}
	}
	if !correct(data, plan.DataBytes, plan.Blocks) {
		return "", false
	}
	return text(data[:plan.DataBytes], version)
}

// format reads the level and the mask, which stand in a code twice, of fifteen bits of which three may be wrong (ISO/IEC 18004,
// 7.9).
func (m *modules) format() (level coding.Level, mask coding.Mask, ok bool) {
	var read [2]uint32
	at := func(row, col int) uint32 { return uint32(m.bit[row*m.side+col]) }
	for i := range 15 {
		row, col := i, 8
		switch {
		case i == 6 || i == 7:
			row = i + 1
		case i == 8:
			row, col = 8, 7
		case i > 8:
			row, col = 8, 14-i
		}
		read[0] |= at(row, col) << i
		row, col = 8, m.side-1-i
		if i >= 8 {
			row, col = m.side-15+i, 8
		}
		read[1] |= at(row, col) << i
	}
	least := 4
	for v := range uint32(32) {
		for _, r := range read {
			if n := bits.OnesCount32(r ^ formatBits(v)); n < least {
				least, level, mask = n, coding.Level(v>>3^1), coding.Mask(v&7)
			}
		}
	}
	return level, mask, least < 4
}

// formatBits returns five bits with their check bits, as they stand in a code.
func formatBits(v uint32) uint32 {
	const polynomial, pattern = 0x537, 0x5412
	rest := v << 10
	for i := 14; i >= 10; i-- {
		if rest>>i&1 != 0 {
			rest ^= polynomial << (i - 10)
		}
	}
	return (v<<10 | rest) ^ pattern
}
