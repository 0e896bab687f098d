package e2e

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// netcam is a camera on the network that shows a stage: MJPEG over HTTP, to who knows its address to the end and answers
// its challenge with name and password (Digest, RFC 7616).
type netcam struct {
	t        *testing.T
	stage    *stage
	host     string // host:port
	token    string // in its address
	name     string
	password string

	mu     sync.Mutex
	nonce  string
	server *http.Server // nil: it is away

	refused atomic.Int64 // requests without, or with a wrong, answer
}

// newNetcam has a camera listen until the test ends.
func newNetcam(t *testing.T, st *stage) *netcam {
	t.Helper()
	c := &netcam{t: t, stage: st, token: rand.Text(), name: "signet-" + rand.Text()[:8], password: rand.Text() + " sesame"}
	c.host = "127.77.7.7:0" // where nobody else looks for a free port while it is away
	c.comesBack()
	t.Cleanup(func() {
		if c.server != nil {
			c.goesAway()
		}
	})
	return c
}

// address is what the agent's configuration names as source.
func (c *netcam) address() string { return "http://" + c.host + "/video?token=" + c.token }

// comesBack listens, where it did before.
func (c *netcam) comesBack() {
	c.t.Helper()
	l, err := net.Listen("tcp", c.host)
	if err != nil {
		c.t.Fatal(err)
	}
	c.host = l.Addr().String()
	c.server = &http.Server{Handler: http.HandlerFunc(c.serve)}
	go c.server.Serve(l)
}

// goesAway ends all connections, and listens no more.
func (c *netcam) goesAway() {
	if err := c.server.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		c.t.Errorf("netcam: %v", err)
	}
	c.server = nil
}

func (c *netcam) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/video" || r.URL.Query().Get("token") != c.token {
		http.NotFound(w, r)
		return
	}
	if !c.knows(r) {
		c.refused.Add(1)
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Digest realm="netcam", qop="auth", algorithm=MD5, nonce="%s"`, c.challenge()))
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	c.show(w, r)
}

// show sends pictures of the stage until one of both ends it.
func (c *netcam) show(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=netcam")
	tick := time.NewTicker(time.Second / framesPerSecond)
	defer tick.Stop()
	for {
		img := c.stage.next()
		fmt.Fprintf(w, "--netcam\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n", len(img))
		w.Write(img)
		fmt.Fprint(w, "\r\n")
		if http.NewResponseController(w).Flush() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

// challenge makes a nonce that is good once.
func (c *netcam) challenge() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nonce = rand.Text()
	return c.nonce
}

var param = regexp.MustCompile(`(\w+)=(?:"([^"]*)"|([^\s,]+))`)

// knows says whether a request answers the last challenge.
func (c *netcam) knows(r *http.Request) bool {
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Digest ")
	p := map[string]string{}
	for _, m := range param.FindAllStringSubmatch(rest, -1) {
		p[m[1]] = m[2] + m[3]
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !ok || c.nonce == "" || p["nonce"] != c.nonce || p["uri"] != r.RequestURI {
		return false
	}
	c.nonce = ""
	secret, asked := md5Hex(c.name, "netcam", c.password), md5Hex(r.Method, r.RequestURI)
	return p["response"] == md5Hex(secret, p["nonce"], p["nc"], p["cnonce"], "auth", asked)
}

func md5Hex(parts ...string) string {
	sum := md5.Sum([]byte(strings.Join(parts, ":")))
	return hex.EncodeToString(sum[:])
}
