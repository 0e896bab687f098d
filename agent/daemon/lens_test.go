package daemon

import (
	"bytes"
	"image/jpeg"
	"testing"

	"signet/capture"
	"signet/capture/lens/lenstest"
	"signet/certs"
	"signet/certs/certstest"
)

// From the owner's code on a screen, held before the lens by an unsteady hand, to the first event: nothing else is told to the
// camera. Its owner sees what it saw.
func TestClaimThroughTheLens(t *testing.T) {
	for _, format := range []capture.Format{capture.MJPEG, capture.YUYV} {
		t.Run(string(format), func(t *testing.T) {
			l := begin(t, 1, func(c *Config) { c.newFinder = nil })
			c, text := code(t, l.rig.Owner, func(c *certs.ClaimCode) { c.NameFleet(l.rig.Fleet.Cert) })
			screen, err := lenstest.Code(text)
			if err != nil {
				t.Fatal(err)
			}
			film, err := lenstest.Film{Shot: lenstest.Shot{Format: format, Yaw: 10, Seed: 7}, Before: 2, Shown: 12}.Frames(screen)
			if err != nil {
				t.Fatal(err)
			}
			l.mu.Lock()
			l.film = film
			l.mu.Unlock()
			msg := l.offered()
			m, err := certs.ParseOfferMessage(msg)
			if err != nil {
				t.Fatal(err)
			}
			view, err := certs.Open(m.View, certs.MaxView, l.rig.Owner.Identity)
			if err != nil {
				t.Fatal(err)
			}
			if img, err := jpeg.Decode(bytes.NewReader(view)); err != nil || img.Bounds().Dx() < 160 {
				t.Errorf("the view is no picture: %v", err)
			}
			l.takeGrant(l.grant(certstest.Offer(t, msg, c.Secret, l.rig.Fleet.Cert)))
			l.inForce()
			l.recording()
			l.noSecret(text, c)
		})
	}
}
