package recorder_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"signet/agent/ownership/ownershiptest"
	"signet/capture"
	"signet/capture/moment"
	"signet/capture/motion"
	"signet/certs"
	"signet/uplink/spool"
)

// flicker changes the scene n times, d apart; the pictures are numbered from 1.
func (w *world) flicker(n int, d time.Duration) {
	start := capture.Now()
	for i := range n {
		at := start.Add(time.Duration(i) * d)
		w.SceneChanged(motion.Stamp{At: at}, moment.Thumbnail{JPEG: fmt.Appendf(nil, "picture %d", i+1)})
		time.Sleep(d)
	}
}

// pictureOf opens a record's thumbnail; it is empty where there is none.
func (w *world) pictureOf(e spool.Entry) string {
	w.t.Helper()
	rec := verified(w.t, w.rig, e)
	for i, m := range rec.Media { // all of them inline
		if m.Kind != certs.Thumbnail {
			continue
		}
		b, err := certs.Open(e.Media[i], certs.MaxPart, w.rig.Owner.Identity)
		if err != nil {
			w.t.Fatal(err)
		}
		return string(b)
	}
	return ""
}

// A scene change is a tamper record of a camera without event, with a picture, all of it sealed.
func TestASceneChangeIsToldWithAPicture(t *testing.T) {
	rig := ownershiptest.New(t)
	rig.Claim(t)
	w := newWorld(t, rig)
	w.Camera(capture.Info{Name: "x"}, "Hall")
	event := moment.Event{N: 1, Start: capture.Now()}
	w.Started(event, moment.Thumbnail{})
	ago := 10 * time.Second
	w.SceneChanged(motion.Stamp{At: capture.Now().Add(-ago)}, moment.Thumbnail{JPEG: []byte("darkness"), At: time.Second})
	w.finish()
	entries, records := w.entries(), w.records()
	i := slices.IndexFunc(records, func(r *certs.SignedRecord) bool { return r.Type == certs.Tamper })
	if i < 0 {
		t.Fatalf("no tamper record in %v", types(records))
	}
	rec, e := records[i], entries[i]
	f := w.factsOf(e)[0]
	if rec.Event != nil || f.Reason != "scene change" || f.Camera == nil || f.Camera.Name != "Hall" {
		t.Errorf("record of event %v with facts %+v", rec.Event, f)
	}
	if got := w.pictureOf(e); got != "darkness" {
		t.Errorf("its picture is %q", got)
	}
	for _, b := range append(e.Media, e.Record) {
		if bytes.Contains(b, []byte("darkness")) || bytes.Contains(b, []byte("scene")) {
			t.Error("something of it is in clear")
		}
	}
	if d := time.Duration(capture.Now()) - time.Duration(rec.MonoMs)*time.Millisecond - ago; d.Abs() > 2*time.Second {
		t.Errorf("dated %v off", d)
	}
	if !w.Recording() {
		t.Error("it ended an event")
	}
}

// However often the scene changes, that is told once a minute, six times an hour, and how often it was.
func TestALampThatFlickersIsToldSixTimesAnHour(t *testing.T) {
	running(t, func(t *testing.T, w *world) {
		w.flicker(1, time.Second)
		w.wants("scene change")
		w.flicker(30, time.Second)
		w.wants("scene change")
		time.Sleep(31 * time.Second)
		want := []string{"scene change", "scene change, 30 times in a minute"}
		w.wants(want...)
		if got := w.pictureOf(w.entries()[3]); got != "picture 30" {
			t.Errorf("the picture is %q, want the newest", got)
		}
		w.flicker(3600, time.Second)
		if n := len(w.told()); n != 8 { // the first two are more than an hour ago
			t.Errorf("%d records in an hour and two minutes", n)
		}
		before := len(w.told())
		w.flicker(5*3600, time.Second)
		if n := len(w.told()) - before; n != 5*6 {
			t.Errorf("%d records in five hours", n)
		}
		time.Sleep(2 * time.Hour)
		before = len(w.told())
		w.flicker(1, time.Second)
		w.flicker(1, time.Minute)
		time.Sleep(time.Second)
		synctest.Wait()
		if got, want := w.told()[before:], []string{"scene change", "scene change"}; !slices.Equal(got, want) {
			t.Errorf("after a quiet time: %q, want %q", got, want)
		}
	})
}

// What is counted at the end is told then, and of a camera that nobody owns nothing is.
func TestSceneChangesAtTheEndAndOfNobody(t *testing.T) {
	rig := ownershiptest.New(t)
	w := newWorld(t, rig)
	w.SceneChanged(motion.Stamp{At: capture.Now()}, moment.Thumbnail{JPEG: []byte("x")})
	rig.Claim(t)
	if err := w.Announce(rig.State); err != nil {
		t.Fatal(err)
	}
	w.finish()
	if got := w.told(); len(got) != 0 {
		t.Errorf("told are %q", got)
	}
	start := capture.Now()
	for i := range 3 {
		w.SceneChanged(motion.Stamp{At: start.Add(time.Duration(i) * 2 * time.Minute)}, moment.Thumbnail{})
	}
	w.Recorder.Lane(1).SceneChanged(motion.Stamp{At: start}, moment.Thumbnail{})
	w.finish()
	if got, want := w.told(), []string{"scene change", "scene change", "scene change, 2 times in 2 minutes"}; !slices.Equal(got, want) {
		t.Errorf("told are %q, want %q", got, want)
	}
	for _, rec := range w.records() {
		for _, m := range rec.Media {
			if m.Kind == certs.Thumbnail {
				t.Error("a thumbnail, though there was no picture")
			}
		}
	}
}
