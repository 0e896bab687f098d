package session_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/certs/certstest"
	"signet/cloud"
	"signet/uplink/media"
	"signet/uplink/spool"
	"signet/uplink/uplinktest"
)

// realCloud is the reference cloud on fixed ports, which may be ended and started again.
type realCloud struct {
	t           testing.TB
	dir         string
	mqtt, https string
	cloud       *cloud.Cloud
	end         func()
}

func newCloud(t testing.TB) (*realCloud, *certs.Fleet) {
	t.Helper()
	c := &realCloud{t: t, dir: t.TempDir(), mqtt: freeAddr(t), https: freeAddr(t)}
	fleet, err := cloud.Init(c.dir, "test fleet", []string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	return c, fleet
}

func (c *realCloud) start() {
	c.t.Helper()
	var err error
	c.cloud, err = cloud.New(cloud.Config{
		Dir: c.dir, MQTT: c.mqtt, HTTPS: c.https, Reserve: 1,
		Log: uplinktest.Log(c.t, slog.LevelWarn),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.cloud.Run(ctx) }()
	select {
	case <-c.cloud.Ready():
	case err := <-done:
		c.t.Fatal(err)
	}
	ended := false
	c.end = func() {
		if ended {
			return
		}
		ended = true
		cancel()
		if err := <-done; err != nil {
			c.t.Errorf("cloud: %v", err)
		}
	}
	c.t.Cleanup(c.end)
}

func freeAddr(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// The real cloud, ended and started again in the middle: every record is bound once, none is refused, and every part
// arrives.
func TestRealCloudRestarts(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a cloud twice")
	}
	t.Parallel()
	rc, fleet := newCloud(t)
	rc.start()
	camera := certstest.NewCamera(t, fleet)
	camera.Claim(t, certstest.NewOwner(t))
	w := &world{t: t, fleet: fleet, camera: camera}
	w.reopen(t.TempDir())

	queue, err := media.New(media.Config{URL: "https://" + rc.https, Dial: w.dial(), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	cfg := w.config(rc.mqtt)
	cfg.Receipt = time.Second
	cfg.OnConnected = queue.Online
	cfg.OnBound = func(rs []spool.Range) {
		for _, r := range rs {
			queue.Bound(certs.Range{Boot: r.Boot, From: r.From, To: r.To})
		}
	}
	cfg.OnRefused = func(p spool.Position, why string) { t.Errorf("%v refused: %s", p, why) }
	s, stop := w.run(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	uploaded := make(chan error, 1)
	go func() { uploaded <- queue.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-uploaded })

	w.record(certs.Claimed, spool.Urgent)
	w.record(certs.Online, spool.Urgent)
	const events, parts = 60, 10
	for i := range events {
		w.record(certs.Started, spool.Urgent, certstest.Piece{Kind: certs.Thumbnail, Plaintext: make([]byte, 10<<10), MIME: "image/jpeg"})
		if i%(events/parts) == 0 {
			w.part(queue, 200<<10)
		}
		if i == events/2 {
			uplinktest.Eventually(t, "the first records bound", func() bool { return s.Stats().Bound > 2 })
			rc.end()
			// Mostly at once; where the cloud leaves the connection half open, by ping, after 50 s.
			for end := time.Now().Add(time.Minute); s.Connected() && time.Now().Before(end); {
				time.Sleep(5 * time.Millisecond)
			}
		}
	}
	rc.start()
	uplinktest.Eventually(t, "an empty spool", func() bool { return w.spool.Stats().Pending == 0 })
	uplinktest.Eventually(t, "all parts uploaded", func() bool { return queue.Stats().Parts == 0 })
	stop()

	st := s.Stats()
	if st.Bound != 2+events+parts || st.Connects != 2 || st.Refused != 0 || st.BadReceipts != 0 {
		t.Errorf("stats: %+v", st)
	}
	if q := queue.Stats(); q.Uploaded != parts || q.Dropped != 0 {
		t.Errorf("media: %+v", q)
	}
	js := rc.cloud.JetStream()
	stream, err := js.Stream(ctx, "BIND")
	if err != nil {
		t.Fatal(err)
	}
	consumed := 0
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(fmt.Sprintf("bind.rec.%s.>", camera.Owner)))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range info.State.Subjects {
		consumed += int(n)
	}
	if consumed != 2+events+parts {
		t.Errorf("the cloud has %d records", consumed)
	}
}

// part puts the record of a clip part into the spool, and the part into the queue.
func (w *world) part(q *media.Queue, size int) {
	w.t.Helper()
	var sealed *certstest.Signed
	pos, err := w.spool.Append(spool.Grouped, func(p spool.Position) (spool.Entry, error) {
		r := w.camera.Record(certs.Part)
		r.Position = certs.Position{Boot: p.Boot, N: p.N}
		id := certs.NewEventID(certstest.Time)
		r.Event = &id
		sealed = w.camera.Sign(w.t, r, certstest.Piece{Kind: certs.ClipPart, Plaintext: make([]byte, size), MIME: "video/mp4", Span: &certs.Span{To: 2000}})
		return spool.Entry{Record: sealed.Raw, Media: sealed.Inline}, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := q.Add(certs.Position{Boot: pos.Boot, N: pos.N}, sealed.Media[0].Hash, sealed.Part); err != nil {
		w.t.Fatal(err)
	}
}
