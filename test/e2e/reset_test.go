package e2e

import (
	"testing"

	"signet/test/rig"
)

// TestResetWithoutRelease takes a camera from its owner by a reset. The next claim waits, the owner is told and objects,
// and the claim is refused; his release ends that, and the next owner gets what the camera has seen meanwhile.
func TestResetWithoutRelease(t *testing.T) {
	t.Parallel()
	st := newStage(t)
	s := newSite(t, rig.Config{Camera: st.folder, Agent: quick})
	s.start(s.StartCloud, s.StartAgent, s.StartOwner)
	frank := &person{browser: newBrowser(t), site: s} // his page comes from his own machine
	frank.name = "frank"
	frank.open(s.link())
	frank.isIn()
	frank.await(patient, "the camera is shown", frank.card())
	his := frank.seesAWalk(st)
	frank.awaitEnded(his)

	if out, err := s.AgentCommand(t.Context(), "reset", "--yes"); err != nil {
		t.Fatalf("reset: %v\n%s", err, out)
	}
	s.awaitUnowned()
	frank.isTold("Somebody has reset this camera")
	frank.shot("reset")

	grete := s.person(t, "grete")
	grete.makesAKey()
	grete.offersACode(st)
	grete.await(patient, "the page shows what the camera sees", step("view"))
	st.nobody()
	grete.click("claim-yes")
	grete.await(patient, "the page says that the claim waits", step("contested"))
	grete.shot("waits")
	frank.isTold("Somebody else claims this camera")
	frank.shot("contested")
	st.somebodyWalks() // what the camera sees meanwhile is for grete, if anybody
	s.awaitRecord("ended", 2)
	grete.noEvents()

	frank.click("notice")
	frank.click("about-lost")
	frank.shot("lost-question")
	frank.click("about-lost-yes")
	frank.isTold("Marked as lost")
	frank.shot("lost")
	grete.await(patient, "the page says that the claim is refused", step("stopped")+` && document.querySelector('[data-testid=claim-problem]')`)
	grete.shot("refused")
	grete.do(patient, "close the sheet", pressEscape)
	grete.await(patient, "the camera is shown as refused", `document.querySelector('[data-testid=pending]')?.innerText.includes("Refused")`)
	grete.shot("pending")
	grete.noEvents()

	frank.click("about-release")
	frank.shot("release")
	frank.click("about-release-yes")
	grete.await(patient, "the camera is hers", grete.card())
	seen := grete.seesAfter(nil)
	grete.shot("owns")
	next := grete.seesAWalk(st)
	grete.shot("event")
	grete.noneOf(his)
	frank.noneOf(seen, next)
	frank.sees(his)
	frank.shot("afterwards")
	grete.noneRefused()
	frank.noneRefused()
}

// isTold waits until the first camera's card tells its owner something.
func (p *person) isTold(what string) {
	p.t.Helper()
	p.await(patient, p.name+" is told: "+what, `document.querySelector('[data-testid=notice]:not([hidden])')?.innerText.includes("`+what+`")`)
}

// noEvents checks that the page knows of none.
func (p *person) noEvents() {
	p.t.Helper()
	if n := eval[int](p.browser, `document.querySelectorAll('[data-testid=event]').length`); n != 0 {
		p.shot("failed")
		p.t.Errorf("%s's page knows %d events", p.name, n)
	}
}
