package daemon

import (
	"testing"

	"signet/agent/ownership/ownershiptest"
	"signet/certs"
)

// A clip part for which there was no room when the agent ended is told, once, when it runs again.
func TestPartsLostAtTheEndAreTold(t *testing.T) {
	rig, log := ownershiptest.New(t), &journal{}
	rig.Claim(t)
	cfg := config(rig, &stage{acts: []act{{frames: midWalk()}}}, log)
	cfg.MediaBytes = 1
	d, end := start(t, cfg)
	eventually(t, "an event runs", func() bool { return d.recorder.Recording() && d.recorder.Counters().Records > 2 })
	end()
	var lost []certs.Position
	for _, r := range reopen(t, rig) {
		if r.Type == certs.Part {
			lost = append(lost, r.Position)
		}
	}
	if len(lost) == 0 {
		t.Fatal("no part was recorded")
	}
	told := func(records []*certs.SignedRecord) (n int) {
		for _, r := range records {
			if r.Gap != nil && r.Gap.Reason == certs.GapMediaDropped && r.Gap.From.Boot == lost[0].Boot {
				n++
			}
		}
		return n
	}
	for range 2 {
		cfg.Cameras[0].Source = &stage{acts: []act{{frames: 1}}}
		d, end = start(t, cfg)
		eventually(t, "every lost part is told", func() bool { return told(verified(t, rig, d.spool)) >= len(lost) })
		end()
	}
	if n := told(reopen(t, rig)); n != len(lost) {
		t.Errorf("%d parts were lost, %d gaps tell of them", len(lost), n)
	}
}
