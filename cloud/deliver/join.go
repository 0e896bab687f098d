package deliver

import (
	"net/http"
	"sync"
	"time"

	"signet/certs"
)

const (
	joinLife    = 10 * time.Minute
	maxJoins    = 4096
	maxJoinsOne = 4  // answers of one owner that wait
	maxJoinsNet = 64 // and from one network: keys cost nothing
)

// joins keeps answers to join cards until they are fetched, in memory. They are sealed to the card; here they are bytes. It
// may be used concurrently.
type joins struct {
	mu   sync.Mutex
	byID map[certs.Hash]join
}

type join struct {
	from certs.KeyID
	net  string // see network
	at   time.Time
	body []byte
}

func newJoins() *joins { return &joins{byID: map[certs.Hash]join{}} }

// put keeps an answer, or says that there are too many. One that somebody else left under the same name stays.
func (j *joins) put(id certs.Hash, a join) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	owner, net := 0, 0 // others of the same
	for k, b := range j.byID {
		switch {
		case a.at.Sub(b.at) > joinLife:
			delete(j.byID, k)
		case k == id:
		default:
			if b.from == a.from {
				owner++
			}
			if b.net == a.net {
				net++
			}
		}
	}
	b, there := j.byID[id]
	if there && b.from != a.from || owner >= maxJoinsOne || net >= maxJoinsNet || !there && len(j.byID) >= maxJoins {
		return false
	}
	j.byID[id] = a
	return true
}

// take returns an answer and forgets it.
func (j *joins) take(id certs.Hash, now time.Time) ([]byte, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	a, ok := j.byID[id]
	delete(j.byID, id)
	return a.body, ok && now.Sub(a.at) <= joinLife
}

func (d *Deliver) putJoin(w http.ResponseWriter, r *http.Request, s *session) {
	id, ok := joinID(w, r)
	if !ok {
		return
	}
	body, ok := read(w, r, certs.MaxJoinAnswer)
	if !ok {
		return
	}
	if len(body) == 0 {
		fail(w, http.StatusBadRequest, "there is no answer in it", "")
		return
	}
	if !d.joins.put(id, join{s.key, network(s.addr), time.Now(), body}) {
		tooMany(w, joinLife)
		return
	}
	d.log.Info("answer to a join card", "owner", s.key.Short(), "session", s.name)
	w.WriteHeader(http.StatusNoContent)
}

func (d *Deliver) getJoin(w http.ResponseWriter, r *http.Request) {
	id, ok := joinID(w, r)
	if !ok {
		return
	}
	body, ok := d.joins.take(id, time.Now())
	if !ok {
		fail(w, http.StatusNotFound, "not answered yet", "the other device has to read this card")
		return
	}
	replyBytes(w, "application/octet-stream", body)
}

// joinID reads the name of a card: only 64 lower-case hexadecimal digits are one.
func joinID(w http.ResponseWriter, r *http.Request) (certs.Hash, bool) {
	id, err := certs.ParseHash(r.PathValue("id"))
	if err != nil || id.String() != r.PathValue("id") {
		fail(w, http.StatusBadRequest, "a card is named by its SHA-256 in hexadecimal", "")
		return id, false
	}
	return id, true
}
