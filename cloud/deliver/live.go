package deliver

import (
	"bytes"
	"net/http"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"signet/certs"
	"signet/cloud/engine"
	"signet/cloud/limit"
)

const (
	maxViewerRequest = 64 << 10
	maxViewerAnswer  = 64 << 10
	answerWait       = 10 * time.Second
)

// asking bounds the requests to cameras: of a session to one camera, one at a time; and to a camera so many. It may be
// used concurrently.
type asking struct {
	rate *limit.Keyed[certs.DeviceID]

	mu   sync.Mutex
	open map[call]struct{}
}

type call struct {
	s      *session
	device certs.DeviceID
}

func newAsking() *asking {
	return &asking{rate: limit.New[certs.DeviceID](0.5, 6, 1<<14), open: map[call]struct{}{}}
}

// begin returns what ends the request, or nil and how long to wait before another.
func (a *asking) begin(s *session, d certs.DeviceID) (end func(), wait time.Duration) {
	c := call{s, d}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, busy := a.open[c]; busy {
		return nil, answerWait
	}
	if wait, ok := a.rate.Take(d, 1); !ok {
		return nil, wait
	}
	a.open[c] = struct{}{}
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.open, c)
	}, 0
}

// live carries a viewer request to the camera and its answer back. Whether the viewer may is for the camera to say,
// and whether the answer is the camera's for the page: both are signed, and this cloud can change neither. Here a camera is
// only kept from requests of those who have no business with it.
func (d *Deliver) live(w http.ResponseWriter, r *http.Request, s *session) {
	body, ok := read(w, r, maxViewerRequest)
	if !ok {
		return
	}
	req, err := certs.ParseViewerRequest(body)
	if err != nil {
		fail(w, http.StatusBadRequest, err.Error(), "")
		return
	}
	owner, may, err := d.camera(r.Context(), s, req.Device, certs.ScopeLive)
	if err != nil {
		d.broken(w, r, err)
		return
	}
	p, err := d.presence(r.Context(), req.Device)
	if err != nil {
		d.broken(w, r, err)
		return
	}
	if !may || !p.Online {
		fail(w, http.StatusNotFound, "the camera is not connected", "is it switched on and on the network?")
		return
	}
	if req.Viewer != s.key { // the access row says who asked
		fail(w, http.StatusForbidden, "the request is not signed by this session's key", "")
		return
	}
	end, wait := d.asking.begin(s, req.Device)
	if end == nil {
		tooMany(w, wait)
		return
	}
	defer end()
	if err := d.note(r.Context(), s, owner, Access{What: "live", Device: req.Device.String()}); err != nil {
		d.broken(w, r, err)
		return
	}
	answers := make(chan *nats.Msg, 16)
	sub, err := d.cfg.Engine.Conn().ChanSubscribe(engine.DeviceSubject(req.Device, engine.Answers), answers)
	if err != nil {
		d.broken(w, r, err)
		return
	}
	defer sub.Unsubscribe()
	if err := d.cfg.Engine.Publish(req.Device, engine.Live, body); err != nil {
		d.broken(w, r, err)
		return
	}
	d.log.Info("live view asked for", "owner", owner.Short(), "device", req.Device, "viewer", req.Viewer.Short())
	timeout := time.NewTimer(answerWait)
	defer timeout.Stop()
	for {
		select {
		case m := <-answers:
			// An answer names its request by hash. Finding it is enough here: the page verifies.
			if len(m.Data) > maxViewerAnswer || !bytes.Contains(m.Data, req.Hash[:]) {
				continue
			}
			w.Header().Set("Content-Type", "application/cose")
			w.Write(m.Data)
			return
		case <-timeout.C:
			fail(w, http.StatusGatewayTimeout, "the camera does not answer", "try again")
			return
		case <-r.Context().Done():
			return
		case <-s.ended:
			fail(w, http.StatusUnauthorized, "session has ended", "")
			return
		}
	}
}
