package estate

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"filippo.io/age"

	"signet/certs"
	"signet/owner/client"
	"signet/owner/events"
	"signet/owner/verify"
)

// Camera is a device in its newest epoch of this owner.
type Camera struct {
	Device  certs.DeviceID
	Epoch   uint64
	Offer   *certs.SignedOffer // that began the epoch; nil where no claimed record tells it
	Cert    *certs.EventCert   // of the newest record
	Applied uint64             // newest version of the policy that a record carries
	Policy  *certs.Policy      // newest that this owner has signed, as far as the cloud keeps it; nil: unknown
	Raw     []byte             // Policy, encoded
	Closing *certs.Closing     // nil: the epoch goes on, as far as the camera has said
	Cloud   *client.Ownership  // what the cloud says, unproven; nil: nothing

	newest   certs.Position
	settings *certs.Settings // of Policy, opened
}

// Settings are those of the policy; never nil.
func (c *Camera) Settings() *certs.Settings {
	if c.settings == nil {
		return &certs.Settings{}
	}
	return c.settings
}

// Cloud is what this package needs of a client.Client.
type Cloud interface {
	Before(ctx context.Context, seq uint64, limit int) ([]client.Item, error)
	Policies(ctx context.Context) ([][]byte, error)
	Ownership(ctx context.Context) ([]client.Ownership, error)
	Offers(ctx context.Context) ([]client.Offer, error)
	Post(ctx context.Context, kind client.Statement, b []byte) error
}

// Estate is one owner's cameras at one cloud. It is for one goroutine at a time.
type Estate struct {
	owner      *certs.Owner
	recipients []string
	key        *ecdsa.PublicKey
	fleet      *x509.Certificate
	cloud      Cloud
	gate       *verify.Gate
}

// New returns the estate of an owner, whose cameras seal to these recipients from their first policy on. The gate is that
// owner's.
func New(o *certs.Owner, recipients []string, fleet *x509.Certificate, cloud Cloud, gate *verify.Gate) (*Estate, error) {
	key, err := certs.OwnerKey(o.Root, o.ID)
	if err != nil {
		return nil, err
	}
	return &Estate{o, recipients, key, fleet, cloud, gate}, nil
}

// Cameras reads all there is and returns the cameras, ordered by device. Statements that do not verify are as if they
// were not there.
func (e *Estate) Cameras(ctx context.Context) ([]*Camera, error) {
	all := map[certs.DeviceID]*Camera{}
	err := events.Each(ctx, e.cloud, e.gate, func(x events.Entry) { e.take(all, x.Record) }, func(*verify.Refusal) {}, func() bool { return false })
	if err != nil {
		return nil, err
	}
	policies, err := e.cloud.Policies(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range policies {
		e.takePolicy(all, b)
	}
	said, err := e.cloud.Ownership(ctx)
	if err != nil && !errors.Is(err, client.ErrNotFound) {
		return nil, err
	}
	for _, s := range said {
		if c := all[s.Device]; c != nil && c.Epoch == s.Epoch {
			c.Cloud = &s
		}
	}
	list := make([]*Camera, 0, len(all))
	for _, c := range all {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b *Camera) int { return slices.Compare(a.Device[:], b.Device[:]) })
	return list, nil
}

// take reads a verified record, in whatever order they come.
func (e *Estate) take(all map[certs.DeviceID]*Camera, r *verify.Record) {
	c := all[r.Device]
	if c == nil || c.Epoch < r.Epoch {
		c = &Camera{Device: r.Device, Epoch: r.Epoch}
		all[r.Device] = c
	}
	if c.Epoch > r.Epoch {
		return
	}
	if c.Cert == nil || c.newest.Less(r.Position) {
		c.newest, c.Cert = r.Position, r.Cert()
	}
	c.Applied = max(c.Applied, r.PolicyVersion)
	switch r.Type {
	case certs.Claimed:
		offer, err := certs.ParseOffer(r.Offer, e.fleet)
		if err == nil && offer.Device == r.Device && offer.Owner == e.owner.ID && offer.Epoch == r.Epoch && offer.Renews == nil {
			c.Offer = offer
		}
	case certs.Closed:
		closing, err := certs.ParseClosing(r.Closing, e.fleet)
		if err == nil && closing.Owner == e.owner.ID && closing.Epoch == r.Epoch {
			c.Closing = closing
		}
	}
}

func (e *Estate) takePolicy(all map[certs.DeviceID]*Camera, b []byte) {
	p, err := certs.ParsePolicy(b, e.key)
	if err != nil {
		return // another owner's, who lets this one view, or nobody's
	}
	c := all[p.Device]
	if c == nil || c.Epoch != p.Epoch || c.Offer != nil && c.Offer.Hash != p.OfferHash || c.Policy != nil && c.Policy.Version >= p.Version {
		return
	}
	c.Policy, c.Raw, c.settings = p, b, nil
	if len(p.Settings) > 0 {
		c.settings, _ = certs.OpenSettings(p.Settings, identities(e.owner)...)
	}
}

func identities(o *certs.Owner) []age.Identity { return []age.Identity{o.Identity} }

// ErrUnknownPolicy says that the policy in force is not known, so that no change of it can be made.
var ErrUnknownPolicy = errors.New("the policy in force is not known here or at the cloud")

// Base returns the policy that a change begins with. A camera that was claimed and never changed has the first policy, which
// says no more than who the owner is and what it seals to.
func (e *Estate) Base(c *Camera) (certs.Policy, error) {
	if c.Offer == nil {
		return certs.Policy{}, fmt.Errorf("camera %s: its claim is not among your records", c.Device)
	}
	if c.Policy != nil && c.Policy.Version >= c.Applied {
		return *c.Policy, nil
	}
	if c.Applied > 1 {
		return certs.Policy{}, fmt.Errorf("camera %s, version %d: %w", c.Device, c.Applied, ErrUnknownPolicy)
	}
	return certs.Policy{
		Device: c.Device, Owner: e.owner.ID, Epoch: c.Epoch, OfferHash: c.Offer.Hash, Version: cmp.Or(c.Applied, 1),
		Recipients: slices.Clone(e.recipients),
	}, nil
}
