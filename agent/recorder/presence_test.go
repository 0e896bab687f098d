package recorder_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"signet/agent/ownership/ownershiptest"
	"signet/capture"
	"signet/certs"
)

// told lists the records after the first two, a tamper record by what it says.
func (w *world) told() (all []string) {
	w.t.Helper()
	for _, e := range w.entries()[2:] {
		rec := verified(w.t, w.rig, e)
		if rec.Type == certs.Tamper {
			all = append(all, w.factsOf(e)[0].Reason)
			continue
		}
		all = append(all, rec.Type.String())
	}
	return all
}

func (w *world) wants(want ...string) {
	w.t.Helper()
	synctest.Wait()
	if got := w.told(); !slices.Equal(got, want) {
		w.t.Fatalf("told are\n%q, want\n%q", got, want)
	}
}

// flap has the camera go and come back n times, d apart.
func (w *world) flap(n int, d time.Duration, reason string) {
	for range n {
		w.Tamper(reason)
		w.Camera(capture.Info{Name: "x"}, "")
		time.Sleep(d)
	}
}

// However often a camera goes, the first time is told at once, and all others are told, counted, once a minute.
func TestACameraThatFlapsIsToldOnceAMinute(t *testing.T) {
	running(t, func(t *testing.T, w *world) {
		w.Camera(capture.Info{Name: "x"}, "")
		w.flap(1, 0, "camera gone")
		w.wants("online", "camera gone", "online")
		w.flap(58, time.Second, "camera gone")
		w.wants("online", "camera gone", "online")
		time.Sleep(3 * time.Second)
		w.wants("online", "camera gone", "online", "camera gone, 58 times in the last minute", "online")
		w.flap(2, time.Second, "camera gone")
		w.flap(1, time.Second, "camera failed")
		time.Sleep(time.Minute)
		w.wants("online", "camera gone", "online", "camera gone, 58 times in the last minute", "online",
			"camera gone, 2 times; camera failed, once in the last minute", "online")
		time.Sleep(time.Hour)
		before := len(w.told())
		w.flap(599, time.Second, "camera gone")
		if n := len(w.told()) - before; n < 18 || n > 22 {
			t.Errorf("%d records of ten minutes", n)
		}
	})
}

// One that happened again while its minute ran is told as it was and dated when it was.
func TestASecondOutageIsToldWhenItsMinuteIsOver(t *testing.T) {
	running(t, func(t *testing.T, w *world) {
		w.flap(1, 20*time.Second, "camera gone")
		second := time.Now()
		w.Tamper("camera failed")
		time.Sleep(42 * time.Second)
		w.wants("camera gone", "online", "camera failed") // it is not back: not online
		records := w.records()
		if d := time.UnixMilli(int64(records[len(records)-1].Wall.UnixMs)).Sub(second); d.Abs() > time.Second {
			t.Errorf("dated %v off", d)
		}
		time.Sleep(time.Hour)
		w.Camera(capture.Info{Name: "x"}, "")
		w.wants("camera gone", "online", "camera failed", "online")
	})
}

func TestAnOnlineRecordTellsSomethingNew(t *testing.T) {
	running(t, func(t *testing.T, w *world) {
		show := func(name string) { w.Camera(capture.Info{Name: name}, "") }
		for range 3 {
			show("x")
			time.Sleep(time.Hour)
		}
		w.wants("online")
		for _, name := range []string{"a", "b", "c"} {
			show(name)
			time.Sleep(time.Second)
		}
		w.wants("online", "online")
		time.Sleep(time.Minute)
		w.wants("online", "online", "online")
		entries := w.entries()
		if name := w.factsOf(entries[len(entries)-1])[0].Camera.Name; name != "c" {
			t.Errorf("the last one tells of %q", name)
		}
	})
}

func TestCamerasFlapEachByItself(t *testing.T) {
	running(t, func(t *testing.T, w *world) {
		w.flap(2, time.Second, "camera gone")
		w.Recorder.Lane(1).Tamper("camera failed")
		w.wants("camera gone", "online", "camera failed")
	})
}

// Announce tells of the cameras that there are; that is not told again, and what was counted at the end is told.
func TestPresenceAtStartAndEnd(t *testing.T) {
	rig := ownershiptest.New(t)
	w := newWorld(t, rig)
	w.Camera(capture.Info{Name: "x"}, "")
	rig.Claim(t)
	if err := w.Announce(rig.State); err != nil {
		t.Fatal(err)
	}
	w.Camera(capture.Info{Name: "x"}, "")
	w.finish()
	if got := w.told(); len(got) != 0 {
		t.Errorf("told anew: %q", got)
	}
	w.flap(5, 0, "camera gone")
	w.finish()
	if got, want := w.told(), []string{"camera gone", "online", "camera gone, 4 times in the last minute", "online"}; !slices.Equal(got, want) {
		t.Errorf("told are %q, want %q", got, want)
	}
}

// A policy is told of although nothing happens, once, and not where another record has told of it.
func TestAPolicyIsTold(t *testing.T) {
	running(t, func(t *testing.T, w *world) {
		w.Camera(capture.Info{Name: "x"}, "")
		w.wants("online")
		for _, version := range []uint64{2, 3} {
			w.policy(version)
			time.Sleep(time.Hour)
			records := w.records()
			if v := records[len(records)-1].PolicyVersion; v != version {
				t.Errorf("the last record tells of policy %d, not %d", v, version)
			}
		}
		w.wants("online", "online", "online")
		w.policy(4)
		w.Tamper("camera gone")
		time.Sleep(time.Hour)
		w.wants("online", "online", "online", "camera gone")
	})
}

// policy brings the owner's next one into force.
func (w *world) policy(version uint64) {
	w.t.Helper()
	p := *w.rig.State.Terms().Policy
	p.Version = version
	raw, err := certs.SignPolicy(&p, w.rig.Owner.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.rig.State.Apply(raw); err != nil {
		w.t.Fatal(err)
	}
}
