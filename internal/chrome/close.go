// Package chrome ends the browsers of tests.
package chrome

import (
	"context"
	"time"

	"github.com/chromedp/chromedp"
)

const patience = 5 * time.Second

// Close lets the browser of a context of chromedp.NewContext end in order, helpers and all, and kills it where it does not. A
// browser that goes need not answer that it will, and chromedp alone would wait for the answer for ever.
func Close(ctx context.Context, cancel context.CancelFunc) {
	limited, done := context.WithTimeout(ctx, patience)
	defer done()
	_ = chromedp.Cancel(limited)
	cancel()
}
