package daemon

import (
	"slices"
	"strings"
	"testing"
	"time"

	"signet/agent/ownership/ownershiptest"
	"signet/certs"
)

var wholeEvent = []certs.RecordType{certs.Started, certs.Part, certs.Ended}

// Whatever happens to other cameras, again and again, one records as if it were alone.
func TestCamerasFailAndTheOtherRecords(t *testing.T) {
	broken := []act{
		{err: errNone},
		{frames: 1, lasts: 100 * time.Millisecond},
		{frames: 1, lasts: 100 * time.Millisecond, panics: true},
		{panics: true}, // when it is opened
		{},             // opened, and then silent
	}
	good := &stage{acts: []act{{frames: midWalk()}}}
	stages := []*stage{good}
	for _, b := range broken {
		stages = append(stages, &stage{acts: []act{b}})
	}
	p := play(t, silent, 2*time.Minute, stages...)
	if got := p.of(0); !slices.Equal(got, wholeEvent) {
		t.Errorf("its records are %v", got)
	}
	if r := p.reports[0]; len(good.openings()) != 1 || r.Error != "" || r.Frames != uint64(midWalk()) {
		t.Errorf("it was opened %d times: %+v", len(good.openings()), r)
	}
	for i, s := range stages[1:] {
		if broken[i] == (act{}) {
			continue
		}
		working := broken[i].frames > 0 // it may be just then
		if n := len(s.openings()); n < 6 || p.reports[i+1].Error == "" && !working {
			t.Errorf("broken one %d was opened %d times: %+v", i, n, p.reports[i+1])
		}
	}
}

// An event that a panic interrupts ends, and the tamper record names it.
func TestAPanicEndsItsEvent(t *testing.T) {
	s := &stage{acts: []act{{frames: midWalk(), panics: true, lasts: time.Second}, {frames: 1}}}
	p := play(t, silent, time.Minute, s)
	if got := p.of(0); !slices.Equal(got, []certs.RecordType{certs.Started, certs.Part, certs.Tamper, certs.Ended}) {
		t.Errorf("records are %v", got)
	}
}

// The daemon runs two cameras, one of them broken, and tells of both.
func TestDaemonOfTwoCameras(t *testing.T) {
	rig, log := ownershiptest.New(t), &journal{}
	rig.Claim(t)
	cfg := config(rig, &stage{acts: []act{{err: errNone}}}, log)
	cfg.Cameras = append(cfg.Cameras, Camera{Source: &stage{acts: []act{{frames: midWalk()}}}, Spec: "other", Name: "Yard"})
	d, end := start(t, cfg)
	eventually(t, "an event runs", func() bool { return d.recorder.Recording() && d.recorder.Counters().Records > 2 })
	cameras := d.Report().Cameras
	if len(cameras) != 2 || cameras[0].Error != errNone.Error() || cameras[1].Error != "" || cameras[1].Name != "Yard" || cameras[1].Frames == 0 {
		t.Errorf("the report is %+v", cameras)
	}
	end()
	want := []certs.RecordType{certs.Claimed, certs.Online, certs.Started, certs.Part, certs.Ended}
	if got := types(reopen(t, rig)); !slices.Equal(got, want) {
		t.Errorf("durable are %v, want %v", got, want)
	}
	if !strings.Contains(log.String(), `err="no camera here" hint="" camera=0`) && !strings.Contains(log.String(), `camera=0 err="no camera here"`) {
		t.Errorf("the log does not say which camera: %s", log.String())
	}
}
