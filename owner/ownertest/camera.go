// Package ownertest plays a camera and a cloud for the tests of the owner's side. Signatures, certificates and age
// files are real; only the network of the camera and the store of the cloud are missing.
package ownertest

import (
	"crypto/ecdsa"
	"testing"
	"time"

	"signet/certs"
	"signet/certs/certstest"
)

// Camera is an owned camera.
type Camera struct {
	ID    certs.DeviceID
	Name  string
	Event *certs.EventCert
	Root  []byte

	t      testing.TB
	key    *ecdsa.PrivateKey // event key
	offer  []byte
	sealer *certs.Sealer
	boot   uint64
	n      uint64
}

// Offer makes what a fresh camera of the fleet answers to a claim code, and the event key that it offers.
func Offer(t testing.TB, f *certs.Fleet, code *certs.ClaimCode) (msg []byte, id certs.DeviceID, eventKey *ecdsa.PrivateKey) {
	t.Helper()
	id = certs.NewDeviceID()
	deviceKey, err := certs.NewKey()
	must(t, err)
	der, err := f.IssueDevice(&deviceKey.PublicKey, id, certs.KeyInFile)
	must(t, err)
	eventKey, err = certs.NewKey()
	must(t, err)
	csr, err := certs.EventRequest(id, eventKey, certs.KeyInFile)
	must(t, err)
	offer, err := certs.SignOffer(&certs.Offer{Device: id, Owner: code.Owner, Epoch: 1, CSR: csr, Settings: [32]byte{9}}, der, deviceKey)
	must(t, err)
	msg, err = certs.JoinOffer(offer, code.Secret, nil)
	must(t, err)
	return msg, id, eventKey
}

// NewCamera makes a camera of the fleet that the owner has claimed.
func NewCamera(t testing.TB, f *certs.Fleet, o *certs.Owner, name string) *Camera {
	t.Helper()
	code := certs.NewClaimCode(o, time.Now().Add(time.Minute))
	msg, id, key := Offer(t, f, code)
	offer := certstest.Offer(t, msg, code.Secret, f.Cert)
	b, err := o.Grant(offer, certs.Policy{Recipients: []string{o.Recipient}})
	must(t, err)
	grant, err := certs.ParseGrant(b, o.ID)
	must(t, err)
	sealer, err := certs.NewSealer(grant.Policy.Recipients)
	must(t, err)
	return &Camera{ID: id, Name: name, Event: grant.Event, Root: grant.Root, t: t, key: key, offer: offer.Raw, sealer: sealer, boot: 1}
}

// Delivery is a record with all its sealed media.
type Delivery struct {
	Record []byte
	Media  map[certs.Hash][]byte
}

// Sign finishes a record: device, owner, epoch, the next position, and the signature.
func (c *Camera) Sign(r certs.Record, o certs.OwnerID) []byte {
	c.t.Helper()
	r.Device, r.Owner, r.Epoch = c.ID, o, c.Event.Epoch
	r.Position = certs.Position{Boot: c.boot, N: c.n}
	r.PolicyVersion = 1
	c.n++
	b, err := certs.SignRecord(&r, c.Event, c.key)
	must(c.t, err)
	return b
}

// Restart begins the next boot of the camera.
func (c *Camera) Restart() { c.boot, c.n = c.boot+1, 0 }

// Sealed is a plaintext to be sealed and listed in a record.
type Sealed struct {
	Kind  certs.MediaKind
	MIME  string
	Plain []byte
	Span  *certs.Span
	Index uint64
}

// Deliver signs a record with sealed media.
func (c *Camera) Deliver(o certs.OwnerID, r certs.Record, media ...Sealed) Delivery {
	c.t.Helper()
	d := Delivery{Media: map[certs.Hash][]byte{}}
	for _, m := range media {
		b, err := c.sealer.Seal(m.Plain)
		must(c.t, err)
		listed := certs.Media{Kind: m.Kind, Hash: certs.HashOf(b), Size: uint64(len(b)), MIME: m.MIME, Span: m.Span}
		if m.Kind == certs.ClipPart {
			listed.Index = &m.Index
		}
		d.Media[listed.Hash] = b
		r.Media = append(r.Media, listed)
	}
	d.Record = c.Sign(r, o)
	return d
}

// Claimed is the first record of a camera: it carries the certificates.
func (c *Camera) Claimed(o certs.OwnerID) Delivery {
	return c.Deliver(o, certs.Record{Type: certs.Claimed, Chain: [][]byte{c.Event.Raw, c.Root}, Offer: c.offer})
}

// Online is the first record of a boot.
func (c *Camera) Online(o certs.OwnerID) Delivery {
	return c.Deliver(o, certs.Record{Type: certs.Online, Chain: [][]byte{c.Event.Raw, c.Root}})
}

// Late is how long after the end of the motion Happen tells it: its length is what the facts say.
const Late = 700 * time.Millisecond

// Happen is an event as the camera tells it: started, its parts, ended.
func (c *Camera) Happen(o certs.OwnerID, at time.Time, length time.Duration, reason string, score uint64, thumbnail []byte, parts ...[]byte) (certs.EventID, []Delivery) {
	c.t.Helper()
	id := certs.NewEventID(at)
	facts := certs.Facts{Device: c.ID, Event: &id, Score: &score, Reason: reason, Camera: &certs.CameraFacts{Name: c.Name, Driver: "scene", Format: "MJPG", Width: 640, Height: 480, FPSx1000: 10000, Generated: true}}
	small := func() []Sealed {
		f, err := facts.Marshal()
		must(c.t, err)
		return []Sealed{{Kind: certs.Thumbnail, MIME: "image/jpeg", Plain: thumbnail}, {Kind: certs.FactsMedia, MIME: certs.FactsMIME, Plain: f}}
	}
	wall := func(d time.Duration) certs.Wall {
		return certs.Wall{UnixMs: uint64(at.Add(d).UnixMilli()), Quality: certs.WallSynchronised}
	}
	mono := uint64(1_000_000)
	out := []Delivery{c.Deliver(o, certs.Record{Type: certs.Started, Event: &id, Wall: wall(0), MonoMs: mono}, small()...)}
	step := length.Milliseconds() / int64(max(len(parts), 1))
	for i, p := range parts {
		span := &certs.Span{From: int64(i) * step, To: int64(i+1) * step}
		out = append(out, c.Deliver(o, certs.Record{Type: certs.Part, Event: &id, Wall: wall(0), MonoMs: mono + uint64(span.To)},
			Sealed{Kind: certs.ClipPart, MIME: "video/mp4", Plain: p, Span: span, Index: uint64(i)}))
	}
	facts.Motion = &certs.Span{From: 0, To: length.Milliseconds()}
	end := length + Late
	out = append(out, c.Deliver(o, certs.Record{Type: certs.Ended, Event: &id, Wall: wall(end), MonoMs: mono + uint64(end.Milliseconds())}, small()...))
	return id, out
}

// Answer signs an answer to a viewer request.
func (c *Camera) Answer(a certs.ViewerAnswer) []byte {
	c.t.Helper()
	b, err := certs.SignViewerAnswer(&a, c.Event, c.key)
	must(c.t, err)
	return b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
