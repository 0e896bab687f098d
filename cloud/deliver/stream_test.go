package deliver

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"signet/certs"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
	"signet/cloud/mail"
)

// A viewer whom the owner has removed gets no record that is passed on after the word of it, although the stream has not
// looked again yet.
func TestWordOfMailComesBeforeRecords(t *testing.T) {
	k := newDesk(t)
	w, viewer := cloudtest.NewCamera(t, k.fleet).Claim(cloudtest.Owner(t), 1), cloudtest.Owner(t)
	r := w.Record(certs.Tamper)
	if _, err := k.js.Publish(t.Context(), engine.RecordSubject(&r.Record), cloudtest.Message(t, r)); err != nil {
		t.Fatal(err)
	}
	key, _, err := certs.ParseSPKI(w.Owner.SPKI)
	if err != nil {
		t.Fatal(err)
	}
	raw := w.Policy(1, cloudtest.Viewer(viewer, certs.ScopeClips, 1))
	p, err := certs.ParsePolicy(raw, key)
	if err != nil {
		t.Fatal(err)
	}
	for _, told := range []bool{false, true} {
		s := &session{key: viewer.ID, expires: time.Now().Add(time.Hour)}
		l := k.news.join(s)
		w := httptest.NewRecorder()
		f := &follower{
			Deliver: k.Deliver, listener: l, w: w, ctl: http.NewResponseController(w), next: 1,
			arrivals: map[certs.OwnerID]unsubscriber{}, cameras: map[certs.DeviceID]unsubscriber{},
			told: make(chan *nats.Msg, 1), post: make(chan struct{}, 1),
		}
		f.sight = &sight{s, []*mail.Policy{{Policy: p, Raw: raw}}} // as it was
		f.prefixes = f.sight.reach()
		if told {
			f.post <- struct{}{}
		}
		if err := f.woken(t.Context()); err != nil {
			t.Fatal(err)
		}
		if passed := strings.Contains(w.Body.String(), "event: record"); passed == told {
			t.Errorf("told %v: a record is passed on: %v", told, passed)
		}
		f.close()
		k.news.leave(l)
	}
}
