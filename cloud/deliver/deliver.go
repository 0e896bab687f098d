package deliver

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/bind"
	"signet/cloud/engine"
	"signet/cloud/ledger"
	"signet/cloud/limit"
	"signet/cloud/mail"
	"signet/cloud/media"
)

// Config says what delivering needs.
type Config struct {
	Engine  *engine.Engine
	Fleet   *x509.Certificate // CA, by which log-ins name this cloud
	Chains  *bind.Chains
	Ledger  *ledger.Store
	Mail    *mail.Mail
	Media   *media.Store
	Metrics *metrics.Set
	Log     *slog.Logger
	Origins []string      // of this cloud, "https://host:port"
	CRL     func() []byte // the fleet's revocation list, DER; nil: there is none

	// InterceptRecord and InterceptMedia are for tests only: they replace what is delivered, after every check of this
	// package, to prove that the owner's page refuses it. No configuration reaches them.
	InterceptRecord func(owner certs.OwnerID, seq uint64, record []byte) []byte
	InterceptMedia  func(owner certs.OwnerID, seq uint64, hash certs.Hash, ciphertext []byte) []byte
}

// Deliver answers owners.
type Deliver struct {
	cfg      Config
	log      *slog.Logger
	js       jetstream.JetStream
	shelf    shelf
	status   jetstream.Stream
	news     *news
	asking   *asking
	joins    *joins
	sessions *sessions
	logins   *limit.Keyed[string]   // requests without a session, by network
	requests *limit.Keyed[*session] // the others
	posts    *limit.Keyed[certs.KeyID]
}

// New prepares the API; it starts nothing. Run must run for streams to hear of new records at once.
func New(ctx context.Context, cfg Config) (*Deliver, error) {
	if cfg.CRL == nil {
		cfg.CRL = func() []byte { return nil }
	}
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
		joins:    newJoins(),
		sessions: newSessions(certs.HashOf(cfg.Fleet.Raw), cfg.Origins),
		logins:   limit.New[string](10, 60, 1<<14),
		requests: limit.New[*session](200, 2000, maxSessions),
		posts:    limit.New[certs.KeyID](1, 60, maxSessions),
	}, nil
}

// Handler serves /api/v1/.
func (d *Deliver) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/challenge", d.limited(d.challenge))
	mux.HandleFunc("POST /api/v1/session", d.limited(d.logIn))
	mux.HandleFunc("GET /api/v1/fleet", d.limited(d.fleet))
	mux.HandleFunc("GET /api/v1/crl", d.limited(d.crl))
	mux.HandleFunc("GET /api/v1/join/{id}", d.limited(d.getJoin))
	mux.HandleFunc("PUT /api/v1/join/{id}", d.proven(d.putJoin))
	mux.HandleFunc("DELETE /api/v1/session", d.proven(d.logOut))
	mux.HandleFunc("GET /api/v1/records", d.proven(d.records))
	mux.HandleFunc("GET /api/v1/stream", d.proven(d.stream))
	mux.HandleFunc("GET /api/v1/records/{seq}/media/{hash}", d.proven(d.media))
	mux.HandleFunc("GET /api/v1/certificates/{x5t}", d.proven(d.certificate))
	mux.HandleFunc("GET /api/v1/status", d.proven(d.cameras))
	mux.HandleFunc("POST /api/v1/live", d.proven(d.live))
	mux.HandleFunc("GET /api/v1/offers", d.proven(d.offers))
	mux.HandleFunc("GET /api/v1/policies", d.proven(d.policies))
	mux.HandleFunc("GET /api/v1/ownership", d.proven(d.ownership))
	mux.HandleFunc("POST /api/v1/grants", d.proven(d.post(d.cfg.Mail.PutGrant)))
	mux.HandleFunc("POST /api/v1/policies", d.proven(d.post(d.cfg.Mail.PutPolicy)))
	mux.HandleFunc("POST /api/v1/releases", d.proven(d.post(d.release)))
	mux.HandleFunc("POST /api/v1/lost", d.proven(d.post(d.lost)))
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

func (d *Deliver) count(name string) { d.cfg.Metrics.GetOrCreateCounter(name).Inc() }
