package e2e

import (
	"crypto/ecdsa"
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"signet/agent/status"
	"signet/certs"
	"signet/test/rig"
)

// TestAreasAreDrawnAndObeyed draws an area to ignore where people walk, and nobody who walks there makes an event. Once
// it is to be watched, by its name, the next one does, and the event says where. The cloud never learns the name.
func TestAreasAreDrawnAndObeyed(t *testing.T) {
	t.Parallel()
	const name = "Garden path"
	st := newStage(t)
	s := newSite(t, rig.Config{Camera: st.folder, Agent: quick})
	anna := s.opensOwnPage("anna")
	s.awaitFrames(learning)
	first := anna.seesAWalk(st)

	anna.opensWatching()
	anna.draws("ignore", point{0.01, 0.2}, point{0.99, 0.2}, point{0.99, 0.98}, point{0.01, 0.98})
	anna.shot("drawn")
	anna.saves(2)
	anna.shot("ignored")
	anna.awaitEnded(first)
	s.walkUnseen(st)
	if got := anna.drawn(); !slices.Equal(got, []string{first}) {
		t.Errorf("the page draws the events %v", got)
	}

	anna.opensWatching()
	anna.choose("zone-kind", "watch")
	anna.fill("zone-name", name)
	anna.saves(3)
	watched := anna.seesAWalk(st)
	anna.awaitEnded(watched)
	anna.await(patient, "the event says where", fmt.Sprintf(`document.querySelector('[data-event=%q]').innerText.includes("Motion in %s")`, watched, name))
	anna.shot("in-the-area")
	if eval[bool](anna.browser, fmt.Sprintf(`document.querySelector('[data-event=%q]').innerText.includes(%q)`, first, name)) {
		t.Error("an event is in an area that there was not yet")
	}
	anna.noneRefused()

	owner, _ := s.owner()
	policies := s.session(t, owner).Policies()
	if len(policies) != 1 {
		t.Fatalf("the cloud has %d policies", len(policies))
	}
	p, err := certs.ParsePolicy(policies[0], owner.Key.Public().(*ecdsa.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	s.end()
	s.kept("cloud", p.Settings[len(p.Settings)-32:]) // they are sealed there, and the search finds what is there
	s.notKept([]string{name})
}

// TestACoveredLensIsToldQuietly covers the lens: a line says so, with a picture of what the camera sees then. It is no event.
func TestACoveredLensIsToldQuietly(t *testing.T) {
	t.Parallel()
	st := newStage(t)
	s := newSite(t, rig.Config{Camera: st.folder, Agent: quick})
	anna := s.opensOwnPage("anna")
	s.awaitFrames(learning)

	st.somebodyCovers()
	const line = `document.querySelector('li.note[data-type=scene]')`
	anna.await(patient, "a line says that all has changed", line+`?.innerText.includes("The whole picture changed: light")`)
	anna.await(patient, "with a picture", `(i => i && !i.hidden && i.naturalWidth > 0)(document.querySelector('li.note[data-type=scene] [data-testid=note-picture]'))`)
	anna.seesThrough(st, "note-picture")
	anna.shot("covered")
	s.awaitFrames(afterwards)
	if n := s.events(); n > 0 {
		t.Errorf("it is %d events, too", n)
	}
	if n := s.count("msg=recorded type=tamper "); n != 1 {
		t.Errorf("it is told %d times", n)
	}
	anna.noneRefused()
}

// Numbers of frames.
const (
	learning   = 30 // until a camera that has just begun knows its room
	afterwards = 20 // after something, until what it leads to is recorded
)

// opensOwnPage starts everything and opens the page that the owner's machine serves.
func (s *site) opensOwnPage(name string) *person {
	s.t.Helper()
	p := &person{browser: newBrowser(s.t), site: s}
	p.name = name
	s.start(s.StartCloud, s.StartAgent, s.StartOwner)
	p.open(s.link())
	p.isIn()
	p.await(patient, "the camera is shown", p.card())
	return p
}

// point is where something lies in a picture, in parts of its width and height.
type point struct{ x, y float64 }

// opensWatching opens what the first camera watches, and waits for its picture.
func (p *person) opensWatching() {
	p.t.Helper()
	p.click("about-button")
	p.click("about-watching")
	p.await(patient, "a picture to draw on", `(i => i && !i.hidden && i.naturalWidth > 0)(document.querySelector('.board-picture'))`)
}

// draws clicks the corners of an area, and the first one again.
func (p *person) draws(kind string, corners ...point) {
	p.t.Helper()
	p.click("zone-" + kind)
	for i, c := range corners {
		p.clickIn("zone-board", c)
		p.await(patient, "the corner is set", fmt.Sprintf(`document.querySelectorAll('[data-testid=corner]').length === %d`, i+1))
	}
	p.clickIn("zone-board", corners[0])
	p.await(patient, "the area is closed", `document.querySelectorAll('[data-testid=zone]').length === 1 && !document.querySelector('.board.sketching')`)
}

// clickIn clicks at a point of an element with the mouse, once it lies still.
func (p *person) clickIn(id string, at point) {
	p.t.Helper()
	type rect struct{ Left, Top, Width, Height float64 }
	var was, is rect
	p.until(id+" lies still", func() bool {
		was, is = is, eval[rect](p.browser, fmt.Sprintf(`(e => {
			e.scrollIntoView({ block: "center", behavior: "instant" });
			const { left, top, width, height } = e.getBoundingClientRect();
			return { Left: left, Top: top, Width: width, Height: height };
		})(document.querySelector('[data-testid=%q]'))`, id))
		return is == was && is.Width > 0
	})
	p.do(patient, "click in "+id, chromedp.MouseClickXY(is.Left+at.x*is.Width, is.Top+at.y*is.Height))
}

// saves saves what is watched, waits until the camera's own records say that this version of the policy is in force, and
// closes the sheets.
func (p *person) saves(version uint64) {
	p.t.Helper()
	p.click("watching-save")
	inForce := fmt.Sprintf("Policy %d in force", version)
	p.await(patient, inForce, fmt.Sprintf(`document.querySelector('[data-testid=watching-told]').innerText === "%s."`, inForce))
	p.do(patient, "close the sheets", pressEscape, pressEscape)
	p.await(patient, "the sheets are closed", `!document.querySelector('dialog[open]')`)
	p.await(patient, "the camera's card says so", p.card()+fmt.Sprintf(`.innerText.includes(%q)`, inForce))
}

// walkUnseen has somebody walk, and waits until the camera would have recorded it long ago.
func (s *site) walkUnseen(st *stage) {
	s.t.Helper()
	before := s.events()
	st.somebodyWalks()
	s.await(s.t, patient, "the walk is over", st.over)
	s.awaitFrames(afterwards)
	if n := s.events() - before; n != 0 {
		s.t.Errorf("the camera has recorded %d events", n)
	}
}

// events returns how many the camera has recorded since its start.
func (s *site) events() int { return s.count("msg=recorded type=started ") }

// awaitFrames waits until the camera has taken so many more.
func (s *site) awaitFrames(n uint64) {
	s.t.Helper()
	var until uint64
	s.await(s.t, patient, fmt.Sprintf("the camera takes %d frames", n), func() bool {
		r, err := status.Read(s.t.Context(), s.Path("camera"))
		if err != nil {
			return false
		}
		if until == 0 {
			until = r.Cameras[0].Frames + n
		}
		return r.Cameras[0].Frames >= until
	})
}
