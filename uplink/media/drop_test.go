package media

import (
	"os"
	"slices"
	"testing"

	"signet/certs"
)

// What a former owner left goes from memory and flash, and nobody is told of a gap.
func TestDrop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.StartTLS()
	cfg := w.config()
	cfg.Dir = t.TempDir()
	q := w.queue(cfg)
	old, flashed, mine := newPiece(1, 100), newPiece(2, 100), newPiece(3, 100)
	w.add(q, flashed)
	q.ended = true // as when Run is over: everything goes to flash
	q.spillAll()
	q.ended = false
	w.add(q, old)
	w.add(q, mine)
	q.gone = append(q.gone, certs.Position{Boot: 1, N: 1}, mine.pos)

	if !q.Holds(flashed.pos) {
		t.Error("holds nothing of the former owner")
	}
	if n := q.Drop(flashed.pos); n != 2 {
		t.Errorf("dropped %d parts, not 2", n)
	}
	if q.Holds(flashed.pos) || !q.Holds(mine.pos) {
		t.Error("wrong parts were dropped")
	}
	if files, err := os.ReadDir(q.cfg.Dir); err != nil || len(files) > 0 {
		t.Errorf("on flash: %v, %v", files, err)
	}
	if !slices.Equal(q.gone, []certs.Position{mine.pos}) {
		t.Errorf("to be told: %v", q.gone)
	}
	if st := q.Stats(); st.RAM != 100 || st.Flash != 0 || st.Dropped != 2 {
		t.Errorf("stats: %+v", st)
	}
}
