package ownertest

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"signet/certs"
)

// Cloud gives whoever logs in everything that it was given, of whatever owner: it is as confused as a cloud can be.
type Cloud struct {
	URL   *url.URL
	CA    *x509.Certificate
	Fleet *certs.Fleet

	mu       sync.Mutex
	items    []Delivery // seq is the index and 1
	certs    map[certs.Hash][]byte
	nonces   map[[32]byte]bool
	sessions map[string]certs.OwnerID
	more     chan struct{} // closed when something comes
	logins   int
	seen     []http.Header
	handlers map[string]http.HandlerFunc
	mail     mail
}

// NewCloud starts a cloud that ends with the test.
func NewCloud(t testing.TB) *Cloud {
	t.Helper()
	f, err := certs.NewFleet("test fleet")
	must(t, err)
	key, err := certs.NewKey()
	must(t, err)
	der, err := f.IssueServer(&key.PublicKey, []string{"127.0.0.1", "localhost"})
	must(t, err)
	c := &Cloud{CA: f.Cert, Fleet: f, certs: map[certs.Hash][]byte{}, nonces: map[[32]byte]bool{}, sessions: map[string]certs.OwnerID{}, more: make(chan struct{}), handlers: map[string]http.HandlerFunc{}}
	s := httptest.NewUnstartedServer(c)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	c.URL, err = url.Parse(s.URL)
	must(t, err)
	return c
}

// Put adds deliveries to everybody's stream.
func (c *Cloud) Put(ds ...Delivery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items = append(c.items, ds...)
	close(c.more)
	c.more = make(chan struct{})
}

// Keep makes the cloud answer for a certificate.
func (c *Cloud) Keep(der []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.certs[certs.HashOf(der)] = der
}

// Handle answers one path in its own way, without a session.
func (c *Cloud) Handle(path string, f http.HandlerFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handlers[path] = f
}

// Forget ends all sessions.
func (c *Cloud) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.sessions)
}

// Logins returns how many sessions were opened; Seen the headers of all requests.
func (c *Cloud) Logins() int { c.mu.Lock(); defer c.mu.Unlock(); return c.logins }

// Seen returns the headers of all requests.
func (c *Cloud) Seen() []http.Header {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]http.Header(nil), c.seen...)
}

func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.seen = append(c.seen, r.Header.Clone())
	own := c.handlers[r.URL.Path]
	_, known := c.sessions[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	c.mu.Unlock()
	switch p := r.URL.Path; {
	case own != nil:
		own(w, r)
	case p == "/api/v1/challenge":
		c.challenge(w)
	case p == "/api/v1/session" && r.Method == http.MethodPost:
		c.logIn(w, r)
	case !known:
		say(w, http.StatusUnauthorized, "no session")
	case p == "/api/v1/session":
		w.WriteHeader(http.StatusNoContent)
	case p == "/api/v1/records":
		c.records(w, r)
	case p == "/api/v1/stream":
		c.stream(w, r)
	case strings.HasPrefix(p, "/api/v1/records/"):
		c.media(w, p)
	case strings.HasPrefix(p, "/api/v1/certificates/"):
		c.certificate(w, path.Base(p))
	case c.carry(w, r):
	default:
		say(w, http.StatusNotFound, "no such page")
	}
}

func say(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"error": message, "hint": "ask again"})
}

func (c *Cloud) challenge(w http.ResponseWriter) {
	nonce := certs.HashOf([]byte(time.Now().String()))
	c.mu.Lock()
	c.nonces[nonce] = true
	c.mu.Unlock()
	json.NewEncoder(w).Encode(map[string]string{"nonce": base64.RawURLEncoding.EncodeToString(nonce[:])})
}

func (c *Cloud) logIn(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	l, err := certs.ParseLogin(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err != nil:
		say(w, http.StatusForbidden, err.Error())
		return
	case !c.nonces[l.Nonce] || l.Origin != c.URL.String() || l.Cloud != certs.HashOf(c.Fleet.Cert.Raw):
		say(w, http.StatusForbidden, "nonce, origin or cloud is not ours")
		return
	}
	delete(c.nonces, l.Nonce)
	c.logins++
	token := fmt.Sprintf("token-%d", c.logins)
	c.sessions[token] = l.Owner
	json.NewEncoder(w).Encode(map[string]any{"token": token, "owner": l.Owner.String(), "expires": time.Now().Add(time.Hour).Unix()})
}

func (c *Cloud) item(seq int) []byte {
	b, err := cbor.Marshal([]any{seq, c.items[seq-1].Record, time.Now().UnixMilli()})
	if err != nil {
		panic(err)
	}
	return b
}

func (c *Cloud) records(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	limit, _ := strconv.Atoi(r.FormValue("limit"))
	limit = min(max(limit, 1), 500)
	from, to := 1, len(c.items)
	if s := r.FormValue("after"); s != "" {
		from, _ = strconv.Atoi(s)
		from++
		to = min(to, from+limit-1)
	} else {
		if s := r.FormValue("before"); s != "" {
			to, _ = strconv.Atoi(s)
			to--
		}
		from = max(1, to-limit+1)
	}
	w.Header().Set("Content-Type", "application/cbor-seq")
	for i := from; i <= to; i++ {
		w.Write(c.item(i))
	}
}

func (c *Cloud) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, ": hello\n\n")
	w.(http.Flusher).Flush()
	at, _ := strconv.Atoi(r.FormValue("after"))
	for {
		c.mu.Lock()
		for ; at < len(c.items); at++ {
			fmt.Fprintf(w, "event: record\nid: %d\ndata: %s\n\n", at+1, base64.StdEncoding.EncodeToString(c.item(at+1)))
			for h := range c.items[at].Media {
				fmt.Fprintf(w, "event: media\ndata: {\"seq\": %d, \"sha256\": %q}\n\n", at+1, h)
			}
		}
		more := c.more
		c.mu.Unlock()
		w.(http.Flusher).Flush()
		select {
		case <-more:
		case <-r.Context().Done():
			return
		}
	}
}

func (c *Cloud) media(w http.ResponseWriter, p string) {
	f := strings.Split(strings.TrimPrefix(p, "/api/v1/records/"), "/")
	seq, _ := strconv.Atoi(f[0])
	h, err := certs.ParseHash(path.Base(p))
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || seq < 1 || seq > len(c.items) || c.items[seq-1].Media[h] == nil {
		say(w, http.StatusNotFound, "not uploaded yet")
		return
	}
	w.Write(c.items[seq-1].Media[h])
}

func (c *Cloud) certificate(w http.ResponseWriter, name string) {
	b, err := hex.DecodeString(name)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || len(b) != 32 || c.certs[certs.Hash(b)] == nil {
		say(w, http.StatusNotFound, "no such certificate")
		return
	}
	w.Write(c.certs[certs.Hash(b)])
}
