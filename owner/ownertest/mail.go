package ownertest

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// mail is what a cloud keeps to carry between owners and cameras. This one believes everything and gives it to everybody.
type mail struct {
	posted    map[string][][]byte // by the last segment of the path, oldest first
	offers    [][]byte
	ownership []map[string]any
}

// Posted returns the statements that were posted to "grants", "policies", "releases" or "lost", and answers left at "join/<id>".
func (c *Cloud) Posted(where string) [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.mail.posted[where])
}

// Offer adds an offer message to everybody's.
func (c *Cloud) Offer(msg []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mail.offers = append(c.mail.offers, msg)
}

// Say adds an object to what GET /api/v1/ownership answers.
func (c *Cloud) Say(ownership map[string]any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mail.ownership = append(c.mail.ownership, ownership)
}

// carry answers what is about mail, and says whether it was.
func (c *Cloud) carry(w http.ResponseWriter, r *http.Request) bool {
	where := strings.TrimPrefix(r.URL.Path, "/api/v1/")
	body, _ := io.ReadAll(io.LimitReader(r.Body, 256<<10))
	c.mu.Lock()
	defer c.mu.Unlock()
	m := &c.mail
	put := func(status int) {
		if m.posted == nil {
			m.posted = map[string][][]byte{}
		}
		m.posted[where] = append(m.posted[where], body)
		w.WriteHeader(status)
	}
	switch {
	case r.Method == http.MethodPut && strings.HasPrefix(where, "join/"):
		put(http.StatusNoContent)
	case r.Method == http.MethodPost && slices.Contains([]string{"grants", "policies", "releases", "lost"}, where):
		put(http.StatusAccepted)
	case r.Method == http.MethodGet && where == "policies":
		for _, p := range m.posted[where] {
			w.Write(encoded(p))
		}
	case r.Method == http.MethodGet && where == "offers":
		for _, o := range m.offers {
			w.Write(encoded([]any{time.Now().UnixMilli(), o}))
		}
	case r.Method == http.MethodGet && where == "ownership":
		json.NewEncoder(w).Encode(m.ownership)
	default:
		return false
	}
	return true
}

func encoded(v any) []byte {
	b, err := cbor.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
