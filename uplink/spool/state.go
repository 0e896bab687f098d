package spool

import (
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"slices"

	"signet/internal/order"
)

// The file "state" is notes of 32 bytes each: CRC-32C of the rest, kind, three zero bytes, boot,
// from, to. The first note is the boot counter. A note that does not hold is skipped. The file ends in zeros, to
// be overwritten by notes: so they can be written even when the file system is full, and what they
// free is removed.
const (
	stateName = "state"
	stateNew  = "state.new"
	noteSize  = 32
	spareRoom = 4 << 10 // bytes of zeros
	maxState  = 8 << 20 // bytes that are read
)

type noteKind uint8

const (
	noteBoot    noteKind = iota + 1 // boot: the counter
	noteLast                        // boot, from = to: the highest position known
	noteDone                        // acknowledged or refused: never sent again
	noteFull                        // a gap, not yet told to the cloud
	noteDamaged                     // likewise
	noteTold                        // a gap that a record speaks of
)

type note struct {
	kind noteKind
	Range
}

func (n note) append(b []byte) []byte {
	at := len(b)
	b = append(b, 0, 0, 0, 0, byte(n.kind), 0, 0, 0)
	for _, v := range []uint64{n.Boot, n.From, n.To} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	binary.LittleEndian.PutUint32(b[at:], checksum(0, b[at+4:]))
	return b
}

// parseNotes returns the notes in data that hold, how many do not, and where the zeros begin.
func parseNotes(data []byte) (notes []note, bad int, end int64) {
	le := binary.LittleEndian
	for at := 0; at+noteSize <= len(data); at += noteSize {
		b := data[at : at+noteSize]
		if [noteSize]byte(b) == [noteSize]byte{} {
			continue
		}
		end = int64(at) + noteSize
		n := note{noteKind(b[4]), Range{le.Uint64(b[8:]), le.Uint64(b[16:]), le.Uint64(b[24:])}}
		if le.Uint32(b) != checksum(0, b[4:]) || n.Boot == 0 || n.kind == 0 || n.kind > noteTold ||
			n.kind != noteBoot && (n.From == 0 || n.To < n.From || n.To == 1<<64-1) {
			bad++
			continue
		}
		notes = append(notes, n)
	}
	return notes, bad, end
}

// state is what is known of records that are no longer pending.
type state struct {
	boot uint64             // the counter
	last Position           // highest position known of any boot
	done map[uint64]*ranges // by boot: positions that are never sent again, gaps among them
	gaps []Gap              // not yet told
	todo []note             // not yet in the file
}

func (st *state) rangesOf(boot uint64) *ranges {
	r := st.done[boot]
	if r == nil {
		r = new(ranges)
		if st.done == nil {
			st.done = make(map[uint64]*ranges)
		}
		st.done[boot] = r
	}
	return r
}

// apply takes n in, as it is read or as it happens.
func (st *state) apply(n note) {
	if n.kind == noteTold {
		st.told(n.Range)
		return
	}
	st.boot = max(st.boot, n.Boot)
	if n.kind == noteBoot {
		return
	}
	if p := (Position{n.Boot, n.To}); p.Compare(st.last) > 0 {
		st.last = p
	}
	if n.kind == noteLast {
		return
	}
	st.rangesOf(n.Boot).add(n.From, n.To)
	switch n.kind {
	case noteFull:
		st.gap(Gap{n.Range, Full})
	case noteDamaged:
		st.gap(Gap{n.Range, Damaged})
	}
}

// note takes n in and leaves it for the file.
func (st *state) note(n note) {
	st.apply(n)
	// Mostly they come in order: let the note before grow.
	if l := len(st.todo); l > 0 && n.kind != noteTold {
		if p := &st.todo[l-1]; p.kind == n.kind && p.Boot == n.Boot && p.To+1 == n.From {
			p.To = n.To
			return
		}
	}
	st.todo = append(st.todo, n)
}

// gap takes g in, as a part of the gap before where it follows that.
func (st *state) gap(g Gap) {
	if l := len(st.gaps); l > 0 {
		if p := &st.gaps[l-1]; p.Cause == g.Cause && p.Boot == g.Boot && p.To+1 == g.From {
			p.To = g.To
			return
		}
	}
	st.gaps = append(st.gaps, g)
}

// notTold returns the gaps of which no record speaks yet.
func (st *state) notTold() []Gap { return slices.Clone(st.gaps) }

// told takes r out of the gaps.
func (st *state) told(r Range) {
	var left []Gap
	for _, g := range st.gaps {
		if g.Boot != r.Boot || g.To < r.From || g.From > r.To {
			left = append(left, g)
			continue
		}
		if g.From < r.From {
			left = append(left, Gap{Range{g.Boot, g.From, r.From - 1}, g.Cause})
		}
		if g.To > r.To {
			left = append(left, Gap{Range{g.Boot, r.To + 1, g.To}, g.Cause})
		}
	}
	st.gaps = left
}

// forget drops what is known of boots before the given one, of which no segment holds a record.
func (st *state) forget(before uint64) {
	for boot := range st.done {
		if boot < before {
			delete(st.done, boot)
		}
	}
}

// notes returns the whole state in as few notes as say it.
func (st *state) notes() []note {
	out := []note{{noteBoot, Range{Boot: st.boot}}}
	if st.last.N > 0 {
		out = append(out, note{noteLast, Range{st.last.Boot, st.last.N, st.last.N}})
	}
	for boot, r := range st.done {
		for _, s := range *r {
			out = append(out, note{noteDone, Range{boot, s.from, s.to}})
		}
	}
	order.By(out[1:], func(a, b note) int {
		return cmp.Or(cmp.Compare(a.Boot, b.Boot), cmp.Compare(a.From, b.From))
	})
	for _, g := range st.gaps {
		kind := noteFull
		if g.Cause == Damaged {
			kind = noteDamaged
		}
		out = append(out, note{kind, g.Range})
	}
	return out
}

// stateFile is the file "state".
type stateFile struct {
	dir   folder
	f     file
	end   int64
	dirty bool // written since the last sync
	moved bool // renamed since the last sync of the folder
}

// readState returns what the state file, or a newer one that was not renamed yet, says. bad counts notes
// that do not hold; found is false when there is no file at all.
func readState(dir folder) (st state, found bool, bad int, err error) {
	for _, name := range []string{stateName, stateNew} {
		data, err := readFile(dir, name, maxState)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return st, found, bad, err
		}
		notes, b, _ := parseNotes(data)
		if name == stateNew {
			// Never renamed, so nothing in it was relied on but perhaps the counter.
			for _, n := range notes {
				st.boot = max(st.boot, n.Boot)
			}
			continue
		}
		found = true
		bad += b
		for _, n := range notes {
			st.apply(n)
		}
	}
	return st, found, bad, nil
}

// replace writes a new state file, durably.
func (sf *stateFile) replace(notes []note) error {
	var b []byte
	for _, n := range notes {
		b = n.append(b)
	}
	end := int64(len(b))
	b = append(b, make([]byte, spareRoom)...)
	_ = sf.dir.remove(stateNew)
	f, err := sf.dir.open(stateNew, true)
	if err != nil {
		return err
	}
	if _, err = f.WriteAt(b, 0); err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = sf.dir.rename(stateNew, stateName)
	}
	if err != nil {
		f.Close()
		_ = sf.dir.remove(stateNew)
		return err
	}
	if sf.f != nil {
		sf.f.Close()
	}
	sf.f, sf.end, sf.dirty, sf.moved = f, end, false, true
	return sf.sync()
}

// recount overwrites only the counter, in place, for when there is no room for a new file.
func (sf *stateFile) recount(boot uint64) error {
	data, err := readFile(sf.dir, stateName, maxState)
	if err != nil {
		return err
	}
	_, _, end := parseNotes(data)
	if end == 0 {
		return io.ErrUnexpectedEOF
	}
	f, err := sf.dir.open(stateName, false)
	if err != nil {
		return err
	}
	if _, err = f.WriteAt(note{noteBoot, Range{Boot: boot}}.append(nil), 0); err == nil {
		err = f.Sync()
	}
	if err != nil {
		f.Close()
		return err
	}
	sf.f, sf.end, sf.dirty = f, end, false
	return nil
}

// append writes notes at the end, without a sync.
func (sf *stateFile) append(notes []note) error {
	if len(notes) == 0 {
		return nil
	}
	var b []byte
	for _, n := range notes {
		b = n.append(b)
	}
	if _, err := sf.f.WriteAt(b, sf.end); err != nil {
		return err
	}
	sf.end += int64(len(b))
	sf.dirty = true
	return nil
}

// sync makes all that was written durable.
func (sf *stateFile) sync() error {
	if sf.dirty {
		if err := sf.f.Sync(); err != nil {
			return err
		}
		sf.dirty = false
	}
	if sf.moved {
		if err := sf.dir.sync(); err != nil {
			return err
		}
		sf.moved = false
	}
	return nil
}

// readFile returns at most limit bytes of a file.
func readFile(dir folder, name string, limit int64) ([]byte, error) {
	f, err := dir.open(name, false)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.size()
	if err != nil {
		return nil, err
	}
	b := make([]byte, min(size, limit))
	n, err := f.ReadAt(b, 0)
	if err == io.EOF && n == len(b) {
		err = nil
	}
	return b[:n], err
}
