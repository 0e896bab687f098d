package certs

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net/url"
	"strconv"
)

// Grant is the owner's acceptance of an offer: the event certificate and the first policy.
type Grant struct {
	Device    DeviceID
	Owner     OwnerID
	Epoch     uint64
	OfferHash Hash
	Event     *EventCert
	Root      []byte // DER
	Policy    *Policy
	RawPolicy []byte
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
}

// Grant accepts an offer. Device, owner, epoch, offer hash and version of the policy are set here.
func (o *Owner) Grant(offer *SignedOffer, policy Policy) ([]byte, error) {
	if offer.Owner != o.ID {
		return nil, fmt.Errorf("grant: offer is for owner %s, not %s", offer.Owner.Short(), o.ID.Short())
	}
	event, err := o.certify(offer)
	if err != nil {
		return nil, fmt.Errorf("grant: %w", err)
	}
	policy.Device, policy.Owner, policy.Epoch, policy.OfferHash, policy.Version = offer.Device, o.ID, offer.Epoch, offer.Hash, 1
	p, err := SignPolicy(&policy, o.Key)
	if err != nil {
		return nil, fmt.Errorf("grant: %w", err)
	}
	body := grantBody{formatVersion, offer.Device, o.ID, offer.Epoch, offer.Hash, event, o.Root, p}
	b, err := sign(forGrant, byKeyID(o.ID), body, o.Key, maxStatement)
	if err != nil {
		return nil, fmt.Errorf("grant: %w", err)
	}
	return b, nil
}

// certify issues the event certificate for an offer.
func (o *Owner) certify(offer *SignedOffer) ([]byte, error) {
	root, err := parseOwnerRoot(o.Root, o.ID)
	if err != nil {
		return nil, err
	}
	t, err := template(pkix.Name{CommonName: eventSubject, SerialNumber: strconv.FormatUint(offer.Epoch, 10)})
	if err != nil {
		return nil, err
	}
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.URIs = []*url.URL{mustURL(offer.Device.URN())}
	return x509.CreateCertificate(rand.Reader, t, root, offer.EventKey, o.Key)
}

// ParseGrant reads and verifies a grant of owner, with everything in it: root, event certificate, policy.
// Whether it answers the offer that was made is for the caller to compare (OfferHash).
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
	event, err := VerifyEventCertificate(body.Event, body.Root, owner)
	if err != nil {
		return nil, err
	}
	policy, err := ParsePolicy(body.Policy, key)
	if err != nil {
		return nil, err
	}
	switch {
	case body.Version != formatVersion:
		return nil, fmt.Errorf("format %d is not spoken here", body.Version)
	case body.Owner != owner || policy.Owner != owner:
		return nil, errors.New("names another owner")
	case event.Device != body.Device || policy.Device != body.Device:
		return nil, errors.New("parts are of different devices")
	case event.Epoch != body.Epoch || policy.Epoch != body.Epoch:
		return nil, errors.New("parts are of different epochs")
	case policy.OfferHash != body.OfferHash:
		return nil, errors.New("policy answers another offer")
	}
	return &Grant{body.Device, owner, body.Epoch, body.OfferHash, event, body.Root, policy, body.Policy, st.raw}, nil
}
