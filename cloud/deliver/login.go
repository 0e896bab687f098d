package deliver

import (
	"encoding/base64"
	"net/http"
	"time"
)

func (d *Deliver) challenge(w http.ResponseWriter, _ *http.Request) {
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
	d.log.Info("log-in", "owner", s.key.Short(), "session", s.name, "addr", s.addr)
	reply(w, map[string]any{"token": token, "owner": s.key.String(), "expires": s.expires.Unix()})
}

func (d *Deliver) logOut(w http.ResponseWriter, r *http.Request, s *session) {
	d.sessions.close(r)
	d.log.Info("log-out", "owner", s.key.Short(), "session", s.name)
	w.WriteHeader(http.StatusNoContent)
}
