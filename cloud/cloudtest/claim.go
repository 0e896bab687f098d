package cloudtest

import (
	"bytes"
	"crypto"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"signet/certs"
)

// Asking is a camera that has seen a code and waits for its grant.
type Asking struct {
	*Camera
	Offer   *certs.SignedOffer
	Message []byte // to send on the topic of offers

	key crypto.Signer // of the epoch to come
}

// Ask makes the camera see a code: the offer that it answers with begins an epoch.
func (c *Camera) Ask(code *certs.ClaimCode, epoch uint64) *Asking {
	c.t.Helper()
	key := Key(c.t)
	csr, err := certs.EventRequest(c.ID, key, certs.KeyInFile)
	if err != nil {
		c.t.Fatal(err)
	}
	view := sealTo(c.t, code.Recipient(), []byte("what the camera sees"))
	hash := certs.HashOf(view)
	a := &Asking{Camera: c, key: key}
	a.Offer = c.offer(&certs.Offer{Owner: code.Owner, Epoch: epoch, CSR: csr, View: &hash, Settings: [32]byte{9}})
	if a.Message, err = certs.JoinOffer(a.Offer.Raw, code.Secret, view); err != nil {
		c.t.Fatal(err)
	}
	return a
}

func (c *Camera) offer(o *certs.Offer) *certs.SignedOffer {
	c.t.Helper()
	o.Device = c.ID
	raw, err := certs.SignOffer(o, c.Cert, c.Key)
	if err != nil {
		c.t.Fatal(err)
	}
	s, err := certs.ParseOffer(raw, c.Fleet)
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}

// Take accepts a grant, if it is the answer to the offer.
func (a *Asking) Take(b []byte, o *certs.Owner) *Owned {
	a.t.Helper()
	g, err := certs.ParseGrant(b, a.Offer.Owner)
	if err != nil {
		a.t.Fatal(err)
	}
	if g.OfferHash != a.Offer.Hash {
		a.t.Fatal("grant is for another offer")
	}
	return &Owned{
		Camera: a.Camera, Owner: o, Epoch: g.Epoch, Event: g.Event, Key: a.key, Offer: a.Offer, Began: a.Offer.Hash, Grant: b, Boot: g.Epoch,
	}
}

// Code makes a claim code of an owner.
func Code(o *certs.Owner) *certs.ClaimCode {
	return certs.NewClaimCode(o, time.Now().Add(2*time.Minute))
}

// Confirm grants an offer message, as an owner does who has recognised the view.
func Confirm(t testing.TB, o *certs.Owner, message []byte, code *certs.ClaimCode, fleet *certs.Fleet, viewers ...certs.Viewer) []byte {
	t.Helper()
	m, err := certs.ParseOfferMessage(message)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Proves(code.Secret); err != nil {
		t.Fatal(err)
	}
	offer, err := m.ParseOffer(fleet.Cert)
	if err != nil {
		t.Fatal(err)
	}
	g, err := o.Grant(offer, certs.Policy{Recipients: []string{o.Recipient}, Viewers: viewers})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Viewer describes somebody who may view until removed, from a version of the policy on.
func Viewer(o *certs.Owner, scope certs.Scope, since uint64) certs.Viewer {
	v := certs.Viewer{SPKI: o.SPKI, Scope: scope, NotAfter: certs.UntilRemoved(), Since: since}
	if scope&certs.ScopeClips != 0 {
		v.Recipient = o.Recipient
	}
	return v
}

// Policy signs a version of the policy of this epoch.
func (w *Owned) Policy(version uint64, viewers ...certs.Viewer) []byte {
	w.t.Helper()
	b, err := certs.SignPolicy(&certs.Policy{
		Device: w.ID, Owner: w.Owner.ID, Epoch: w.Epoch, OfferHash: w.Began, Version: version, Recipients: []string{w.Owner.Recipient}, Viewers: viewers,
	}, w.Owner.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// Post sends a statement to "grants", "policies", "releases" or "lost" and returns the answer's status.
func (p *Page) Post(what string, b []byte) int {
	p.t.Helper()
	status, _ := p.Do(http.MethodPost, "/api/v1/"+what, b)
	return status
}

// Offer is an offer as the cloud carries it.
type Offer struct {
	_        struct{} `cbor:",toarray"`
	Received uint64
	Message  []byte
}

// Offers gets what is offered to this owner.
func (p *Page) Offers() []Offer { return sequence[Offer](p, "/api/v1/offers") }

// Policies gets the newest policies that are for this key.
func (p *Page) Policies() [][]byte { return sequence[[]byte](p, "/api/v1/policies") }

func sequence[T any](p *Page, path string) (out []T) {
	p.t.Helper()
	status, b := p.Do(http.MethodGet, path, nil)
	if status != http.StatusOK {
		p.t.Fatalf("%s: %d %s", path, status, b)
	}
	for dec := cbor.NewDecoder(bytes.NewReader(b)); ; {
		var it T
		if err := dec.Decode(&it); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			p.t.Fatalf("%s: %v", path, err)
		}
		out = append(out, it)
	}
}

// Ownership is what the cloud says of a camera's ownership.
type Ownership struct {
	Device, State string
	Epoch         uint64
	Since, Until  int64
	Evidence      []byte
}

// Ownership gets what the cloud says of this owner's cameras.
func (p *Page) Ownership() (out []Ownership) {
	p.t.Helper()
	status, b := p.Do(http.MethodGet, "/api/v1/ownership", nil)
	if err := json.Unmarshal(b, &out); status != http.StatusOK || err != nil {
		p.t.Fatalf("ownership: %d %s", status, b)
	}
	return out
}

// Got waits for a message on a channel of Listen.
func Got(t testing.TB, ch <-chan []byte, what string) []byte {
	t.Helper()
	select {
	case b := <-ch:
		return b
	case <-time.After(Wait):
		t.Fatalf("no %s comes", what)
		return nil
	}
}
