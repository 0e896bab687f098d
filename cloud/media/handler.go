package media

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"math"
	"math/big"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"golang.org/x/time/rate"

	"signet/certs"
	"signet/cloud/limit"
)

// Config says what taking in media needs.
type Config struct {
	Store   *Store
	Index   *Index
	Fleet   *x509.Certificate
	Metrics *metrics.Set
	Log     *slog.Logger
	// Quota is how many bytes a device may upload a day; a quarter of it at once. 0 is 8 GiB.
	Quota int64
	// Uploads is how many run at once; 0 is 64. Of one device two do.
	Uploads int
	// Stall is how long an upload may bring nothing; 0 is 30 s.
	Stall time.Duration
	// Revoked says whether a device certificate with this serial number was revoked; nil: none is.
	Revoked func(serial *big.Int) bool
	// Arrived is told of each piece that is new.
	Arrived func(context.Context, *Wanted)
}

// Handler answers PUT and HEAD /media/<sha256> for cameras.
type Handler struct {
	cfg   Config
	quota *limit.Keyed[certs.DeviceID]
	slots chan struct{}

	mu      sync.Mutex
	running map[certs.DeviceID]int
}

// perDevice is how many uploads of one device run at once.
const perDevice = 2

// uploadTime bounds one upload; a part of 8 MiB at 1 Mbit/s takes 67 s.
const uploadTime = 5 * time.Minute

// NewHandler returns the handler.
func NewHandler(cfg Config) *Handler {
	if cfg.Quota == 0 {
		cfg.Quota = 8 << 30
	}
	if cfg.Uploads == 0 {
		cfg.Uploads = 64
	}
	if cfg.Stall == 0 {
		cfg.Stall = 30 * time.Second
	}
	if cfg.Revoked == nil {
		cfg.Revoked = func(*big.Int) bool { return false }
	}
	perSecond := rate.Limit(float64(cfg.Quota) / (24 * 60 * 60))
	burst := int(min(cfg.Quota/4, math.MaxInt32))
	return &Handler{
		cfg: cfg, quota: limit.New[certs.DeviceID](perSecond, burst, 1<<16),
		slots: make(chan struct{}, cfg.Uploads), running: map[certs.DeviceID]int{},
	}
}

// begin takes one of a device's uploads, if it has one left.
func (h *Handler) begin(d certs.DeviceID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.running[d] >= perDevice {
		return false
	}
	h.running[d]++
	return true
}

func (h *Handler) end(d certs.DeviceID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.running[d]--; h.running[d] == 0 {
		delete(h.running, d)
	}
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	device, err := h.device(r.TLS)
	if err != nil {
		h.answer(w, r, certs.DeviceID{}, http.StatusForbidden, err)
		return
	}
	hash, err := certs.ParseHash(r.PathValue("hash"))
	if err != nil {
		h.answer(w, r, device, http.StatusBadRequest, err)
		return
	}
	want, err := h.cfg.Index.Find(r.Context(), device, hash)
	switch {
	case errors.Is(err, ErrUnwanted):
		h.answer(w, r, device, http.StatusForbidden, err)
		return
	case err != nil:
		wait(w, 5*time.Second)
		h.answer(w, r, device, http.StatusServiceUnavailable, err)
		return
	}
	has, err := h.cfg.Store.Has(device, hash)
	switch {
	case err != nil:
		h.answer(w, r, device, http.StatusInternalServerError, err)
	case has:
		h.answer(w, r, device, http.StatusOK, nil)
	case r.Method == http.MethodHead:
		h.answer(w, r, device, http.StatusNotFound, nil)
	default:
		h.take(w, r, device, want)
	}
}

// take stores the body, if it is what the record names.
func (h *Handler) take(w http.ResponseWriter, r *http.Request, device certs.DeviceID, want *Wanted) {
	size := want.Media.Size
	switch {
	case r.ContentLength > certs.MaxPart:
		h.answer(w, r, device, http.StatusRequestEntityTooLarge, errors.New("larger than any part"))
		return
	case r.ContentLength >= 0 && uint64(r.ContentLength) != size:
		h.answer(w, r, device, http.StatusBadRequest, errors.New("not the size that the record names"))
		return
	}
	if !h.begin(device) {
		wait(w, 2*time.Second)
		h.answer(w, r, device, http.StatusTooManyRequests, errors.New("too many uploads of this device at once"))
		return
	}
	defer h.end(device)
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		wait(w, 2*time.Second)
		h.answer(w, r, device, http.StatusServiceUnavailable, errors.New("too many uploads at once"))
		return
	}
	if d, ok := h.quota.Take(device, int(size)); !ok {
		wait(w, d)
		h.answer(w, r, device, http.StatusTooManyRequests, errors.New("quota of this device is used up"))
		return
	}
	body := &body{Reader: r.Body, ctl: http.NewResponseController(w), stall: h.cfg.Stall, until: time.Now().Add(uploadTime)}
	defer body.done()
	err := h.cfg.Store.Put(device, want.Media.Hash, size, body)
	switch {
	case errors.Is(err, ErrHash), body.failed:
		h.quota.Give(device, int(size-min(body.n, size))) // what did come has cost
	case err != nil:
		h.quota.Give(device, int(size))
	}
	switch {
	case errors.Is(err, ErrHash):
		h.answer(w, r, device, http.StatusBadRequest, err)
	case errors.Is(err, ErrFull):
		h.answer(w, r, device, http.StatusInsufficientStorage, err)
	case err != nil:
		h.answer(w, r, device, http.StatusInternalServerError, err)
	default:
		h.cfg.Metrics.GetOrCreateCounter("signet_media_bytes_total").Add(int(size))
		h.cfg.Arrived(r.Context(), want)
		h.answer(w, r, device, http.StatusCreated, nil)
	}
}

// device returns whose TLS client certificate it is.
func (h *Handler) device(s *tls.ConnectionState) (certs.DeviceID, error) {
	if s == nil || len(s.VerifiedChains) == 0 {
		return certs.DeviceID{}, errors.New("no device certificate")
	}
	d, err := certs.VerifyDeviceCertificate(s.PeerCertificates[0].Raw, h.cfg.Fleet)
	if err != nil {
		return certs.DeviceID{}, err
	}
	if h.cfg.Revoked(d.Serial) {
		return certs.DeviceID{}, errors.New("device certificate was revoked")
	}
	return d.Device, nil
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request, d certs.DeviceID, status int, err error) {
	h.cfg.Metrics.GetOrCreateCounter(`signet_media_requests_total{method="` + r.Method + `",status="` + strconv.Itoa(status) + `"}`).Inc()
	hash := r.PathValue("hash")
	if len(hash) > 8 {
		hash = hash[:8]
	}
	switch {
	case errors.Is(err, ErrUnwanted): // a camera asks before its record is here, and asks again
		h.cfg.Log.Debug("media refused", "device", d, "hash", hash, "status", status, "err", err)
	case err != nil:
		h.cfg.Log.Warn("media refused", "device", d, "hash", hash, "status", status, "err", err)
	case status == http.StatusCreated:
		h.cfg.Log.Info("media stored", "device", d, "hash", hash, "bytes", r.ContentLength)
	}
	w.WriteHeader(status)
}

// wait sets Retry-After, in whole seconds, at least one.
func wait(w http.ResponseWriter, d time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(d.Seconds())))))
}
