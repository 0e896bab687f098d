package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"signet/internal/chrome"
)

// browser is a headless Chromium with an empty profile that shows the owner's page.
type browser struct {
	t    *testing.T
	ctx  context.Context
	name string // whose it is, for the names of screenshots

	mu       sync.Mutex
	complain []string // errors that the page did not catch, and what its policy forbade
	said     tail     // by Chromium, and by the library that speaks with it
}

// tail keeps the last that was written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	t.b = t.b[max(0, len(t.b)-4096):]
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}

// newBrowser starts Chromium, or skips the test where there is none.
func newBrowser(t *testing.T, more ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium on this machine: apt-get install chromium")
	}
	profile, err := os.MkdirTemp("", "signet-browser-") // not t.TempDir: helpers of the browser may still write for a moment
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(profile) })
	opts := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.WindowSize(1280, 900),
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Headless, chromedp.DisableGPU, chromedp.NoSandbox,
	}
	for _, f := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "hide-scrollbars"} {
		opts = append(opts, chromedp.Flag(f, true))
	}
	b := &browser{t: t}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), append(append(opts, more...), chromedp.CombinedOutput(&b.said))...)
	t.Cleanup(stop)
	// Told only where something fails: most of it is of events that this version of chromedp does not know.
	ctx, cancel := chromedp.NewContext(alloc, chromedp.WithErrorf(func(f string, a ...any) { fmt.Fprintf(&b.said, f+"\n", a...) }))
	b.ctx = ctx
	t.Cleanup(func() { chrome.Close(ctx, cancel) })
	chromedp.ListenTarget(ctx, b.listen)
	t.Cleanup(b.check)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return b
}

// listen notes what goes wrong in the page. It runs on chromedp's goroutine.
func (b *browser) listen(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventExceptionThrown:
		b.complain = append(b.complain, ev.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		if ev.Entry.Source == log.SourceSecurity {
			b.complain = append(b.complain, ev.Entry.Text)
		}
	}
}

// check fails the test if anything went wrong in the page.
func (b *browser) check() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, what := range b.complain {
		b.t.Errorf("the page of %q complains: %s", b.name, what)
	}
	if b.t.Failed() {
		b.t.Logf("Chromium of %q, lost is %v, said last:\n%s", b.name, b.ctx.Err() != nil, &b.said)
	}
}

// do runs actions within a time.
func (b *browser) do(within time.Duration, what string, actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, within)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		b.shot("failed")
		b.t.Fatalf("%s: %v", what, err)
	}
}

// open goes to the owner's page by its link.
func (b *browser) open(link string) {
	b.t.Helper()
	b.do(30*time.Second, "open the page", chromedp.Navigate(link))
}

// eval returns the value of a JavaScript expression.
func eval[T any](b *browser, expression string) (v T) {
	b.t.Helper()
	b.do(10*time.Second, expression, chromedp.Evaluate(expression, &v))
	return v
}

// await waits until a JavaScript expression is true.
func (b *browser) await(within time.Duration, what, expression string) {
	b.t.Helper()
	for end := time.Now().Add(within); ; time.Sleep(100 * time.Millisecond) {
		if eval[bool](b, "!!("+expression+")") {
			return
		}
		if time.Now().After(end) {
			b.shot("failed")
			b.t.Fatalf("waited %v in vain: %s", within, what)
		}
	}
}

func testid(id string) string { return fmt.Sprintf(`[data-testid=%q]`, id) }

// click clicks the first element of a test id. A click that hits something else, because the page has moved it in that
// moment, is made again, as people do.
func (b *browser) click(id string) {
	b.t.Helper()
	arm := fmt.Sprintf(`window.missed = true; document.querySelector('%s').addEventListener("click", () => { window.missed = false }, { once: true, capture: true })`, testid(id))
	for range 3 {
		b.do(10*time.Second, "click "+id,
			chromedp.WaitVisible(testid(id), chromedp.ByQuery), chromedp.Evaluate(arm, nil), chromedp.Click(testid(id), chromedp.ByQuery))
		if !eval[bool](b, `window.missed === true`) { // undefined: it has led to another page
			return
		}
		b.t.Logf("%s was not where it had been", id)
	}
	b.shot("failed")
	b.t.Fatalf("could not click %s", id)
}

// shot saves a screenshot in test/out.
func (b *browser) shot(name string) {
	b.t.Helper()
	var png []byte
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, chromedp.CaptureScreenshot(&png)); err != nil {
		b.t.Logf("screenshot %s: %v", name, err)
		return
	}
	dir := filepath.Join("..", "out")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if b.name != "" {
		name = b.name + "-" + name
	}
	file := strings.NewReplacer("/", "-", " ", "-").Replace(b.t.Name()) + "-" + name + ".png"
	if err := os.WriteFile(filepath.Join(dir, file), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
