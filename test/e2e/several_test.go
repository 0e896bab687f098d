package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"signet/agent/status"
	"signet/test/rig"
)

// TestSeveralCameras has three cameras on one device, of which one is never there. The events of the others run at the
// same time, each with its camera's name, and each camera can be watched.
func TestSeveralCameras(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	s := newSite(t, rig.Config{Camera: "generated", Agent: `name = "Front"
[[camera]]
source = "/dev/video99"
name = "Attic"
[[camera]]
source = "generated"
name = "Yard"
`})
	s.start(s.StartCloud, s.StartAgent, s.StartOwner)
	b.open(s.link())
	of := func(name string) string {
		return `[...document.querySelectorAll('[data-testid=event]')].filter(e => e.innerText.includes(` + "`" + name + "`" + `))`
	}
	b.await(60*time.Second, "an event of each camera runs at the same time",
		of("Front")+`.some(e => e.dataset.state == "running") && `+of("Yard")+`.some(e => e.dataset.state == "running")`)
	b.await(60*time.Second, "both end", of("Front")+`.some(e => e.dataset.state == "ended") && `+of("Yard")+`.some(e => e.dataset.state == "ended")`)
	b.shot("events")

	live(b)
	eval[bool](b, `(() => { const s = document.querySelector('[data-testid=lens]');
		s.value = [...s.options].find(o => o.text == "Yard").value; s.dispatchEvent(new Event("change")); return true })()`)
	b.await(20*time.Second, "the live view of the other camera moves",
		`(c => !c.hidden && c.getAttribute("aria-label") == "Yard, live" && Number(c.dataset.frames) >= 10)(document.querySelector('[data-testid=live-canvas]'))`)
	b.shot("live")
	if !slices.ContainsFunc(s.said(), func(l string) bool {
		return strings.Contains(l, `msg="live view" `) && strings.Contains(l, " camera=2 ")
	}) {
		t.Error("the agent did not show its camera 2")
	}

	r, err := status.Read(t.Context(), s.Path("camera"))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Cameras) != 3 || r.Cameras[1].Error == "" || r.Cameras[0].Frames == 0 || r.Cameras[2].Frames == 0 {
		t.Errorf("status says %+v", r.Cameras)
	}
	list, err := s.OwnerCommand(t.Context(), "list")
	if err != nil || !strings.Contains(list, "  Front  ") || !strings.Contains(list, "  Yard ") {
		t.Errorf("signet-owner lists %v\n%s", err, list)
	}
}
