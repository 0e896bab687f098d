package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"signet/capture/lens/lenstest"
	"signet/certs"
	"signet/owner/client"
	"signet/test/boards/board"
)

// lensScenarios hold an owner's code before a webcam.
func lensScenarios() []scenario {
	return []scenario{
		{board: board.Pi, driver: "uvcvideo", name: "a code before the webcam, a grant through the cloud, an event", run: claimedThroughWebcam},
	}
}

// claimedThroughWebcam lets a board that nobody owns find its owner in the pictures of its webcam. No file is carried.
func claimedThroughWebcam(ctx context.Context, b *bench) error {
	s, err := b.newSite(ctx)
	if err != nil {
		return err
	}
	on := b.Board
	if _, err := on.Output(ctx, "rm", "-rf", stateDir); err != nil {
		return err
	}
	if err := errors.Join(s.identify(ctx, on), s.configure(ctx, on, shortEvents+cameraTable("auto"))); err != nil {
		return err
	}
	o, err := certs.LoadOwner(s.Path("owner"))
	if err != nil {
		return err
	}
	fleet, err := certs.ReadCA(s.Fleet())
	if err != nil {
		return err
	}
	code := certs.NewClaimCode(o, time.Now().Add(2*time.Minute))
	code.NameFleet(fleet)
	const onBoard = "/tmp/code.mjpeg"
	if err := b.photograph(ctx, on, code, onBoard); err != nil {
		return err
	}
	cam, err := b.plugIn(ctx, on, "cam0", "-footage", onBoard, "-formats", "mjpeg")
	if err != nil {
		return err
	}
	w := &watched{site: s, bench: b, on: on}
	if err := w.start(ctx); err != nil {
		return err
	}
	start := time.Now()
	if err := s.grantOffer(ctx, b, o, code); err != nil {
		return fmt.Errorf("%w; the agent says %q", err, w.agent.Lines())
	}
	if err := w.said(ctx, 1, "msg=owned ", 30*time.Second); err != nil {
		return err
	}
	b.say("owned %.1f s after the agent was connected", time.Since(start).Seconds())
	// The screen is taken away; somebody walks by.
	if _, err := cam.do(ctx, "unplug"); err != nil {
		return err
	}
	if cam, err = b.plugIn(ctx, on, "cam1", "-footage", boardFilm, "-hold", "-formats", "mjpeg"); err != nil {
		return err
	}
	b.after(func() { _, _ = cam.do(context.WithoutCancel(ctx), "unplug") })
	w.cams = []*webcam{cam}
	if err := w.visit(ctx, cam); err != nil {
		return err
	}
	return w.event(ctx)
}

// photograph puts a film onto the board in which an unsteady hand holds a code before the camera.
func (b *bench) photograph(ctx context.Context, on *board.Board, code *certs.ClaimCode, path string) error {
	text, err := code.Text()
	if err != nil {
		return err
	}
	screen, err := lenstest.Code(text)
	if err != nil {
		return err
	}
	frames, err := lenstest.Film{Shown: 12}.Frames(screen)
	if err != nil {
		return err
	}
	film := filepath.Join(b.Dir, "code.mjpeg")
	if err := lenstest.Write(film, frames); err != nil {
		return err
	}
	content, err := os.ReadFile(film)
	if err != nil {
		return err
	}
	return on.Put(ctx, path, content, 0o600)
}

// grantOffer waits for the offer that proves the code, looks at the view, and grants it through the cloud.
func (s *site) grantOffer(ctx context.Context, b *bench, o *certs.Owner, code *certs.ClaimCode) error {
	fleet, err := certs.ReadCA(s.Fleet())
	if err != nil {
		return err
	}
	c := client.New(&url.URL{Scheme: "https", Host: s.HTTPS()}, fleet, o)
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, 100*time.Second)
	defer cancel()
	for {
		offers, err := c.Offers(ctx)
		if err != nil {
			return fmt.Errorf("wait for the camera's offer: %w", err)
		}
		for _, it := range offers {
			m, err := certs.ParseOfferMessage(it.Message)
			if err != nil || m.Proves(code.Secret) != nil {
				continue
			}
			offer, err := m.ParseOffer(fleet)
			if err != nil {
				return err
			}
			view, err := certs.Open(m.View, certs.MaxView, o.Identity)
			if err != nil {
				return fmt.Errorf("open view: %w", err)
			}
			size, err := jpeg.DecodeConfig(bytes.NewReader(view))
			if err != nil || size.Width != 320 || size.Height != 240 {
				return fmt.Errorf("view of %dx%d pixels, %w", size.Width, size.Height, err)
			}
			grant, err := o.Grant(offer, certs.Policy{Recipients: []string{o.Recipient}})
			if err != nil {
				return err
			}
			return c.Post(ctx, client.Grants, grant)
		}
		select {
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("wait for the camera's offer: %w", ctx.Err())
		}
	}
}
