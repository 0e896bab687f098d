package live

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"signet/certs"
)

// judge returns why a request is refused, or nothing. What it says goes to the viewer. A request that is granted
// uses up its nonce.
func (s *Server) judge(r *certs.SignedViewerRequest, terms *Terms, now time.Time) string {
	if r.Epoch != terms.Cert.Epoch {
		return "the camera has another owner by now, or had another one then"
	}
	synchronised := s.cfg.Synchronised()
	if !allowed(terms, r.Viewer, synchronised, now) {
		return "the policy does not let this key watch"
	}
	if synchronised && now.Sub(r.At).Abs() > certs.ViewerRequestLife {
		return "the request is not of now: look at both clocks"
	}
	if n := uint64(len(s.shown)); r.Camera >= n {
		return fmt.Sprintf("there is no camera %d here: this device has %d, numbered from 0", r.Camera, n)
	}
	if terms.hides(r.Camera) {
		return "the owner has turned the live view of this camera off"
	}
	fp, err := fingerprint(r.SDP)
	if err != nil {
		return "the offer's " + err.Error()
	}
	if fp != r.Fingerprint {
		return "the offer names another DTLS certificate than the one that was signed"
	}
	if !takes(r.SDP, "application", "video") {
		return "the offer takes neither a data channel nor video"
	}
	if !s.nonces.fresh(r.Nonce) {
		return "the request was used before"
	}
	return ""
}

// allowed says whether a key may watch. Where expiry cannot be judged only those may whose right has no end.
func allowed(terms *Terms, viewer certs.KeyID, synchronised bool, now time.Time) bool {
	if !synchronised {
		for _, v := range terms.Policy.Viewers {
			if v.Key() == viewer && v.Ends() {
				return false
			}
		}
	}
	return terms.Policy.Allows(viewer, certs.ScopeLive, now)
}

// fingerprint returns the SHA-256 of the DTLS certificate that an SDP names (RFC 8122): all of its a=fingerprint
// lines must be that one. It reads the SDP with the parser that will act on it.
func fingerprint(text string) (certs.Hash, error) {
	d, err := (&webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: text}).Unmarshal()
	if err != nil {
		return certs.Hash{}, errors.New("SDP cannot be read")
	}
	attributes := d.Attributes
	for _, m := range d.MediaDescriptions {
		attributes = append(attributes, m.Attributes...)
	}
	var fp certs.Hash
	found := false
	for _, a := range attributes {
		if !strings.EqualFold(a.Key, "fingerprint") {
			continue
		}
		h, err := parseFingerprint(a.Value)
		if err != nil {
			return certs.Hash{}, err
		}
		if found && h != fp {
			return certs.Hash{}, errors.New("SDP names several DTLS certificates")
		}
		fp, found = h, true
	}
	if !found {
		return certs.Hash{}, errors.New("SDP names no DTLS certificate")
	}
	return fp, nil
}

// parseFingerprint reads "sha-256 AB:CD:...".
func parseFingerprint(s string) (certs.Hash, error) {
	algorithm, value, _ := strings.Cut(s, " ")
	if !strings.EqualFold(algorithm, "sha-256") {
		return certs.Hash{}, errors.New("SDP names a DTLS certificate by another hash than SHA-256")
	}
	b, err := hex.DecodeString(strings.ReplaceAll(value, ":", ""))
	if err != nil || len(b) != len(certs.Hash{}) || len(value) != 3*len(b)-1 {
		return certs.Hash{}, errors.New("SDP has a malformed fingerprint")
	}
	return certs.Hash(b), nil
}

// maxNonces is how many nonces are remembered. Only requests of viewers who may watch get here.
const maxNonces = 1024

// nonces remembers the newest nonces, so that a request is good once. A request that is repeated after its nonce was
// forgotten is refused for its age; where the time is not known it costs a connection attempt and shows nothing to
// whoever repeats it, since only the viewer has the key of the DTLS certificate in it. It is safe for concurrent use.
type nonces struct {
	mu   sync.Mutex
	seen map[[16]byte]bool
	ring [][16]byte
	next int
}

// fresh says whether a nonce was not seen before, and remembers it.
func (n *nonces) fresh(nonce [16]byte) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.seen == nil {
		n.seen = make(map[[16]byte]bool, maxNonces)
	}
	if n.seen[nonce] {
		return false
	}
	if len(n.ring) < maxNonces {
		n.ring = append(n.ring, nonce)
	} else {
		delete(n.seen, n.ring[n.next])
		n.ring[n.next] = nonce
	}
	n.next = (n.next + 1) % maxNonces
	n.seen[nonce] = true
	return true
}

// takes says whether an SDP has a section of one of these kinds that is in use.
func takes(text string, kinds ...string) bool {
	d, err := (&webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: text}).Unmarshal()
	if err != nil {
		return false
	}
	for _, m := range d.MediaDescriptions {
		if m.MediaName.Port.Value != 0 && slices.Contains(kinds, m.MediaName.Media) {
			return true
		}
	}
	return false
}
