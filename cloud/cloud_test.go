package cloud_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"signet/certs"
	"signet/cloud"
	"signet/cloud/cloudtest"
)

// run starts a cloud in dir and returns what ends it.
func run(t testing.TB, dir string, change ...func(*cloud.Config)) (*cloud.Cloud, func()) {
	t.Helper()
	cfg := cloud.Config{Dir: dir, MQTT: "127.0.0.1:0", HTTPS: "127.0.0.1:0", Log: cloudtest.Log(t), Reserve: 1, Patience: []time.Duration{50 * time.Millisecond}}
	for _, f := range change {
		f(&cfg)
	}
	c, err := cloud.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	select {
	case <-c.Ready():
	case err := <-done:
		t.Fatal(err)
	}
	ended := false
	stop := func() {
		if ended {
			return
		}
		ended = true
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("cloud: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("cloud does not end")
		}
	}
	t.Cleanup(stop)
	return c, stop
}

func initDir(t testing.TB) (string, *certs.Fleet) {
	t.Helper()
	dir := t.TempDir()
	f, err := cloud.Init(dir, "test fleet", []string{"localhost", "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	return dir, f
}

func page(t testing.TB, c *cloud.Cloud, o *certs.Owner) *cloudtest.Page {
	t.Helper()
	p := cloudtest.NewPage(t, o, c.HTTPSAddr(), c.Fleet())
	p.LogIn()
	return p
}

// An event of a camera reaches its owner, and nobody else.
func TestFromCameraToItsOwnerOnly(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	alice, bob := cloudtest.Owner(t), cloudtest.Owner(t)
	w := cloudtest.NewCamera(t, fleet).Claim(alice, 1)
	pa, pb := page(t, c, alice), page(t, c, bob)
	stream, foreign := pa.Stream("after=0"), pb.Stream("after=0")

	s := w.Connect(c.MQTTAddr())
	s.Send(cloudtest.Topic(w.ID, "status"), 1, true, []byte("online"))
	picture, thumb := w.Picture(9000)
	clip, part := w.Part(200_000, 0)
	sent := [][]byte{
		cloudtest.Message(t, w.Record(certs.Claimed)),
		cloudtest.Message(t, w.Record(certs.Started, func(r *certs.Record) { r.Media = []certs.Media{thumb} }), picture),
		cloudtest.Message(t, w.Record(certs.Part, func(r *certs.Record) { r.Media = []certs.Media{part} })),
	}
	if no := s.Deliver(w.Camera, sent...); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	items := pa.Records("after=0")
	if len(items) != 3 {
		t.Fatalf("owner has %d records", len(items))
	}
	for i, it := range items {
		if !bytes.HasPrefix(sent[i], it.Record) {
			t.Errorf("record %d was altered", i)
		}
		if at := time.UnixMilli(int64(it.Received)); time.Since(at) > time.Minute || time.Until(at) > 0 {
			t.Errorf("record %d received at %v", i, at)
		}
	}
	started, parted := items[1], items[2]

	// The thumbnail came with its record, the part comes now.
	thumbPath := fmt.Sprintf("/api/v1/records/%d/media/%s", started.Seq, thumb.Hash)
	partPath := fmt.Sprintf("/api/v1/records/%d/media/%s", parted.Seq, part.Hash)
	if status, b := pa.Do("GET", thumbPath, nil); status != 200 || !bytes.Equal(b, picture) {
		t.Errorf("thumbnail: %d, %d bytes", status, len(b))
	}
	if status, _ := pa.Do("GET", partPath, nil); status != 404 {
		t.Errorf("part before its upload: %d", status)
	}
	cl := w.HTTP()
	if status, _ := w.Upload(cl, "HEAD", c.HTTPSAddr(), part.Hash, nil); status != 404 {
		t.Errorf("HEAD before the upload: %d", status)
	}
	if status, _ := w.Upload(cl, "PUT", c.HTTPSAddr(), part.Hash, clip); status != 201 {
		t.Errorf("PUT: %d", status)
	}
	if status, _ := w.Upload(cl, "PUT", c.HTTPSAddr(), part.Hash, clip); status != 200 {
		t.Errorf("PUT again: %d", status)
	}
	if status, b := pa.Do("GET", partPath, nil); status != 200 || !bytes.Equal(b, clip) {
		t.Errorf("part: %d, %d bytes", status, len(b))
	}

	// By seq and hash only, and not across records.
	if status, _ := pa.Do("GET", fmt.Sprintf("/api/v1/records/%d/media/%s", started.Seq, part.Hash), nil); status != 404 {
		t.Errorf("part by another record: %d", status)
	}

	// The stream brings all of it.
	for i := range sent {
		ev := cloudtest.Until(t, stream, "a record", func(e cloudtest.Event) bool { return e.Name == "record" })
		raw, err := base64.StdEncoding.DecodeString(ev.Data)
		if err != nil {
			t.Fatal(err)
		}
		var it cloudtest.Item
		if err := cbor.Unmarshal(raw, &it); err != nil || !bytes.Equal(it.Record, items[i].Record) || ev.ID != fmt.Sprint(items[i].Seq) {
			t.Errorf("stream: record %d: %v, id %s", i, err, ev.ID)
		}
	}
	ev := cloudtest.Until(t, stream, "the upload", func(e cloudtest.Event) bool { return e.Name == "media" })
	if ev.Data != fmt.Sprintf(`{"seq":%d,"sha256":"%s"}`, parted.Seq, part.Hash) {
		t.Errorf("upload: %s", ev.Data)
	}

	// The certificate that proves it.
	if status, der := pa.Do("GET", "/api/v1/certificates/"+w.Event.X5T.String(), nil); status != 200 || !bytes.Equal(der, w.Event.Raw) {
		t.Errorf("certificate: %d", status)
	}

	// Bob has nothing of it.
	if got := pb.Records("after=0"); len(got) != 0 {
		t.Errorf("another owner has %d records", len(got))
	}
	for _, path := range []string{thumbPath, partPath, "/api/v1/certificates/" + w.Event.X5T.String()} {
		if status, _ := pb.Do("GET", path, nil); status != 404 {
			t.Errorf("another owner gets %d for %s", status, path)
		}
	}
	if status, b := pb.Do("GET", "/api/v1/status", nil); status != 200 || string(bytes.TrimSpace(b)) != "[]" {
		t.Errorf("another owner's cameras: %s", b)
	}
	select {
	case ev := <-foreign:
		t.Errorf("another owner's stream brings %v", ev)
	default:
	}

	// What was given is written down.
	rows := 0
	st, err := c.JetStream().Stream(t.Context(), "ACCESS")
	if err != nil {
		t.Fatal(err)
	}
	for seq := uint64(1); seq <= st.CachedInfo().State.LastSeq; seq++ {
		m, err := st.GetMsg(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		if m.Subject != "access."+alice.ID.String() {
			t.Errorf("access row on %s", m.Subject)
		}
		rows++
	}
	if rows != 1+2+3 {
		t.Errorf("%d access rows instead of one list, two pieces of media and three streamed records", rows)
	}
}

// claimed starts a cloud with one camera, which has told it whose it is, and its owner's page.
func claimed(t *testing.T) (*cloudtest.Owned, *cloudtest.Session, *cloudtest.Page) {
	t.Helper()
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	alice := cloudtest.Owner(t)
	w := cloudtest.NewCamera(t, fleet).Claim(alice, 1)
	s := w.Connect(c.MQTTAddr())
	if no := s.Deliver(w.Camera, cloudtest.Message(t, w.Record(certs.Claimed))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	return w, s, page(t, c, alice)
}

// Status follows what the camera says, and its will when it cannot say it.
func TestStatus(t *testing.T) {
	w, s, p := claimed(t)
	get := func() (out []struct {
		Device string
		Online bool
		Since  int64
	},
	) {
		status, b := p.Do(http.MethodGet, "/api/v1/status", nil)
		if err := json.Unmarshal(b, &out); status != 200 || err != nil {
			t.Fatalf("status: %d %s", status, b)
		}
		return out
	}
	if got := get(); len(got) != 1 || got[0].Device != w.ID.String() || got[0].Online {
		t.Fatalf("before it said anything: %+v", got)
	}
	events := p.Stream("after=0")
	for _, word := range []string{"online", "offline", "online"} {
		s.Send(cloudtest.Topic(w.ID, "status"), 1, true, []byte(word))
		cloudtest.Until(t, events, word, func(e cloudtest.Event) bool {
			var p struct{ Online bool }
			return e.Name == "status" && json.Unmarshal([]byte(e.Data), &p) == nil && p.Online == (word == "online")
		})
	}
	if got := get(); !got[0].Online || time.Since(time.UnixMilli(got[0].Since)) > time.Minute {
		t.Errorf("online: %+v", got)
	}
	// Sold: the first owner hears no more of it.
	bob := cloudtest.Owner(t)
	sold := w.Record(certs.Closed, func(r *certs.Record) { r.Closing = w.Closing(r.Position, w.Release(bob)) })
	if no := s.Deliver(w.Camera, cloudtest.Message(t, sold)); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	next := w.Camera.Claim(bob, 2)
	next.Next = w.Next
	if no := s.Deliver(w.Camera, cloudtest.Message(t, next.Record(certs.Claimed))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	if got := get(); len(got) != 0 {
		t.Errorf("after it was sold: %+v", got)
	}
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func b64decode(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A word of a camera that comes while a stream opens is told, at the latest after what stands at its beginning.
func TestWordWhileStreamOpens(t *testing.T) {
	w, s, p := claimed(t)
	words := []string{"online", "offline"}
	for i := range 200 {
		word := words[i%2]
		events, stop := p.Follow("")
		time.Sleep(time.Duration(rand.IntN(4000)) * time.Microsecond)
		s.Publish(cloudtest.Topic(w.ID, "status"), 1, true, []byte(word))
		cloudtest.Until(t, events, word, func(e cloudtest.Event) bool {
			return e.Name == "status" && strings.Contains(e.Data, fmt.Sprintf(`"online":%v`, word == "online"))
		})
		stop()
	}
}
