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

// Whatever happens to one camera, again and again, the other records as if it were alone.
func TestOneCameraFailsAndTheOtherRecords(t *testing.T) {
	for name, bad := range map[string]act{
		"is not there": {err: errNone},
		"goes":         {frames: 1, lasts: 100 * time.Millisecond},
		"panics":       {frames: 1, lasts: 100 * time.Millisecond, panics: true},
		"is silent":    {},
	} {
		t.Run(name, func(t *testing.T) {
			broken, good := &stage{acts: []act{bad}}, &stage{acts: []act{{frames: midWalk()}}}
			p := play(t, silent, 5*time.Minute, broken, good)
			if got := p.of(1); !slices.Equal(got, wholeEvent) {
				t.Errorf("the other camera's records are %v", got)
			}
			if n := len(good.openings()); n != 1 || p.reports[1].Error != "" || p.reports[1].Frames != uint64(midWalk()) {
				t.Errorf("the other camera was opened %d times: %+v", n, p.reports[1])
			}
			if bad == (act{}) {
				return
			}
			if n := len(broken.openings()); n < 10 || p.reports[0].Error == "" {
				t.Errorf("the broken one was opened %d times: %+v", n, p.reports[0])
			}
		})
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
