package cloud_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"signet/certs"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
)

// However often streams are opened, the engine keeps one consumer for all of them.
func TestStreamsShareOneConsumer(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	w := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	p := page(t, c, w.Owner)
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		if status := p.OpenStream(ctx, ""); status != 200 && status != 429 {
			t.Fatalf("stream: %d", status)
		}
		cancel()
	}
	st, err := c.JetStream().Stream(t.Context(), engine.Bind)
	if err != nil {
		t.Fatal(err)
	}
	if n := st.CachedInfo().State.Consumers; n > 1 {
		t.Errorf("%d consumers are left", n)
	}
}

// An owner, and a session, has so many streams and no more; one that ends makes room.
func TestStreamsAreBounded(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	w := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	pages := []*cloudtest.Page{page(t, c, w.Owner), page(t, c, w.Owner), page(t, c, w.Owner)}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first, end := context.WithCancel(t.Context())
	defer end()
	for i, want := range []struct{ page, status int }{
		{0, 200}, {0, 200}, {0, 200}, {0, 200}, {0, 429}, // of a session
		{1, 200}, {1, 200}, {1, 200}, {2, 200}, {2, 429}, // of the owner
	} {
		use := ctx
		if i == 0 {
			use = first
		}
		if got := pages[want.page].OpenStream(use, ""); got != want.status {
			t.Errorf("stream %d: %d instead of %d", i, got, want.status)
		}
	}
	stranger := page(t, c, cloudtest.Owner(t))
	if got := stranger.OpenStream(ctx, ""); got != 200 {
		t.Errorf("another owner: %d", got)
	}
	end()
	for until := time.Now().Add(cloudtest.Wait); pages[2].OpenStream(ctx, "") != 200; {
		if time.Now().After(until) {
			t.Fatal("a stream that ended makes no room")
		}
	}
}

// A stream that begins with what is new brings that and nothing older; one with an id goes on behind it.
func TestStreamBegins(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	w := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	s := w.Connect(c.MQTTAddr())
	if no := s.Deliver(w.Camera, cloudtest.Message(t, w.Record(certs.Claimed)), cloudtest.Message(t, w.Record(certs.Tamper))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	p := page(t, c, w.Owner)
	items := p.Records("after=0")
	fresh, behind := p.Stream(""), p.Stream(fmt.Sprintf("after=%d", items[0].Seq))
	if no := s.Deliver(w.Camera, cloudtest.Message(t, w.Record(certs.Tamper))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	items = p.Records("after=0")
	isRecord := func(e cloudtest.Event) bool { return e.Name == "record" }
	if e := cloudtest.Until(t, fresh, "the new record", isRecord); e.ID != fmt.Sprint(items[2].Seq) {
		t.Errorf("what is new begins with %s", e.ID)
	}
	for _, it := range items[1:] {
		if e := cloudtest.Until(t, behind, "a record", isRecord); e.ID != fmt.Sprint(it.Seq) {
			t.Errorf("behind the id comes %s instead of %d", e.ID, it.Seq)
		}
	}
}
