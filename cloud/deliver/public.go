package deliver

import "net/http"

// fleet answers with the fleet CA. Whoever asks compares its hash with the one that is pinned.
func (d *Deliver) fleet(w http.ResponseWriter, _ *http.Request) {
	replyBytes(w, "application/pkix-cert", d.cfg.Fleet.Raw)
}

// crl answers with the fleet's revocation list, as it is now.
func (d *Deliver) crl(w http.ResponseWriter, _ *http.Request) {
	der := d.cfg.CRL()
	if der == nil {
		fail(w, http.StatusNotFound, "this fleet has no revocation list", "")
		return
	}
	replyBytes(w, "application/pkix-crl", der)
}
