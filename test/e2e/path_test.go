// Package e2e runs the shipped programs as a user would, into a real browser, and breaks them on the way.
package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"signet/test/rig"
)

// TestWholePath follows an event from the frames of the generated scene to a picture on the owner's page.
func TestWholePath(t *testing.T) { wholePath(t, rig.Config{Camera: "generated"}, 2) }

// wholePath looks at a camera on the page until there were so many events.
func wholePath(t *testing.T, cfg rig.Config, events int) {
	b := newBrowser(t)
	s := newSite(t, cfg)
	s.start(s.StartCloud, s.StartAgent, s.StartOwner)
	b.open(s.link())
	b.await(30*time.Second, "the camera is shown", `document.querySelector('[data-testid=camera]')`)
	b.await(60*time.Second, "an event arrives, its thumbnail verified and drawn", thumbs+".length > 0")
	b.shot("event")
	if n := eval[int](b, `location.hash.length`); n != 0 {
		t.Error("the code is still in the address")
	}

	clip(b)
	live(b)
	if refused := eval[string](b, `document.querySelector('[data-testid=refused-count]')?.dataset.count ?? "0"`); refused != "0" {
		t.Errorf("%s items were refused", refused)
	}
	b.await(2*time.Minute, "more events arrive", fmt.Sprintf("%s.length >= %d", thumbs, events))
	report(t, b)
}

// thumbs are the thumbnails that were verified, decrypted and decoded.
const thumbs = `[...document.querySelectorAll('img[data-testid=thumb][data-verified="1"]')].filter(i => i.complete && i.naturalWidth > 0)`

// live sees the camera now: frames are drawn one after another.
func live(b *browser) {
	b.t.Helper()
	b.click("live-button")
	frames := `Number(document.querySelector('[data-testid=live-canvas]')?.dataset.frames ?? 0)`
	b.await(20*time.Second, "the live view moves", frames+" >= 10")
	b.shot("live")
	b.do(5*time.Second, "close the live view", pressEscape)
}

// clip plays an event that has a part.
func clip(b *browser) {
	b.t.Helper()
	b.await(60*time.Second, "an event has ended", `document.querySelector('[data-testid=event][data-state=ended]')`)
	b.do(10*time.Second, "open the event", clickEvent)
	frame := `Number(document.querySelector('[data-testid=clip-canvas]')?.dataset.frame ?? -1)`
	b.await(20*time.Second, "the clip is there", frame+" >= 0")
	first := eval[int](b, frame)
	b.await(10*time.Second, "the clip advances", fmt.Sprintf("%s > %d", frame, first+2))
	b.shot("clip")
	b.do(5*time.Second, "close the clip", pressEscape)
}

// report prints how long it took from the first moving frame to a verified thumbnail on the page.
func report(t *testing.T, b *browser) {
	t.Helper()
	ms := eval[[]int64](b, `[...document.querySelectorAll('[data-testid=event]')]
		.filter(e => e.dataset.drawnMs && e.dataset.startedMs)
		.map(e => Number(e.dataset.drawnMs) - Number(e.dataset.startedMs))`)
	if len(ms) == 0 {
		t.Fatal("the page tells no times")
	}
	slices.Sort(ms)
	t.Logf("first moving frame to verified thumbnail: median %d ms, worst %d ms, of %d events", ms[len(ms)/2], ms[len(ms)-1], len(ms))
}
