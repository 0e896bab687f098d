package e2e

import (
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var (
	pressEscape = chromedp.KeyEvent(kb.Escape)
	clickEvent  = chromedp.Click(`[data-testid=event][data-state=ended] [data-testid=thumb]`, chromedp.ByQuery)
)

var clickFirstEvent = chromedp.Click(`[data-testid=event] [data-testid=thumb]`, chromedp.ByQuery)

var reload = chromedp.Reload()
