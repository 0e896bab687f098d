package spool

import (
	"slices"
	"testing"
)

// A new owner hears nothing of a former one's gaps, and everything of his own.
func TestGapsOfAFormerOwner(t *testing.T) {
	s, err := open(newFlash(), Options{MaxBytes: 16 << 10, MaxEntries: 64, segBytes: 1 << 10})
	if err != nil {
		t.Fatal(err)
	}
	s.known.note(note{noteFull, Range{1, 3, 8}})
	s.known.note(note{noteFull, Range{2, 1, 6}})
	s.Former(Position{2, 4})
	if got, want := s.Gaps(9), []Gap{{Range{2, 5, 6}, Full}}; !slices.Equal(got, want) {
		t.Errorf("gaps are %v, want %v", got, want)
	}
}

// A full spool gives up what a former owner left before anything of the present one, urgent or not.
func TestFormerOwnersRecordsGoFirst(t *testing.T) {
	w := newWorld(t)
	w.opt.MaxEntries = 1000
	for range 40 {
		w.append(Urgent, 20)
	}
	w.sell(1 << 20)
	sold := w.former
	for range 400 {
		w.append(Grouped, 20)
		if p := positions(w.s)[0]; p.Compare(sold) > 0 {
			break
		}
		if n := len(w.s.Gaps(1)); n > 0 {
			t.Fatalf("a gap while the former owner's records are there: %v", w.s.Gaps(1))
		}
	}
	if d := w.s.Stats().Dropped; d != 40 {
		t.Errorf("dropped %d records, the former owner's were 40", d)
	}
}

// Dropping leaves what comes after, readable, and survives a restart.
func TestDrop(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		w.append(Urgent, 5)
	}
	w.sell(1)
	w.drop()
	want := []Position{{1, 3}}
	if got := positions(w.s); !slices.Equal(got, want) {
		t.Fatalf("pending are %v, want %v", got, want)
	}
	w.append(Urgent, 5)
	w.lose(nil)
	if got := positions(w.s); !slices.Equal(got, append(want, Position{1, 4})) {
		t.Errorf("after a restart pending are %v", got)
	}
	if g := w.s.Gaps(9); len(g) > 0 {
		t.Errorf("gaps of what was dropped: %v", g)
	}
}
