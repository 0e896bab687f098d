package cloudtest

import (
	"crypto"
	"crypto/rand"
	"testing"
	"time"

	"signet/certs"
)

// Owner makes an owner.
func Owner(t testing.TB) *certs.Owner {
	t.Helper()
	o, err := certs.NewOwner()
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Owned is a camera in one epoch: what it needs to write records.
type Owned struct {
	*Camera
	Owner *certs.Owner
	Epoch uint64
	Event *certs.EventCert
	Key   crypto.Signer      // the event key
	Offer *certs.SignedOffer // the newest: of the claim or of a renewal
	Began certs.Hash         // of the offer that began the epoch
	Grant []byte

	Boot, Next uint64 // position of the next record
}

// Claim makes an owner claim the camera, as docs/protocol.md has it.
func (c *Camera) Claim(o *certs.Owner, epoch uint64) *Owned {
	c.t.Helper()
	key := Key(c.t)
	csr, err := certs.EventRequest(c.ID, key, certs.KeyInFile)
	if err != nil {
		c.t.Fatal(err)
	}
	raw, err := certs.SignOffer(&certs.Offer{Device: c.ID, Owner: o.ID, Epoch: epoch, CSR: csr, Settings: [32]byte{9}}, c.Cert, c.Key)
	if err != nil {
		c.t.Fatal(err)
	}
	offer, err := certs.ParseOffer(raw, c.Fleet)
	if err != nil {
		c.t.Fatal(err)
	}
	grant, err := o.Grant(offer, certs.Policy{Version: 1, Recipients: []string{o.Recipient}})
	if err != nil {
		c.t.Fatal(err)
	}
	g, err := certs.ParseGrant(grant, o.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	return &Owned{Camera: c, Owner: o, Epoch: epoch, Event: g.Event, Key: key, Offer: offer, Began: offer.Hash, Grant: grant, Boot: 1}
}

// OfferAgain signs the same offer anew: for the same owner, epoch and event key.
func (w *Owned) OfferAgain() *certs.SignedOffer {
	w.t.Helper()
	csr, err := certs.EventRequest(w.ID, w.Key, certs.KeyInFile)
	if err != nil {
		w.t.Fatal(err)
	}
	raw, err := certs.SignOffer(&certs.Offer{Device: w.ID, Owner: w.Owner.ID, Epoch: w.Epoch, CSR: csr, Settings: [32]byte{9}}, w.Cert, w.Camera.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	offer, err := certs.ParseOffer(raw, w.Fleet)
	if err != nil {
		w.t.Fatal(err)
	}
	return offer
}

// Record writes and signs the record at the next position; change may alter it before it is signed.
func (w *Owned) Record(typ certs.RecordType, change ...func(*certs.Record)) *certs.SignedRecord {
	w.t.Helper()
	r := &certs.Record{
		Device: w.ID, Owner: w.Owner.ID, Epoch: w.Epoch, Position: certs.Position{Boot: w.Boot, N: w.Next},
		Wall: certs.Wall{UnixMs: uint64(time.Now().UnixMilli()), Quality: certs.WallSynchronised}, Type: typ, PolicyVersion: 1,
	}
	w.Next++
	switch typ {
	case certs.Claimed:
		r.Offer = w.Offer.Raw
		fallthrough
	case certs.Online:
		r.Chain = [][]byte{w.Event.Raw, w.Owner.Root}
	case certs.Started, certs.Part, certs.Ended:
		e := certs.NewEventID(time.Now())
		r.Event = &e
	}
	for _, f := range change {
		f(r)
	}
	if typ == certs.Closed && r.Closing == nil {
		r.Closing = w.Closing(r.Position, nil)
	}
	b, err := certs.SignRecord(r, w.Event, w.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := certs.ParseRecord(b)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// Closing makes the closing for the record at a position: of a release, or of a reset without one.
func (w *Owned) Closing(last certs.Position, release []byte) []byte {
	w.t.Helper()
	c := &certs.Closing{Device: w.ID, Owner: w.Owner.ID, Epoch: w.Epoch, OfferHash: w.Began, Last: last, Cause: certs.Reset, Release: release}
	if release != nil {
		c.Cause = certs.Released
	}
	b, err := certs.SignClosing(c, w.Cert, w.Camera.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// Release signs that the owner lets the camera go, to whoever claims it next or to next alone.
func (w *Owned) Release(next *certs.Owner) []byte {
	w.t.Helper()
	r := &certs.Release{Device: w.ID, Owner: w.Owner.ID, Epoch: w.Epoch, OfferHash: w.Began}
	if next != nil {
		r.Next = &next.ID
	}
	b, err := certs.SignRelease(r, w.Owner.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// Lost signs that the camera was taken from its owner.
func (w *Owned) Lost() []byte {
	w.t.Helper()
	b, err := certs.SignLost(&certs.Lost{Device: w.ID, Owner: w.Owner.ID, Epoch: w.Epoch, OfferHash: w.Began, At: time.Now()}, w.Owner.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// Renew renews the event key: what it returns is at the same place in the same epoch, and signs with the new key.
func (w *Owned) Renew() *Owned {
	w.t.Helper()
	key := Key(w.t)
	csr, err := certs.EventRequest(w.ID, key, certs.KeyInFile)
	if err != nil {
		w.t.Fatal(err)
	}
	raw, err := certs.SignOffer(&certs.Offer{
		Device: w.ID, Owner: w.Owner.ID, Epoch: w.Epoch, CSR: csr, Settings: w.Offer.Settings, Renews: &w.Began,
	}, w.Cert, w.Camera.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	offer, err := certs.ParseOffer(raw, w.Fleet)
	if err != nil {
		w.t.Fatal(err)
	}
	first, err := certs.ParseGrant(w.Grant, w.Owner.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	asks := *first.Policy
	asks.Version++
	asks.Renewals++
	policy, err := certs.SignPolicy(&asks, w.Owner.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	grant, err := w.Owner.GrantRenewal(offer, policy)
	if err != nil {
		w.t.Fatal(err)
	}
	g, err := certs.ParseGrant(grant, w.Owner.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	next := *w
	next.Event, next.Key, next.Offer, next.Grant = g.Event, key, offer, grant
	return &next
}

// Message joins a record and its small media.
func Message(t testing.TB, r *certs.SignedRecord, media ...[]byte) []byte {
	t.Helper()
	b, err := certs.JoinMessage(r.Raw, media)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Picture seals n random bytes to the owner and describes them as a thumbnail.
func (w *Owned) Picture(n int) (sealed []byte, md certs.Media) {
	w.t.Helper()
	sealed = w.seal(n)
	return sealed, certs.Media{Kind: certs.Thumbnail, Hash: certs.HashOf(sealed), Size: uint64(len(sealed)), MIME: "image/jpeg"}
}

// Part seals n random bytes to the owner and describes them as a part of a clip.
func (w *Owned) Part(n int, index uint64) (sealed []byte, md certs.Media) {
	w.t.Helper()
	sealed = w.seal(n)
	return sealed, certs.Media{Kind: certs.ClipPart, Hash: certs.HashOf(sealed), Size: uint64(len(sealed)), MIME: "video/mp4", Index: &index}
}

func (w *Owned) seal(n int) []byte {
	w.t.Helper()
	plain := make([]byte, n)
	rand.Read(plain)
	return sealTo(w.t, w.Owner.Recipient, plain)
}

func sealTo(t testing.TB, recipient string, plain []byte) []byte {
	t.Helper()
	s, err := certs.NewSealer([]string{recipient})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := s.Seal(plain)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// Deliver sends messages until each has a receipt, as a camera does, and returns the refusals by position.
func (s *Session) Deliver(c *Camera, messages ...[]byte) map[certs.Position]string {
	s.t.Helper()
	got, ok := s.Listen(Topic(c.ID, "receipts"))
	if !ok {
		s.t.Fatal("own receipts refused")
	}
	open := map[certs.Position][]byte{}
	for _, m := range messages {
		raw, _, err := certs.SplitMessage(m)
		if err != nil {
			s.t.Fatal(err)
		}
		r, err := certs.ParseRecord(raw)
		if err != nil {
			s.t.Fatal(err)
		}
		open[r.Position] = m
		s.Send(Topic(c.ID, "records"), 1, false, m)
	}
	refused := map[certs.Position]string{}
	deadline := time.After(2 * Wait)
	again := time.NewTicker(3 * time.Second)
	defer again.Stop()
	for len(open) > 0 {
		select {
		case b := <-got:
			r, err := certs.ParseReceipt(b, c.Fleet)
			if err != nil {
				s.t.Fatal(err)
			}
			if r.Device != c.ID {
				s.t.Fatalf("receipt is for %s", r.Device)
			}
			for _, x := range r.Bound {
				for n := x.From; n <= x.To; n++ {
					delete(open, certs.Position{Boot: x.Boot, N: n})
				}
			}
			for _, x := range r.Refused {
				p := certs.Position{Boot: x.Boot, N: x.N}
				refused[p] = x.Reason
				delete(open, p)
			}
		case <-again.C:
			for _, m := range open {
				s.Send(Topic(c.ID, "records"), 1, false, m)
			}
		case <-deadline:
			s.t.Fatalf("%d records have no receipt", len(open))
		}
	}
	return refused
}
