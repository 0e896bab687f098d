package chrome

import (
	"context"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestCloseOfASilentBrowser: one that answers no more is ended, too.
func TestCloseOfASilentBrowser(t *testing.T) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium on this machine: apt-get install chromium")
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU)
	defer stop()
	ctx, cancel := chromedp.NewContext(alloc)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.FromContext(ctx).Browser.Process().Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	closed := make(chan struct{})
	go func() {
		Close(ctx, cancel)
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(4 * patience):
		t.Error("it is still waited for")
	}
}
