package serve

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"signet/certs"
)

// How long a handover code is good, and how many wrong ones end it.
const (
	HandoverLife  = 10 * time.Minute
	handoverTries = 5
)

var (
	errWrongCode = errors.New("the code is wrong")
	errNoCode    = errors.New("the code was used, has expired, or was tried too often")
)

// handover gives the owner's seed to one page, once. It is safe for concurrent use.
type handover struct {
	owner *certs.Owner
	log   *slog.Logger

	mu    sync.Mutex
	hash  [sha256.Size]byte // of the code
	until time.Time
	tries int // left
}

// newHandover returns a handover and its code: 128 random bits.
func newHandover(owner *certs.Owner, log *slog.Logger) (*handover, string) {
	var b [16]byte
	rand.Read(b[:])
	code := base64.RawURLEncoding.EncodeToString(b[:])
	return &handover{owner: owner, log: log, hash: sha256.Sum256([]byte(code)), until: time.Now().Add(HandoverLife), tries: handoverTries}, code
}

// redeem uses the code up or says why not. Hashes are compared, so that time tells neither length nor prefix.
func (h *handover) redeem(code string) error {
	got := sha256.Sum256([]byte(code))
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.tries == 0 || time.Now().After(h.until) {
		return errNoCode
	}
	if subtle.ConstantTimeCompare(got[:], h.hash[:]) != 1 {
		h.tries--
		return errWrongCode
	}
	h.tries = 0
	return nil
}

func (h *handover) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, http.StatusMethodNotAllowed, "only POST is spoken here", "")
		return
	}
	var body struct {
		Code string `json:"code"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 512)).Decode(&body); err != nil {
		refuse(w, http.StatusBadRequest, "the request is not {\"code\": ...}", "")
		return
	}
	if err := h.redeem(body.Code); err != nil {
		h.log.Warn("handover refused", "reason", err)
		status := http.StatusForbidden
		if errors.Is(err, errNoCode) {
			status = http.StatusGone
		}
		refuse(w, status, err.Error(), "start signet-owner serve --handover again for a new link")
		return
	}
	h.log.Info("handover done: a page on this machine holds the owner's keys now")
	seed := h.owner.Seed()
	answer(w, map[string]string{
		"seed": base64.RawURLEncoding.EncodeToString(seed[:]),
		"root": base64.RawURLEncoding.EncodeToString(h.owner.Root),
	})
}

// answer writes v as JSON that nobody keeps.
func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(v)
}

// refuse writes an error in the form of docs/protocol.md.
func refuse(w http.ResponseWriter, status int, message, hint string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(struct {
		Error string `json:"error"`
		Hint  string `json:"hint,omitempty"`
	}{message, hint})
}
