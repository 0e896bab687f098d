package e2e

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"signet/certs"
	"signet/certs/certstest"
	"signet/cloud"
	"signet/test/rig"
)

// confusion is what a cloud does that has mixed up owners: in the place of this owner's records and pictures it
// delivers those of somebody else.
type confusion struct {
	stranger *certstest.Event

	mu      sync.Mutex
	records map[uint64]bool // by seq, whose record was replaced
	media   int             // thumbnails that were replaced
}

// record replaces the end of every event.
func (c *confusion) record(_ certs.OwnerID, seq uint64, raw []byte) []byte {
	r, err := certs.ParseRecord(raw)
	if err != nil || r.Type != certs.Ended {
		return raw
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.records[seq] = true
	return c.stranger.Ended.Raw
}

// picture replaces every thumbnail. Facts, which are small, are left as they are.
func (c *confusion) picture(_ certs.OwnerID, _ uint64, _ certs.Hash, ciphertext []byte) []byte {
	if len(ciphertext) < 4096 {
		return ciphertext
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.media++
	return c.stranger.Started.Inline[0]
}

func (c *confusion) done() (records, media int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.records), c.media
}

// TestForeignItemsAreCountedAndNeverDrawn lets the cloud deliver a stranger's records and pictures to this owner: the
// page draws none of them, counts them, and could not have opened them.
func TestForeignItemsAreCountedAndNeverDrawn(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	s := newSite(t, rig.Config{Camera: "generated"})
	mixed := &confusion{stranger: certstest.New(t).Camera.Event(t), records: map[uint64]bool{}}
	s.runCloud(cloud.Config{InterceptRecord: mixed.record, InterceptMedia: mixed.picture})
	s.start(s.StartAgent, s.StartOwner)
	b.open(s.link())

	count := `Number(document.querySelector('[data-testid=refused-count]')?.dataset.count)`
	b.await(60*time.Second, "a foreign record and a foreign picture are counted", count+" >= 2")
	b.shot("counted")
	if records, media := mixed.done(); records == 0 || media == 0 {
		t.Fatalf("%d records and %d pictures were mixed up", records, media)
	}
	if n := eval[int](b, thumbs+".length"); n != 0 {
		t.Errorf("%d pictures were drawn", n)
	}
	stranger := mixed.stranger.Started.Event.String()
	if eval[bool](b, `document.body.innerHTML.includes("`+stranger+`") || !!document.querySelector('[data-event="`+stranger+`"]')`) {
		t.Error("the stranger's event is on the page")
	}
	b.click("refused-count")
	b.shot("explained")

	owner, _ := s.owner()
	for _, sealed := range mixed.stranger.Started.Inline {
		if plain, err := certs.Open(sealed, certs.MaxSmallMedia, owner.Identity); err == nil {
			t.Errorf("this owner can open %d bytes of a stranger", len(plain))
		}
	}
}

// runCloud runs a cloud in this process, where a test can reach behind its back.
func (s *site) runCloud(cfg cloud.Config) *cloud.Cloud {
	s.t.Helper()
	cfg.Dir, cfg.MQTT, cfg.HTTPS = s.Path("cloud"), s.MQTT(), s.HTTPS()
	var said bytes.Buffer
	cfg.Log = slog.New(slog.NewTextHandler(&said, nil))
	c, err := cloud.New(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	s.t.Cleanup(func() {
		if err := s.Stop(); err != nil { // the camera first
			s.t.Errorf("end: %v", err)
		}
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("cloud: %v", err)
		}
		if s.t.Failed() {
			s.t.Logf("the cloud said:\n%s", said.String())
		}
	})
	select {
	case <-c.Ready():
	case err := <-ended:
		ended <- nil
		s.t.Fatalf("cloud: %v", err)
	}
	return c
}
