package e2e

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/pion/webrtc/v4"

	"signet/certs"
	"signet/cloud"
	"signet/cloud/engine"
	"signet/owner/client"
	"signet/test/rig"
)

// TestViewerWithAnotherKeyIsRefusedByTheCamera has the cloud refuse to carry a viewer request that another key than the
// session's has signed, and then has it carry one all the same: the camera refuses it in a signed answer.
func TestViewerWithAnotherKeyIsRefusedByTheCamera(t *testing.T) {
	s := newSite(t, rig.Config{Camera: "generated"})
	c := s.runCloud(cloud.Config{})
	s.start(s.StartAgent)
	owner, client := s.owner()
	cert := s.eventCertificate(owner)
	stranger, err := certs.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	offer := webrtcOffer(t)

	granted := s.watch(client.Live, cert, owner.Key, offer)
	if granted.Refusal != "" || granted.SDP == "" {
		t.Errorf("the owner was refused: %s", granted.Refusal)
	}
	if _, err := client.Live(t.Context(), viewerRequest(t, cert, stranger, offer)); err == nil || !strings.Contains(err.Error(), "not signed by this session's key") {
		t.Errorf("a stranger's request in the owner's session: %v", err)
	}
	refused := s.watch(behind(c.JetStream().Conn(), cert.Device), cert, stranger, offer)
	if refused.Refusal == "" || refused.SDP != "" {
		t.Errorf("a stranger was answered: %+v", refused)
	}
}

// behind carries a request to the camera as a cloud does that looks at nothing.
func behind(conn *nats.Conn, d certs.DeviceID) func(context.Context, []byte) ([]byte, error) {
	return func(ctx context.Context, request []byte) ([]byte, error) {
		sub, err := conn.SubscribeSync(engine.DeviceSubject(d, engine.Answers))
		if err != nil {
			return nil, err
		}
		defer sub.Unsubscribe()
		if err := conn.Publish(engine.DeviceSubject(d, engine.Live), request); err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return nil, err
		}
		return m.Data, nil
	}
}

// owner returns the rig's owner and a client of the cloud.
func (s *site) owner() (*certs.Owner, *client.Client) {
	s.t.Helper()
	o, err := certs.LoadOwner(s.Path("owner"))
	if err != nil {
		s.t.Fatal(err)
	}
	ca, err := certs.ReadCA(s.Fleet())
	if err != nil {
		s.t.Fatal(err)
	}
	c := client.New(&url.URL{Scheme: "https", Host: s.HTTPS()}, ca, o)
	s.t.Cleanup(c.Close)
	return o, c
}

// eventCertificate returns the certificate of the rig's camera, as its owner granted it.
func (s *site) eventCertificate(o *certs.Owner) *certs.EventCert {
	s.t.Helper()
	b := s.read("camera", "owned", "grant.cose")
	g, err := certs.ParseGrant(b, o.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return g.Event
}

// watch asks the camera to show itself, signed by key, and returns its verified answer.
func (s *site) watch(carry func(context.Context, []byte) ([]byte, error), cert *certs.EventCert, key crypto.Signer, offer string) *certs.ViewerAnswer {
	s.t.Helper()
	request := viewerRequest(s.t, cert, key, offer)
	r, err := certs.ParseViewerRequest(request)
	if err != nil {
		s.t.Fatal(err)
	}
	// The camera connects within two seconds of its start.
	for end := time.Now().Add(15 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		answer, err := carry(s.t.Context(), request)
		if err == nil {
			a, err := certs.ParseViewerAnswer(answer, cert)
			if err != nil {
				s.t.Fatal(err)
			}
			if a.Request != r.Hash || a.Nonce != r.Nonce {
				s.t.Fatal("the answer is to another request")
			}
			return a
		}
		if time.Now().After(end) {
			s.t.Fatal(err)
		}
	}
}

// viewerRequest makes one that key signs.
func viewerRequest(t *testing.T, cert *certs.EventCert, key crypto.Signer, offer string) []byte {
	t.Helper()
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	r := certs.ViewerRequest{Device: cert.Device, Epoch: cert.Epoch, At: time.Now(), SDP: offer, Fingerprint: fingerprint(t, offer), SPKI: spki}
	rand.Read(r.Nonce[:])
	b, err := certs.SignViewerRequest(&r, key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// webrtcOffer makes a real offer for a data channel.
func webrtcOffer(t *testing.T) string {
	t.Helper()
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	if _, err := pc.CreateDataChannel("mjpeg", nil); err != nil {
		t.Fatal(err)
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	return offer.SDP
}

func fingerprint(t *testing.T, sdp string) certs.Hash {
	t.Helper()
	_, rest, _ := strings.Cut(sdp, "a=fingerprint:sha-256 ")
	line, _, _ := strings.Cut(rest, "\r\n")
	h, err := certs.ParseHash(strings.ToLower(strings.ReplaceAll(line, ":", "")))
	if err != nil {
		t.Fatal(err)
	}
	return h
}
