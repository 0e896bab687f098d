package recorder_test

import (
	"slices"
	"testing"
	"time"

	"signet/agent/ownership/ownershiptest"
	"signet/capture"
	"signet/capture/moment"
	"signet/certs"
	"signet/uplink/spool"
)

// factsOf opens every facts entry of a record.
func (w *world) factsOf(e spool.Entry) (all []*certs.Facts) {
	w.t.Helper()
	rec := verified(w.t, w.rig, e)
	i := 0
	for _, m := range rec.Media {
		if !m.Kind.Inline() {
			continue
		}
		sealed := e.Media[i]
		i++
		if m.Kind != certs.FactsMedia {
			continue
		}
		b, err := certs.Open(sealed, certs.MaxPart, w.rig.Owner.Identity)
		if err != nil {
			w.t.Fatal(err)
		}
		f, err := certs.ParseFacts(b)
		if err != nil {
			w.t.Fatal(err)
		}
		if err := f.Belong(&rec.Record); err != nil {
			w.t.Error(err)
		}
		all = append(all, f)
	}
	return all
}

// Events of two cameras overlap. Each record is of one of them, names its camera, and is dated by its camera's clock.
func TestEventsOfTwoCamerasOverlap(t *testing.T) {
	rig := ownershiptest.New(t)
	rig.Claim(t)
	w := newWorld(t, rig)
	clocks := []time.Duration{0, time.Hour} // that they are ahead
	now := capture.Now()
	event := func(camera int, ago time.Duration) moment.Event {
		start := now.Add(clocks[camera] - ago)
		return moment.Event{N: 1, Start: start, End: start.Add(time.Second)}
	}
	front, yard := w.Recorder.Lane(0), w.Recorder.Lane(1)
	front.Camera(capture.Info{Name: "a"}, "Front")
	yard.Camera(capture.Info{Name: "b"}, "")
	front.Frame(&capture.Frame{Mono: now.Add(clocks[0])})
	yard.Frame(&capture.Frame{Mono: now.Add(clocks[1])})
	first, second := event(0, 20*time.Second), event(1, 10*time.Second)
	front.Started(first, moment.Thumbnail{})
	yard.Started(second, moment.Thumbnail{})
	yard.Part(second, moment.Part{Data: []byte("b"), MIME: "video/mp4"})
	front.Part(first, moment.Part{Data: []byte("a"), MIME: "video/mp4"})
	front.Ended(first, moment.Thumbnail{}, moment.Facts{})
	if !w.Recording() {
		t.Error("nothing is recorded while the second event runs")
	}
	yard.Tamper("camera gone")
	if w.Recording() {
		t.Error("an event still runs")
	}
	w.finish()

	entries := w.entries()[4:] // after claimed, online and two more of online
	want := []certs.RecordType{certs.Started, certs.Started, certs.Part, certs.Part, certs.Ended, certs.Tamper, certs.Ended}
	cameras := []int{0, 1, 1, 0, 0, 1, 1}
	ids := map[int]certs.EventID{}
	records := w.records()[4:]
	if got := types(records); !slices.Equal(got, want) {
		t.Fatalf("records are %v, want %v", got, want)
	}
	for i, rec := range records {
		camera := cameras[i]
		if id, known := ids[camera]; known && id != *rec.Event {
			t.Errorf("record %d is of another event", i)
		}
		ids[camera] = *rec.Event
		for _, f := range w.factsOf(entries[i]) {
			if f.Camera.Number != uint64(camera) || f.Camera.Name != []string{"Front", "b"}[camera] {
				t.Errorf("record %d is of camera %d, %q", i, f.Camera.Number, f.Camera.Name)
			}
		}
	}
	if ids[0] == ids[1] {
		t.Error("two cameras share an event")
	}
	for i, ago := range []time.Duration{20 * time.Second, 10 * time.Second} {
		at := time.Duration(records[i].MonoMs) * time.Millisecond
		if d := time.Duration(now) - at - ago; d.Abs() > 100*time.Millisecond {
			t.Errorf("event of camera %d is dated %v off", i, d)
		}
	}
}

// An online record tells of every camera that there is, and again of all when one comes.
func TestOnlineTellsOfEveryCamera(t *testing.T) {
	rig := ownershiptest.New(t)
	rig.Claim(t)
	w := newWorld(t, rig)
	w.Recorder.Lane(1).Camera(capture.Info{Name: "second"}, "Yard")
	w.Recorder.Lane(0).Camera(capture.Info{Name: "first"}, "")
	w.finish()
	names := func(e spool.Entry) (all []string) {
		for _, f := range w.factsOf(e) {
			all = append(all, f.Camera.Name)
		}
		return all
	}
	entries := w.entries()
	if got := names(entries[1]); len(got) != 0 {
		t.Errorf("cameras that were not there yet: %q", got)
	}
	if got := names(entries[len(entries)-1]); !slices.Equal(got, []string{"first", "Yard"}) {
		t.Errorf("the last record tells of %q", got)
	}
}

func TestAFrameCostsNothing(t *testing.T) {
	w := newWorld(t, ownershiptest.New(t))
	f := &capture.Frame{Mono: capture.Now(), Data: make([]byte, 1000)}
	if n := testing.AllocsPerRun(100, func() { w.Frame(f) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}
