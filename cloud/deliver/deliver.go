package deliver

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/bind"
	"signet/cloud/engine"
	"signet/cloud/ledger"
	"signet/cloud/limit"
	"signet/cloud/media"
)

// Config says what delivering needs.
type Config struct {
	Engine  *engine.Engine
	Fleet   *x509.Certificate // CA, by which log-ins name this cloud
	Chains  *bind.Chains
	Ledger  *ledger.Store
	Media   *media.Store
	Metrics *metrics.Set
	Log     *slog.Logger
	Origins []string // of this cloud, "https://host:port"

	// InterceptRecord and InterceptMedia are for tests only: they replace what is delivered, after every check of this
	// package, to prove that the owner's page refuses it. No configuration reaches them.
	InterceptRecord func(owner certs.OwnerID, seq uint64, record []byte) []byte
	InterceptMedia  func(owner certs.OwnerID, seq uint64, hash certs.Hash, ciphertext []byte) []byte
}

// readLimit bounds the time that a body takes; the largest has 64 KiB.
const readLimit = 20 * time.Second

// Deliver answers owners.
type Deliver struct {
	cfg      Config
	log      *slog.Logger
	js       jetstream.JetStream
	shelf    shelf
	status   jetstream.Stream
	news     *news
	asking   *asking
	sessions *sessions
	logins   *limit.Keyed[string]   // requests without a session, by network
	requests *limit.Keyed[*session] // the others
}

// New prepares the API; it starts nothing. Run must run for streams to hear of new records at once.
func New(ctx context.Context, cfg Config) (*Deliver, error) {
	js := cfg.Engine.JetStream()
	s, err := js.Stream(ctx, engine.Bind)
	if err != nil {
		return nil, fmt.Errorf("open bound records: %w", err)
	}
	st, err := js.Stream(ctx, engine.Status)
	if err != nil {
		return nil, fmt.Errorf("open status: %w", err)
	}
	return &Deliver{
		cfg: cfg, log: cfg.Log, js: js, shelf: shelf{s}, status: st,
		news:     newNews(),
		asking:   newAsking(),
		sessions: newSessions(certs.HashOf(cfg.Fleet.Raw), cfg.Origins),
		logins:   limit.New[string](10, 60, 1<<14),
		requests: limit.New[*session](200, 2000, maxSessions),
	}, nil
}

// Handler serves /api/v1/.
func (d *Deliver) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/challenge", d.limited(d.challenge))
	mux.HandleFunc("POST /api/v1/session", d.limited(d.logIn))
	mux.HandleFunc("DELETE /api/v1/session", d.proven(d.logOut))
	mux.HandleFunc("GET /api/v1/records", d.proven(d.records))
	mux.HandleFunc("GET /api/v1/stream", d.proven(d.stream))
	mux.HandleFunc("GET /api/v1/records/{seq}/media/{hash}", d.proven(d.media))
	mux.HandleFunc("GET /api/v1/certificates/{x5t}", d.proven(d.certificate))
	mux.HandleFunc("GET /api/v1/status", d.proven(d.cameras))
	mux.HandleFunc("POST /api/v1/live", d.proven(d.live))
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, http.StatusNotFound, "there is nothing here", "see docs/protocol.md")
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		mux.ServeHTTP(w, r)
	})
}

// limited lets through what an address may ask for without a session.
func (d *Deliver) limited(f http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if wait, ok := d.logins.Take(network(addr(r)), 1); !ok {
			tooMany(w, wait)
			return
		}
		f(w, r)
	}
}

// proven lets through requests of a session.
func (d *Deliver) proven(f func(http.ResponseWriter, *http.Request, *session)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s := d.sessions.of(r, time.Now())
		if s == nil {
			if wait, ok := d.logins.Take(network(addr(r)), 1); !ok {
				tooMany(w, wait)
				return
			}
			fail(w, http.StatusUnauthorized, "no session", "prove the owner key: POST /api/v1/challenge, then /api/v1/session")
			return
		}
		if wait, ok := d.requests.Take(s, 1); !ok {
			tooMany(w, wait)
			return
		}
		f(w, r, s)
	}
}

func (d *Deliver) challenge(w http.ResponseWriter, r *http.Request) {
	n := d.sessions.challenge(time.Now())
	reply(w, map[string]string{"nonce": base64.RawURLEncoding.EncodeToString(n[:])})
}

func (d *Deliver) logIn(w http.ResponseWriter, r *http.Request) {
	body, ok := read(w, r, maxLogin)
	if !ok {
		return
	}
	token, s, err := d.sessions.open(body, r.Header, addr(r), time.Now())
	if err != nil {
		d.count(`signet_deliver_logins_total{result="refused"}`)
		d.log.Warn("log-in refused", "addr", addr(r), "err", err)
		fail(w, http.StatusForbidden, err.Error(), "a log-in is good once, for two minutes, for one cloud and one origin")
		return
	}
	d.count(`signet_deliver_logins_total{result="opened"}`)
	d.log.Info("log-in", "owner", s.owner.Short(), "session", s.name, "addr", s.addr)
	reply(w, map[string]any{"token": token, "owner": s.owner.String(), "expires": s.expires.Unix()})
}

func (d *Deliver) logOut(w http.ResponseWriter, r *http.Request, s *session) {
	d.sessions.close(r)
	d.log.Info("log-out", "owner", s.owner.Short(), "session", s.name)
	w.WriteHeader(http.StatusNoContent)
}

func (d *Deliver) certificate(w http.ResponseWriter, r *http.Request, s *session) {
	x5t, err := certs.ParseHash(r.PathValue("x5t"))
	if err != nil {
		fail(w, http.StatusBadRequest, err.Error(), "")
		return
	}
	der, err := d.cfg.Chains.Event(r.Context(), x5t, s.owner)
	if err != nil {
		d.broken(w, r, err)
		return
	}
	if der == nil {
		fail(w, http.StatusNotFound, "no such certificate of this owner", "the camera shows it again when it starts")
		return
	}
	w.Header().Set("Content-Type", "application/pkix-cert")
	w.Write(der)
}

func (d *Deliver) count(name string) { d.cfg.Metrics.GetOrCreateCounter(name).Inc() }

// broken answers when this cloud cannot do its part.
func (d *Deliver) broken(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the asker is gone
	}
	d.log.Error("request failed", "path", r.URL.Path, "err", err)
	w.Header().Set("Retry-After", "5")
	fail(w, http.StatusServiceUnavailable, "the cloud cannot answer now", "try again later")
}

func addr(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// network is what one asker is counted by: an IPv4 address, or the /64 that one host has of IPv6.
func network(addr string) string {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return addr
	}
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}

// read reads a body of at most limit bytes; otherwise it has answered.
func read(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, bool) {
	ctl := http.NewResponseController(w)
	_ = ctl.SetReadDeadline(time.Now().Add(readLimit)) // not every transport has one
	defer func() { _ = ctl.SetReadDeadline(time.Time{}) }()
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		fail(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("body is larger than %d bytes", limit), "")
		return nil, false
	case err != nil:
		fail(w, http.StatusBadRequest, "body cannot be read", "")
		return nil, false
	}
	return b, true
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the asker is gone, or has it
}

func fail(w http.ResponseWriter, status int, message, hint string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct {
		Error string `json:"error"`
		Hint  string `json:"hint,omitempty"`
	}{message, hint})
}

func tooMany(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
	fail(w, http.StatusTooManyRequests, "too many requests", "wait as long as Retry-After says")
}
