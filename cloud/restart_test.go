package cloud_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"signet/certs"
	"signet/cloud"
	"signet/cloud/cloudtest"
)

// childDir names the state folder to the process that TestKill kills.
const childDir = "SIGNET_TEST_CLOUD_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

// child runs a cloud until it is killed.
func child(dir string) {
	c, err := cloud.New(cloud.Config{Dir: dir, MQTT: "127.0.0.1:0", HTTPS: "127.0.0.1:0", Reserve: 1, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go func() {
		<-c.Ready()
		fmt.Println(c.MQTTAddr(), c.HTTPSAddr())
	}()
	fmt.Fprintln(os.Stderr, c.Run(context.Background()))
	os.Exit(1)
}

// life is one life of the child.
type life struct {
	cmd         *exec.Cmd
	mqtt, https string
}

func startChild(t *testing.T, dir string) *life {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	l := &life{cmd: exec.Command(exe)}
	l.cmd.Env = append(os.Environ(), childDir+"="+dir)
	l.cmd.Stderr = os.Stderr
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("child says nothing: %v", err)
	}
	if _, err := fmt.Sscan(line, &l.mqtt, &l.https); err != nil {
		t.Fatal(err)
	}
	return l
}

// kill is kill -9: nothing is flushed, nobody is told.
func (l *life) kill() {
	_ = l.cmd.Process.Kill()
	_ = l.cmd.Wait()
}

// A cloud that is killed again and again, in the middle of everything, loses no record that has a receipt and doubles
// none; a camera that repeats what has no receipt gets through.
func TestKill(t *testing.T) {
	dir, fleet := initDir(t)
	w := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	const n = 60
	open := map[certs.Position][]byte{}
	var order []certs.Position
	for i := range n {
		typ, media := certs.Tamper, []certs.Media(nil)
		var inline [][]byte
		if i == 0 {
			typ = certs.Claimed
		} else {
			sealed, md := w.Picture(4000)
			media, inline = []certs.Media{md}, [][]byte{sealed}
		}
		r := w.Record(typ, func(r *certs.Record) { r.Media = media })
		open[r.Position] = cloudtest.Message(t, r, inline...)
		order = append(order, r.Position)
	}
	sent := map[certs.Position][]byte{}
	for p, m := range open {
		sent[p] = m
	}
	lives := 0
	for deadline := time.Now().Add(30 * time.Second); len(open) > 0; lives++ {
		if time.Now().After(deadline) {
			t.Fatalf("%d records have no receipt after %d lives", len(open), lives)
		}
		l := startChild(t, dir)
		until := time.After(time.Duration(20+40*lives) * time.Millisecond)
		s, err := w.Dial(l.mqtt, w.ID.String(), func(o *mqtt.ClientOptions) { o.SetConnectionLostHandler(func(mqtt.Client, error) {}) })
		if err != nil {
			t.Fatal(err)
		}
		got, ok := s.Listen(cloudtest.Topic(w.ID, "receipts"))
		if !ok {
			t.Fatal("own receipts refused")
		}
		window := 0
		for _, p := range order {
			if m, ok := open[p]; ok && window < 16 {
				s.Publish(cloudtest.Topic(w.ID, "records"), 1, false, m)
				window++
			}
		}
		for waiting := true; waiting && len(open) > 0; {
			select {
			case b := <-got:
				r, err := certs.ParseReceipt(b, w.Fleet)
				if err != nil {
					t.Fatal(err)
				}
				if len(r.Refused) > 0 {
					t.Fatalf("refused: %v", r.Refused)
				}
				for _, x := range r.Bound {
					for i := x.From; i <= x.To; i++ {
						delete(open, certs.Position{Boot: x.Boot, N: i})
					}
				}
			case <-until:
				waiting = false
			}
		}
		l.kill()
	}
	if lives < 3 {
		t.Errorf("killed %d times only", lives)
	}
	t.Logf("%d lives", lives)

	l := startChild(t, dir)
	p := cloudtest.NewPage(t, w.Owner, l.https, fleet.Cert)
	p.LogIn()
	items := p.Records("after=0&limit=500")
	seen := map[certs.Position]bool{}
	for _, it := range items {
		r := it.Parsed(t)
		if seen[r.Position] {
			t.Errorf("record %v is there twice", r.Position)
		}
		seen[r.Position] = true
		if !bytes.HasPrefix(sent[r.Position], it.Record) {
			t.Errorf("record %v was altered", r.Position)
		}
		for _, md := range r.Media {
			if status, b := p.Do("GET", fmt.Sprintf("/api/v1/records/%d/media/%s", it.Seq, md.Hash), nil); status != 200 || certs.HashOf(b) != md.Hash {
				t.Errorf("picture of %v: %d", r.Position, status)
			}
		}
	}
	if len(seen) != n {
		t.Errorf("%d records instead of %d", len(seen), n)
	}
}

// Closed and opened again, the cloud has what it had, and a camera is offline until it says otherwise.
func TestRestart(t *testing.T) {
	dir, fleet := initDir(t)
	w := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	picture, md := w.Picture(3000)
	msgs := [][]byte{
		cloudtest.Message(t, w.Record(certs.Claimed)),
		cloudtest.Message(t, w.Record(certs.Started, func(r *certs.Record) { r.Media = []certs.Media{md} }), picture),
	}
	c, stop := run(t, dir)
	s := w.Connect(c.MQTTAddr())
	s.Send(cloudtest.Topic(w.ID, "status"), 1, true, []byte("online"))
	if no := s.Deliver(w.Camera, msgs...); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	before := page(t, c, w.Owner).Records("after=0")
	stop()

	c, _ = run(t, dir)
	p := page(t, c, w.Owner)
	if status, b := p.Do("GET", "/api/v1/status", nil); status != 200 || !bytes.Contains(b, []byte(`"online":false`)) {
		t.Errorf("status after a restart: %s", b)
	}
	// Without an online record: the certificate that the claim brought is remembered.
	s = w.Connect(c.MQTTAddr())
	if no := s.Deliver(w.Camera, append(msgs, cloudtest.Message(t, w.Record(certs.Tamper)))...); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	after := p.Records("after=0")
	if len(after) != 3 {
		t.Fatalf("%d records", len(after))
	}
	for i, it := range before {
		if it.Seq != after[i].Seq || !bytes.Equal(it.Record, after[i].Record) || it.Received != after[i].Received {
			t.Errorf("record %d is not what it was", i)
		}
	}
}

// One folder has one cloud.
func TestLock(t *testing.T) {
	dir, _ := initDir(t)
	run(t, dir)
	c, err := cloud.New(cloud.Config{Dir: dir, MQTT: "127.0.0.1:0", HTTPS: "127.0.0.1:0", Log: cloudtest.Log(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Run(t.Context()); err == nil {
		t.Error("a second cloud runs in the same folder")
	}
}

// A folder whose path is too long for a socket runs all the same.
func TestLongPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	if _, err := cloud.Init(dir, "test fleet", []string{"127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	_, stop := run(t, dir)
	stop()
}
