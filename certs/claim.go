package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// ClaimCode is what an owner shows to a camera to claim it, in a file or as a QR code. It holds a secret that
// the cloud never sees: so the cloud can substitute neither the owner nor the camera.
type ClaimCode struct {
	Owner      OwnerID
	Secret     [16]byte
	NotAfter   time.Time // milliseconds
	Recipients []string  // age recipients
}

type claimCodeBody struct {
	Version    uint64   `cbor:"0,keyasint"`
	Owner      OwnerID  `cbor:"1,keyasint"`
	Secret     [16]byte `cbor:"2,keyasint"`
	NotAfter   uint64   `cbor:"3,keyasint"`
	Recipients []string `cbor:"4,keyasint"`
}

const (
	claimPrefix  = "SIGNET-CLAIM-1:"
	maxClaimCode = 8 << 10
)

// NewClaimCode makes a code with a fresh secret.
func NewClaimCode(o *Owner, notAfter time.Time) *ClaimCode {
	c := &ClaimCode{Owner: o.ID, NotAfter: notAfter.Truncate(time.Millisecond), Recipients: []string{o.Recipient}}
	rand.Read(c.Secret[:])
	return c
}

// Text returns the code as text: "SIGNET-CLAIM-1:" and base64url.
func (c *ClaimCode) Text() (string, error) {
	if _, err := NewSealer(c.Recipients); err != nil {
		return "", fmt.Errorf("encode claim code: %w", err)
	}
	b, err := encode(claimCodeBody{formatVersion, c.Owner, c.Secret, unixMs(c.NotAfter), c.Recipients})
	if err != nil {
		return "", fmt.Errorf("encode claim code: %w", err)
	}
	return claimPrefix + base64.RawURLEncoding.EncodeToString(b), nil
}

// ParseClaimCode reads what Text wrote. It does not look at the clock.
func ParseClaimCode(s string) (*ClaimCode, error) {
	text, ok := strings.CutPrefix(strings.TrimSpace(s), claimPrefix)
	if !ok || len(text) > maxClaimCode {
		return nil, errors.New("parse claim code: not a claim code")
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || base64.RawURLEncoding.EncodeToString(b) != text { // the decoder passes over line ends
		return nil, errors.New("parse claim code: not base64url")
	}
	var body claimCodeBody
	if err := decode(b, &body); err != nil {
		return nil, fmt.Errorf("parse claim code: %w", err)
	}
	if body.Version != formatVersion {
		return nil, fmt.Errorf("parse claim code: format %d is not spoken here", body.Version)
	}
	at, err := timeOf(body.NotAfter)
	if err != nil {
		return nil, fmt.Errorf("parse claim code: %w", err)
	}
	if _, err := NewSealer(body.Recipients); err != nil {
		return nil, fmt.Errorf("parse claim code: %w", err)
	}
	return &ClaimCode{body.Owner, body.Secret, at, body.Recipients}, nil
}

// Offer is the camera's answer to a claim, signed by the device key: the owner it is for, and the request for
// a certificate of a fresh event key.
type Offer struct {
	Version uint64   `cbor:"0,keyasint"` // set by SignOffer
	Device  DeviceID `cbor:"1,keyasint"`
	Owner   OwnerID  `cbor:"2,keyasint"`
	Epoch   uint64   `cbor:"3,keyasint"`
	CSR     []byte   `cbor:"4,keyasint"`           // see EventRequest
	View    []byte   `cbor:"5,keyasint,omitempty"` // what the camera saw, sealed
}

// EventRequest makes the PKCS #10 request for an event certificate, in DER.
func EventRequest(id DeviceID, eventKey crypto.Signer) ([]byte, error) {
	return request(eventSubject, id, eventKey)
}

// SignOffer signs o with the device key that deviceCert certifies.
func SignOffer(o *Offer, deviceCert []byte, deviceKey crypto.Signer) ([]byte, error) {
	o.Version = formatVersion
	c, pub, err := parseCertificate(deviceCert)
	if err != nil {
		return nil, fmt.Errorf("sign offer: %w", err)
	}
	device, err := DeviceFromCertificate(c)
	if err != nil {
		return nil, fmt.Errorf("sign offer: %w", err)
	}
	if !pub.Equal(deviceKey.Public()) {
		return nil, fmt.Errorf("sign offer: %w", errOtherKey)
	}
	if _, err := o.check(device, pub); err != nil {
		return nil, fmt.Errorf("sign offer: %w", err)
	}
	b, err := sign(forOffer, byChain(deviceCert), o, deviceKey, maxOffer)
	if err != nil {
		return nil, fmt.Errorf("sign offer: %w", err)
	}
	return b, nil
}

// SignedOffer is an offer that a device of the fleet has signed.
type SignedOffer struct {
	Offer
	EventKey   *ecdsa.PublicKey // of the CSR
	EventKeyID KeyID
	DeviceCert []byte // DER
	Hash       Hash   // of Raw
	Raw        []byte
}

// ParseOffer reads and verifies an offer: the device certificate's path to the fleet CA, the signature, and that
// the request in it is signed by the key that it asks a certificate for, and is of the same device.
func ParseOffer(b []byte, fleet *x509.Certificate) (*SignedOffer, error) {
	s, err := parseOffer(b, fleet)
	if err != nil {
		return nil, fmt.Errorf("parse offer: %w", err)
	}
	return s, nil
}

func parseOffer(b []byte, fleet *x509.Certificate) (*SignedOffer, error) {
	st, err := split(b, maxOffer)
	if err != nil {
		return nil, err
	}
	der, err := st.chain()
	if err != nil {
		return nil, err
	}
	device, key, err := VerifyDeviceCertificate(der, fleet)
	if err != nil {
		return nil, err
	}
	if err := st.verify(forOffer, key); err != nil {
		return nil, err
	}
	s := &SignedOffer{DeviceCert: der, Hash: HashOf(b), Raw: st.raw}
	if err := st.body(&s.Offer); err != nil {
		return nil, err
	}
	if s.EventKey, err = s.check(device, key); err != nil {
		return nil, err
	}
	if s.EventKeyID, err = KeyIDOf(s.EventKey); err != nil {
		return nil, err
	}
	return s, nil
}

// check holds the conditions of record.cddl for an offer of device and returns the event key.
func (o *Offer) check(device DeviceID, deviceKey *ecdsa.PublicKey) (*ecdsa.PublicKey, error) {
	asked, eventKey, err := ParseRequest(o.CSR)
	switch {
	case o.Version != formatVersion:
		return nil, fmt.Errorf("format %d is not spoken here", o.Version)
	case err != nil:
		return nil, err
	case o.Device != device || asked != device:
		return nil, errors.New("device is not the certificate's")
	case o.Epoch == 0:
		return nil, errors.New("epoch 0")
	case eventKey.Equal(deviceKey):
		return nil, errors.New("event key is the device key")
	}
	return eventKey, nil
}

type offerMessage struct {
	_     struct{} `cbor:",toarray"`
	Offer []byte
	MAC   [32]byte
}

// JoinOffer adds the proof that the camera has seen the code's secret: HMAC-SHA-256 over the offer.
func JoinOffer(offer []byte, secret [16]byte) ([]byte, error) {
	return encode(offerMessage{Offer: offer, MAC: offerMAC(offer, secret)})
}

// OpenOffer checks the proof and returns the offer, still to be parsed.
func OpenOffer(msg []byte, secret [16]byte) ([]byte, error) {
	if len(msg) > maxOffer+64 { // with the MAC and three heads
		return nil, errors.New("open offer: too large")
	}
	var m offerMessage
	if err := decode(msg, &m); err != nil {
		return nil, fmt.Errorf("open offer: %w", err)
	}
	if mac := offerMAC(m.Offer, secret); !hmac.Equal(mac[:], m.MAC[:]) {
		return nil, errors.New("open offer: made by a camera that has not seen this code")
	}
	return m.Offer, nil
}

func offerMAC(offer []byte, secret [16]byte) (mac [32]byte) {
	h := hmac.New(sha256.New, secret[:])
	h.Write(offer)
	h.Sum(mac[:0])
	return mac
}

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

// unixMs returns t as it stands in statements.
func unixMs(t time.Time) uint64 { return uint64(max(t.UnixMilli(), 0)) }

// maxUnixMs is the last millisecond of the year 9999. Later times overflow in one library or another.
const maxUnixMs = 253402300799999

var errBeyond9999 = errors.New("time is beyond the year 9999")

// timeOf reads a time of a statement.
func timeOf(ms uint64) (time.Time, error) {
	if ms > maxUnixMs {
		return time.Time{}, errBeyond9999
	}
	return time.UnixMilli(int64(ms)).UTC(), nil
}
