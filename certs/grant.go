package certs

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net/url"
	"strconv"
)

// Grant is the owner's acceptance of an offer: the event certificate and the policy, of a claim the first one, of a
// renewal the newest one.
type Grant struct {
	Device    DeviceID
	Owner     OwnerID
	Epoch     uint64
	OfferHash Hash
	Event     *EventCert
	Root      []byte // DER
	Policy    *Policy
	RawPolicy []byte
	Renews    *Hash // renewal: of the encoded offer that began the epoch
	Raw       []byte
}

type grantBody struct {
	Version   uint64   `cbor:"0,keyasint"`
	Device    DeviceID `cbor:"1,keyasint"`
	Owner     OwnerID  `cbor:"2,keyasint"`
	Epoch     uint64   `cbor:"3,keyasint"`
	OfferHash Hash     `cbor:"4,keyasint"`
	Event     []byte   `cbor:"5,keyasint"`
	Root      []byte   `cbor:"6,keyasint"`
	Policy    []byte   `cbor:"7,keyasint"`
	Renews    *Hash    `cbor:"8,keyasint,omitempty"`
}

// Grant accepts the offer of a claim. Device, owner, epoch, offer hash and version of the policy are set here.
func (o *Owner) Grant(offer *SignedOffer, policy Policy) ([]byte, error) {
	if offer.Renews != nil {
		return nil, errors.New("grant: offer is a renewal")
	}
	policy.Device, policy.Owner, policy.Epoch, policy.OfferHash, policy.Version = offer.Device, o.ID, offer.Epoch, offer.Hash, 1
	p, err := SignPolicy(&policy, o.Key)
	if err != nil {
		return nil, fmt.Errorf("grant: %w", err)
	}
	b, err := o.grant(offer, p)
	if err != nil {
		return nil, fmt.Errorf("grant: %w", err)
	}
	return b, nil
}

// GrantRenewal accepts the offer of a renewal. The policy, encoded, is the newest one of the epoch, and has asked for it.
func (o *Owner) GrantRenewal(offer *SignedOffer, policy []byte) ([]byte, error) {
	pub, err := p256(o.Key.Public())
	if err != nil {
		return nil, err
	}
	p, err := ParsePolicy(policy, pub)
	if err != nil {
		return nil, fmt.Errorf("grant renewal: %w", err)
	}
	switch {
	case offer.Renews == nil:
		return nil, errors.New("grant renewal: offer is a claim")
	case p.Device != offer.Device || p.Epoch != offer.Epoch || p.OfferHash != *offer.Renews:
		return nil, errors.New("grant renewal: offer is not of the epoch of the policy")
	case p.Renewals == 0:
		return nil, errors.New("grant renewal: the policy asks for none")
	}
	b, err := o.grant(offer, policy)
	if err != nil {
		return nil, fmt.Errorf("grant renewal: %w", err)
	}
	return b, nil
}

func (o *Owner) grant(offer *SignedOffer, policy []byte) ([]byte, error) {
	if offer.Owner != o.ID {
		return nil, fmt.Errorf("offer is for owner %s, not %s", offer.Owner.Short(), o.ID.Short())
	}
	event, err := o.certify(offer)
	if err != nil {
		return nil, err
	}
	body := grantBody{formatVersion, offer.Device, o.ID, offer.Epoch, offer.Hash, event, o.Root, policy, offer.Renews}
	return signOfOwner(forGrant, o.ID, body, o.Key)
}

// certify issues the event certificate for an offer.
func (o *Owner) certify(offer *SignedOffer) ([]byte, error) {
	root, err := parseOwnerRoot(o.Root, o.ID)
	if err != nil {
		return nil, err
	}
	t, err := template(pkix.Name{
		CommonName:         eventSubject,
		OrganizationalUnit: []string{string(offer.EventLevel)},
		SerialNumber:       strconv.FormatUint(offer.Epoch, 10),
	})
	if err != nil {
		return nil, err
	}
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.URIs = []*url.URL{mustURL(offer.Device.URN())}
	return x509.CreateCertificate(rand.Reader, t, root, offer.EventKey, o.Key)
}

// ParseGrant reads and verifies a grant of owner, with everything in it: root, event certificate, policy.
// Whether it answers the offer that was made is for the caller to compare (OfferHash, Renews).
func ParseGrant(b []byte, owner OwnerID) (*Grant, error) {
	g, err := parseGrant(b, owner)
	if err != nil {
		return nil, fmt.Errorf("parse grant: %w", err)
	}
	return g, nil
}

func parseGrant(b []byte, owner OwnerID) (*Grant, error) {
	st, err := split(b, maxStatement)
	if err != nil {
		return nil, err
	}
	kid, err := st.keyID()
	if err != nil {
		return nil, err
	}
	if kid != owner {
		return nil, fmt.Errorf("signed by %s, not by owner %s", kid.Short(), owner.Short())
	}
	var body grantBody
	if err := st.body(&body); err != nil {
		return nil, err
	}
	key, err := OwnerKey(body.Root, owner)
	if err != nil {
		return nil, err
	}
	if err := st.verify(forGrant, key); err != nil {
		return nil, err
	}
	g, err := body.grant(owner, key)
	if err != nil {
		return nil, err
	}
	g.Raw = st.raw
	return g, nil
}

// grant checks the conditions of record.cddl and that the parts belong together, and returns the grant.
func (b *grantBody) grant(owner OwnerID, key *ecdsa.PublicKey) (*Grant, error) {
	event, err := VerifyEventCertificate(b.Event, b.Root, owner)
	if err != nil {
		return nil, err
	}
	policy, err := ParsePolicy(b.Policy, key)
	if err != nil {
		return nil, err
	}
	began := b.OfferHash // the offer that began the epoch, which the policy names
	if b.Renews != nil {
		began = *b.Renews
	}
	switch {
	case b.Version != formatVersion:
		return nil, fmt.Errorf("format %d is not spoken here", b.Version)
	case b.Owner != owner || policy.Owner != owner:
		return nil, errors.New("names another owner")
	case event.Device != b.Device || policy.Device != b.Device:
		return nil, errors.New("parts are of different devices")
	case event.Epoch != b.Epoch || policy.Epoch != b.Epoch:
		return nil, errors.New("parts are of different epochs")
	case policy.OfferHash != began:
		return nil, errors.New("policy is of another epoch's offer")
	case b.Renews != nil && *b.Renews == b.OfferHash:
		return nil, errors.New("an offer does not renew itself")
	}
	return &Grant{b.Device, owner, b.Epoch, b.OfferHash, event, b.Root, policy, b.Policy, b.Renews, nil}, nil
}
