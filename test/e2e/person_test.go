package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	cdp "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"signet/certs"
	"signet/cloud/cloudtest"
	"signet/owner/recovery"
)

// person is somebody with a browser of their own, who looks at the page that the cloud serves.
type person struct {
	*browser
	site     *site
	recovery string // the recovery file, once it is saved
}

// patient is for what takes a moment on a busy machine.
const patient = 60 * time.Second

// person opens the cloud's page in a fresh profile. The browser trusts the cloud's TLS key and no other.
func (s *site) person(t *testing.T, name string) *person {
	t.Helper()
	cert, err := tls.LoadX509KeyPair(s.Path("cloud", "server.pem"), s.Path("cloud", "server.key"))
	if err != nil {
		t.Fatal(err)
	}
	pin := sha256.Sum256(cert.Leaf.RawSubjectPublicKeyInfo)
	pinned := chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(pin[:]))
	p := &person{browser: newBrowser(t, pinned), site: s}
	p.name = name
	p.open("https://" + s.HTTPS() + "/")
	return p
}

// makesAKey takes the way of somebody new, and saves what brings the key back.
func (p *person) makesAKey() {
	p.t.Helper()
	p.await(patient, "the page says what a key is", `document.querySelector('[data-testid=way-new]')`)
	p.shot("welcome")
	p.click("way-new")
	p.await(patient, "the page asks to save the key", `document.querySelector('[data-testid=recovery-download]')`)
	p.shot("save")
	p.downloadRecovery()
	p.click("recovery-saved")
	p.await(patient, "the page asks for what was saved", `document.querySelector('[data-testid=recovery-file]')`)
	p.shot("check")
	p.showRecovery(p.recovery)
	p.isIn()
}

// downloadRecovery has the page save the recovery file in a folder of the test.
func (p *person) downloadRecovery() {
	p.t.Helper()
	dir := p.t.TempDir()
	done := make(chan string, 1)
	ctx, stop := context.WithCancel(p.ctx)
	defer stop()
	var name string
	chromedp.ListenTarget(ctx, func(ev any) {
		switch ev := ev.(type) {
		case *cdp.EventDownloadWillBegin:
			name = ev.SuggestedFilename
		case *cdp.EventDownloadProgress:
			if ev.State == cdp.DownloadProgressStateCompleted {
				done <- name
			}
		}
	})
	p.do(patient, "download the recovery file",
		cdp.SetDownloadBehavior(cdp.SetDownloadBehaviorBehaviorAllow).WithDownloadPath(dir).WithEventsEnabled(true),
		chromedp.Click(testid("recovery-download"), chromedp.ByQuery))
	select {
	case name := <-done:
		p.recovery = filepath.Join(dir, name)
	case <-time.After(patient):
		p.fail("no file was saved")
	}
}

// showRecovery gives a recovery file to the input that asks for one.
func (p *person) showRecovery(file string) {
	p.t.Helper()
	p.do(patient, "pick the recovery file", chromedp.SetUploadFiles(testid("recovery-file"), []string{file}, chromedp.ByQuery))
}

// isIn waits until the page shows this person's cameras, whichever there are.
func (p *person) isIn() {
	p.t.Helper()
	p.await(patient, p.name+"'s page is live", `document.querySelector('[data-testid=status]')?.dataset.state === "live"`)
}

// claims holds the page's code before the camera until the camera is theirs. At most four clicks and a minute.
func (p *person) claims(st *stage) {
	p.t.Helper()
	p.countClicks()
	began := time.Now()
	p.offersACode(st)
	p.await(patient, "the page shows what the camera sees", step("view")+` && (i => i?.complete && i.naturalWidth > 0)(document.querySelector('[data-testid=claim-view]'))`)
	p.seesThrough(st, "claim-view")
	st.nobody()
	p.shot("view")
	p.click("claim-yes")
	p.await(patient, "the camera is theirs", step("yours"))
	took := time.Since(began)
	p.shot("yours")
	p.click("claim-done")
	clicks := p.clicks()
	p.t.Logf("%s: from “Add a camera” to owned: %d clicks, %.1f s", p.name, clicks, took.Seconds())
	if clicks > 4 {
		p.t.Errorf("it took %d clicks", clicks)
	}
	if took > time.Minute {
		p.t.Errorf("it took %v", took)
	}
}

// offersACode holds the page's code before the camera.
func (p *person) offersACode(st *stage) {
	p.t.Helper()
	p.click("add-camera")
	p.await(patient, "the page shows a code", step("code"))
	p.shot("code")
	st.hold(p.photograph("claim-code"))
}

// step says whether the claim has come to one.
func step(name string) string {
	return fmt.Sprintf(`document.querySelector('.claim-sheet[data-step=%q]')`, name)
}

// photograph returns how an element looks on the screen.
func (p *person) photograph(id string) image.Image {
	p.t.Helper()
	var b []byte
	p.do(patient, "photograph "+id, chromedp.Screenshot(testid(id), &b, chromedp.ByQuery))
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		p.t.Fatal(err)
	}
	return img
}

// countClicks counts those of a person from now on.
func (p *person) countClicks() {
	p.t.Helper()
	eval[bool](p.browser, `(() => { window.clicks = 0; addEventListener("click", e => { if (e.isTrusted) window.clicks++ }, true); return true })()`)
}

func (p *person) clicks() int { p.t.Helper(); return eval[int](p.browser, `window.clicks`) }

// drawn returns the events whose pictures are verified, decrypted and drawn, the newest first.
func (p *person) drawn() []string {
	p.t.Helper()
	return eval[[]string](p.browser, `[...document.querySelectorAll('[data-testid=event]')].filter(e => e.querySelector('img[data-testid=thumb][data-verified="1"]')?.naturalWidth > 0).map(e => e.dataset.event)`)
}

// seesAWalk lets somebody walk before the camera and returns the event that is drawn then.
func (p *person) seesAWalk(st *stage) string {
	p.t.Helper()
	before := p.drawn()
	st.somebodyWalks()
	return p.seesAfter(before)
}

// seesAfter waits for an event that was not there before, its picture drawn.
func (p *person) seesAfter(before []string) (fresh string) {
	p.t.Helper()
	p.until(p.name+" sees a new event", func() bool {
		for _, e := range p.drawn() {
			if !slices.Contains(before, e) {
				fresh = e
			}
		}
		return fresh != ""
	})
	return fresh
}

// sees waits until an event is drawn.
func (p *person) sees(event string) {
	p.t.Helper()
	p.until(p.name+" sees event "+event, func() bool { return slices.Contains(p.drawn(), event) })
}

// noneOf fails the test if the page knows an event of these, drawn or not.
func (p *person) noneOf(events ...string) {
	p.t.Helper()
	for _, e := range events {
		if eval[bool](p.browser, fmt.Sprintf(`document.documentElement.innerHTML.includes(%q)`, e)) {
			p.shot("failed")
			p.t.Errorf("%s's page knows event %s", p.name, e)
		}
	}
}

// noneRefused checks that the page has refused nothing.
func (p *person) noneRefused() {
	p.t.Helper()
	if n := eval[string](p.browser, `document.querySelector('[data-testid=refused-count]')?.dataset.count ?? "0"`); n != "0" {
		p.click("refused-count")
		p.shot("failed")
		p.t.Errorf("%s's page has refused %s items", p.name, n)
	}
}

// fill puts text into a field as if it were pasted.
func (p *person) fill(id, text string) {
	p.t.Helper()
	p.do(patient, "fill in "+id, chromedp.WaitVisible(testid(id), chromedp.ByQuery), chromedp.Focus(testid(id), chromedp.ByQuery),
		chromedp.Evaluate(fmt.Sprintf(`document.querySelector('[data-testid=%q]').select()`, id), nil),
		input.InsertText(text))
}

// text returns what an element says.
func (p *person) text(id string) (text string) {
	p.t.Helper()
	p.do(patient, "read "+id, chromedp.Text(testid(id), &text, chromedp.ByQuery))
	return text
}

// choose takes an option of a list.
func (p *person) choose(id, value string) {
	p.t.Helper()
	p.do(patient, "choose in "+id, chromedp.WaitVisible(testid(id), chromedp.ByQuery),
		chromedp.Evaluate(fmt.Sprintf(`(s => { s.value = %q; s.dispatchEvent(new Event("change", { bubbles: true })) })(document.querySelector('[data-testid=%q]'))`, value, id), nil))
}

// narrow makes the window as wide as a phone.
func (p *person) narrow() {
	p.t.Helper()
	p.do(patient, "make the window narrow", chromedp.EmulateViewport(390, 844))
}

// until waits until something is so.
func (p *person) until(what string, is func() bool) {
	p.t.Helper()
	for end := time.Now().Add(patient); !is(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			p.fail("waited in vain: " + what)
		}
	}
}

func (p *person) fail(why string) {
	p.t.Helper()
	p.shot("failed")
	p.t.Fatal(why)
}

// session is this person's own session at the cloud, without the page: by the key that the recovery file brings back.
func (p *person) session() *cloudtest.Page {
	p.t.Helper()
	b, err := os.ReadFile(p.recovery)
	if err != nil {
		p.t.Fatal(err)
	}
	seed, err := recovery.Parse(b)
	if err != nil {
		p.t.Fatal(err)
	}
	o, err := certs.OwnerFromSeed(seed, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.site.session(p.t, o)
}

// session logs an owner in.
func (s *site) session(t *testing.T, o *certs.Owner) *cloudtest.Page {
	t.Helper()
	fleet, err := certs.ReadCA(s.Fleet())
	if err != nil {
		t.Fatal(err)
	}
	page := cloudtest.NewPage(t, o, s.HTTPS(), fleet)
	page.LogIn()
	return page
}
