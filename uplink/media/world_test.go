package media

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"signet/certs"
	"signet/certs/certstest"
	"signet/uplink/uplinktest"
)

// cloud plays the cloud's side of docs/protocol.md, with a handler in front that may misbehave.
type cloud struct {
	*httptest.Server
	t     testing.TB
	front func(w http.ResponseWriter, r *http.Request) bool // handled; may be nil

	mu    sync.Mutex
	parts map[string][]byte
	asked []string // method and hash
}

func newCloud(t testing.TB, fleet *certs.Fleet) *cloud {
	t.Helper()
	c := &cloud{t: t, parts: make(map[string][]byte)}
	c.Server = httptest.NewUnstartedServer(c)
	c.TLS = uplinktest.Server(t, fleet, fleet.Cert)
	c.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(c.Close)
	return c
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hash := strings.TrimPrefix(r.URL.Path, "/media/")
	c.mu.Lock()
	c.asked = append(c.asked, r.Method+" "+hash[:8])
	_, have := c.parts[hash]
	front := c.front
	c.mu.Unlock()
	if front != nil && front(w, r) {
		return
	}
	switch {
	case have:
		w.WriteHeader(http.StatusOK)
	case r.Method == http.MethodHead:
		w.WriteHeader(http.StatusNotFound)
	default:
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if certs.HashOf(b).String() != hash {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		c.parts[hash] = b
		c.mu.Unlock()
		w.WriteHeader(http.StatusCreated)
	}
}

func (c *cloud) has(p piece) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Equal(c.parts[p.hash.String()], p.data)
}

func (c *cloud) log() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.asked...)
}

// piece is a part as the recorder hands it over.
type piece struct {
	pos  certs.Position
	hash certs.Hash
	data []byte
}

func newPiece(n uint64, size int) piece {
	b := bytes.Repeat([]byte{byte(n), byte(n >> 8)}, size/2)
	return piece{certs.Position{Boot: 3, N: n}, certs.HashOf(b), b}
}

func (p piece) rng() certs.Range { return certs.Range{Boot: p.pos.Boot, From: p.pos.N, To: p.pos.N} }

type world struct {
	t      testing.TB
	fleet  *certs.Fleet
	camera *certstest.Camera
	cloud  *cloud
	lost   []certs.Position
	mu     sync.Mutex
}

func newWorld(t testing.TB) *world {
	f := certstest.NewFleet(t)
	return &world{t: t, fleet: f, camera: certstest.NewCamera(t, f), cloud: newCloud(t, f)}
}

func (w *world) config() Config {
	return Config{
		URL:  w.cloud.URL,
		Dial: uplinktest.Ring(w.t, uplinktest.Dial(w.camera, w.fleet)),
		Dropped: func(p certs.Position) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.lost = append(w.lost, p)
		},
		Log: uplinktest.Log(w.t, slog.LevelInfo),
	}
}

func (w *world) dropped() []certs.Position {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]certs.Position(nil), w.lost...)
}

func (w *world) queue(cfg Config) *Queue {
	w.t.Helper()
	q, err := New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return q
}

// run runs a queue until the test ends or stop is called, and checks that nothing of it is left.
func (w *world) run(q *Queue) (stop func()) {
	return uplinktest.Run(w.t, q.Run)
}

func (w *world) add(q *Queue, p piece) {
	w.t.Helper()
	if err := q.Add(p.pos, p.hash, p.data); err != nil {
		w.t.Fatal(err)
	}
}

func refusedAddr(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return "https://" + ln.Addr().String()
}
