package media

import (
	"net/http"
	"slices"
	"testing"

	"signet/certs"
)

// A part that the cloud forbids for a day is given up.
func TestForbiddenForEver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.front = func(rw http.ResponseWriter, r *http.Request) bool {
		rw.WriteHeader(http.StatusForbidden)
		return true
	}
	w.cloud.StartTLS()
	q := w.queue(w.config())
	p := newPiece(1, 1000)
	w.add(q, p)
	q.Bound(p.rng())
	for range maxForbidden {
		next, bound, _ := q.next(q.parts[0].after)
		q.upload(t.Context(), next, bound)
	}
	if st := q.Stats(); st.Parts != 1 {
		t.Fatalf("given up within a day: %+v", st)
	}
	q.parts[0].forbidden = q.parts[0].forbidden.Add(-forbiddenFor)
	next, bound, _ := q.next(q.parts[0].after)
	q.upload(t.Context(), next, bound)
	if st := q.Stats(); st.Parts != 0 || st.Dropped != 1 {
		t.Errorf("after a day: %+v", st)
	}
	if q.tell(); !slices.Equal(w.dropped(), []certs.Position{p.pos}) {
		t.Error("it is not told")
	}
}
