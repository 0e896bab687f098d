package e2e

import (
	"fmt"
	"strings"
	"testing"

	"signet/agent/clock"
	"signet/test/rig"
)

// quick makes events end soon after the motion.
const quick = "\n[event]\npre_roll = \"1s\"\npost_roll = \"1s\"\n"

// free runs a cloud and a camera that nobody owns, before a stage.
func free(t *testing.T) (*stage, *site) {
	t.Helper()
	st := newStage(t)
	s := newSite(t, rig.Config{Camera: st.folder, Free: true, Agent: quick})
	s.start(s.StartCloud, s.StartAgent)
	return st, s
}

// owned lets somebody new make a key, claim the camera, and see its first event.
func owned(t *testing.T) (st *stage, s *site, anna *person, first string) {
	t.Helper()
	st, s = free(t)
	anna = s.person(t, "anna")
	anna.makesAKey()
	anna.claims(st)
	return st, s, anna, anna.seesAWalk(st)
}

// TestOneOwnerAfterTheOther claims a camera through its lens, has it released, and claimed by somebody else in the same
// way. Neither of the two sees anything of the other's time, on the page or behind it.
func TestOneOwnerAfterTheOther(t *testing.T) {
	t.Parallel()
	st, s, anna, hers := owned(t)
	anna.shot("first-event")
	anna.awaitEnded(hers)
	tapA := s.tap(t, anna)

	anna.letsGo()
	s.awaitUnowned()
	anna.shot("released")

	bob := s.person(t, "bob")
	bob.narrow() // a telephone
	bob.makesAKey()
	bob.claims(st)
	his := bob.seesAWalk(st)
	bob.shot("first-event")
	bob.awaitEnded(his)
	tapB := s.tap(t, bob)

	bob.noneOf(hers)
	anna.noneOf(his)
	anna.sees(hers)
	anna.do(patient, "load the page anew", reload)
	anna.isIn()
	anna.sees(hers)
	anna.noneOf(his)
	anna.shot("afterwards")
	bob.noneRefused()
	anna.noneRefused()

	s.apart(t, anna, bob)
	if a, b := anna.knowsOf(), bob.knowsOf(); a != 0 || b != 1 {
		t.Errorf("the former owner is told whether %d cameras are online, the present one of %d", a, b)
	}
	tapA.only(t, anna, 1)
	tapB.only(t, bob, 2)
}

// TestClaimFromTheOwnersMachine claims a camera in the page that signet-owner serves.
func TestClaimFromTheOwnersMachine(t *testing.T) {
	t.Parallel()
	st, s := free(t)
	if _, err := s.OwnerCommand(t.Context(), "init", "--cloud", "https://"+s.HTTPS(), "--ca", s.Fleet()); err != nil {
		t.Fatal(err)
	}
	s.start(s.StartOwner)
	carl := &person{browser: newBrowser(t), site: s}
	carl.name = "carl"
	carl.open(s.link())
	carl.isIn()
	carl.claims(st)
	carl.awaitEnded(carl.seesAWalk(st))
	list, err := s.OwnerCommand(t.Context(), "list")
	if err != nil || !strings.Contains(list, "motion") {
		t.Errorf("signet-owner lists: %v\n%s", err, list)
	}
}

// TestFamily lets somebody else watch a camera for a while: from then on, and no longer.
func TestFamily(t *testing.T) {
	t.Parallel()
	st, s, anna, before := owned(t)
	anna.awaitEnded(before)
	mia := s.person(t, "mia")
	mia.makesAKey()
	card := mia.showsHerCard("Mia")
	mia.shot("card")

	annas := anna.shares(card)
	anna.await(patient, "the camera has applied the policy", anna.card()+`.innerText.includes("Policy 2 in force")`)
	mia.entersCard(annas)
	mia.await(patient, "the camera is on the member's page", mia.card())
	during := anna.seesAWalk(st)
	mia.sees(during)
	mia.noneOf(before)
	mia.noneRefused()
	mia.shot("event")
	mia.watchesLive()
	mia.shot("live")
	anna.awaitEnded(during)

	anna.removes()
	mia.await(patient, "the live view is cut", `!document.querySelector('[data-testid=live-canvas]') || document.querySelector('[data-testid=live-canvas]').hidden || !document.querySelector('.live-told').innerText.startsWith("Live")`)
	mia.shot("cut")
	anna.await(patient, "the camera has applied the policy", anna.card()+`.innerText.includes("Policy 3 in force")`)
	after := anna.seesAWalk(st)
	anna.awaitEnded(after)
	mia.noneOf(before, after)
	s.nothingOf(t, mia, anna)
	mia.do(patient, "load the page anew", reload)
	mia.isIn()
	mia.noneOf(before, during, after)
	mia.shot("afterwards")
}

// TestSameOwnerElsewhere brings an owner back in a fresh profile, by the recovery file, and into another device, by its join
// card: earlier events are drawn in both.
func TestSameOwnerElsewhere(t *testing.T) {
	t.Parallel()
	st, s, anna, first := owned(t)
	anna.awaitEnded(first)

	back := s.person(t, "anna-back")
	back.click("way-recover")
	back.shot("recover")
	back.showRecovery(anna.recovery)
	back.isIn()
	back.sees(first)
	back.noneRefused()
	back.shot("recovered")

	phone := s.person(t, "anna-phone")
	phone.narrow()
	phone.click("way-join")
	phone.await(patient, "the card is shown", `document.querySelector('[data-testid=card-text]')`)
	phone.shot("join")
	here := phone.text("join-digits")
	if there := anna.letsIn(phone.text("card-text")); there != here {
		t.Errorf("one page shows the digits %s, the other %s", here, there)
	}
	phone.await(patient, "it is let in", `document.querySelector('[data-testid=join-yes]')`)
	phone.shot("joined")
	if !strings.Contains(phone.text("join-owner"), anna.id()) {
		t.Errorf("joined %s, which is not %s", phone.text("join-owner"), anna.id())
	}
	phone.click("join-yes")
	phone.isIn()
	phone.sees(first)
	phone.shot("events")
	next := phone.seesAWalk(st)
	back.sees(next)
	anna.sees(next)
}

// card is the first camera's, on the page.
func (p *person) card() string {
	return `document.querySelector('[data-testid=camera]')`
}

// id is what an owner is called.
func (p *person) id() string {
	p.t.Helper()
	return p.session().Owner.ID.Short()
}

// awaitEnded waits until an event is over.
func (p *person) awaitEnded(event string) {
	p.t.Helper()
	p.await(patient, "the event has ended", fmt.Sprintf(`document.querySelector('[data-event=%q][data-state=ended]')`, event))
}

// letsGo releases the camera to nobody.
func (p *person) letsGo() {
	p.t.Helper()
	p.click("about-button")
	p.shot("about")
	p.click("about-release")
	p.shot("release")
	p.click("about-release-yes")
	p.await(patient, "the camera's own word that it is released", p.card()+`.innerText.includes("yours no more")`)
	p.shot("about-afterwards")
	p.do(patient, "close the sheet", pressEscape)
}

// showsHerCard returns the card of a viewer.
func (p *person) showsHerCard(name string) string {
	p.t.Helper()
	p.click("owner")
	p.click("watch")
	p.fill("watch-my-name", name)
	card := p.text("card-text")
	return card
}

// shares lets the holder of a card view, and returns the owner's own card.
func (p *person) shares(card string) string {
	p.t.Helper()
	p.click("about-button")
	p.click("share")
	p.fill("card-input", card)
	p.click("card-use")
	p.await(patient, "the terms are asked for", `document.querySelector('[data-testid=share-yes]')`)
	p.shot("terms")
	warned := eval[bool](p.browser, `!document.querySelector('[data-testid=share-untimely]').hidden`)
	if known := clock.Synchronised(); warned == known {
		p.t.Errorf("warned that the camera does not know the time: %v, and it knows: %v", warned, known)
	}
	p.choose("share-until", "until removed") // takes no clock
	p.click("share-yes")
	p.await(patient, "it is shared", `document.querySelector('[data-testid=share-done]')`)
	p.shot("shared")
	own := p.text("card-text")
	p.do(patient, "close the sheets", pressEscape, pressEscape)
	return own
}

// entersCard has the page believe another owner's cameras.
func (p *person) entersCard(card string) {
	p.t.Helper()
	p.fill("card-input", card)
	p.click("card-use")
	p.isIn()
}

// watchesLive opens the live view and leaves it open.
func (p *person) watchesLive() {
	p.t.Helper()
	p.click("live-button")
	p.await(patient, "the live view moves", `Number(document.querySelector('[data-testid=live-canvas]')?.dataset.frames ?? 0) >= 10`)
}

// removes takes back what the first member may see.
func (p *person) removes() {
	p.t.Helper()
	p.click("about-button")
	p.await(patient, "the member is listed", `document.querySelector('[data-testid=member-remove]')`)
	p.shot("members")
	p.click("member-remove")
	p.click("member-remove-yes")
	p.await(patient, "nobody else is let in", `document.querySelector('[data-testid=family]')?.innerText.includes("Nobody but you")`)
	p.do(patient, "close the sheet", pressEscape)
}

// letsIn lets another device of the same owner in, by its card, and returns the digits that were compared.
func (p *person) letsIn(card string) string {
	p.t.Helper()
	p.click("owner")
	p.shot("owners")
	p.click("add-device")
	p.fill("card-input", card)
	p.click("card-use")
	p.await(patient, "the digits are shown", `document.querySelector('[data-testid=approve-digits]')`)
	digits := p.text("approve-digits")
	p.shot("approve")
	p.showRecovery(p.recovery)
	p.await(patient, "it is let in", `document.querySelector('[data-testid=approved]')`)
	p.shot("approved")
	p.do(patient, "close the sheet", pressEscape)
	return digits
}
