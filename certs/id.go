package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// DeviceID is a camera's identity, a UUID. It stands in the device certificate and never changes.
type DeviceID [16]byte

// NewDeviceID makes a random identity (UUID version 4).
func NewDeviceID() DeviceID { return DeviceID(uuid.New()) }

// ParseDeviceID reads the 36-character lower-case form and no other.
func ParseDeviceID(s string) (DeviceID, error) {
	u, err := uuid.Parse(s)
	if err != nil || u.String() != s {
		return DeviceID{}, fmt.Errorf("parse device id %.40q: not a lower-case UUID", s)
	}
	return DeviceID(u), nil
}

func (d DeviceID) String() string { return uuid.UUID(d).String() }

// URN returns the form that stands in certificates, "urn:uuid:...".
func (d DeviceID) URN() string { return "urn:uuid:" + d.String() }

// EventID names an event: a UUID version 7, so that ids sort roughly by time.
type EventID [16]byte

// NewEventID makes an id whose time part is t (RFC 9562, section 5.7).
func NewEventID(t time.Time) EventID {
	id := EventID(uuid.New())
	ms := uint64(max(t.UnixMilli(), 0))
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	id[6] = id[6]&0x0f | 0x70
	return id
}

// ParseEventID reads the 36-character lower-case form and no other.
func ParseEventID(s string) (EventID, error) {
	u, err := uuid.Parse(s)
	if err != nil || u.String() != s {
		return EventID{}, fmt.Errorf("parse event id %.40q: not a lower-case UUID", s)
	}
	return EventID(u), nil
}

func (e EventID) String() string { return uuid.UUID(e).String() }

// Hash is a SHA-256.
type Hash [32]byte

// HashOf returns the SHA-256 of b.
func HashOf(b []byte) Hash { return sha256.Sum256(b) }

// ParseHash reads 64 lower-case hexadecimal digits.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if err := parseHex(h[:], s); err != nil {
		return Hash{}, fmt.Errorf("parse hash: %w", err)
	}
	return h, nil
}

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// KeyID names a public key: the SHA-256 of its SubjectPublicKeyInfo in DER.
type KeyID [32]byte

// OwnerID is the KeyID of an owner's root key.
type OwnerID = KeyID

// ParseKeyID reads 64 lower-case hexadecimal digits.
func ParseKeyID(s string) (KeyID, error) {
	var k KeyID
	if err := parseHex(k[:], s); err != nil {
		return KeyID{}, fmt.Errorf("parse key id: %w", err)
	}
	return k, nil
}

func (k KeyID) String() string { return hex.EncodeToString(k[:]) }

// Short returns the first eight digits, for people.
func (k KeyID) Short() string { return hex.EncodeToString(k[:4]) }

// KeyIDOf returns the id of a P-256 public key.
func KeyIDOf(pub *ecdsa.PublicKey) (KeyID, error) {
	spki, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return KeyID{}, fmt.Errorf("encode public key: %w", err)
	}
	return sha256.Sum256(spki), nil
}

// maxSPKI bounds an encoded public key; a P-256 one has 91 bytes.
const maxSPKI = 256

// ParseSPKI reads a P-256 public key from its SubjectPublicKeyInfo in DER and returns its id.
func ParseSPKI(der []byte) (*ecdsa.PublicKey, KeyID, error) {
	if len(der) > maxSPKI {
		return nil, KeyID{}, errors.New("parse public key: too large")
	}
	k, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, KeyID{}, fmt.Errorf("parse public key: %w", err)
	}
	pub, err := p256(k)
	if err != nil {
		return nil, KeyID{}, fmt.Errorf("parse public key: %w", err)
	}
	id, err := KeyIDOf(pub)
	if err != nil {
		return nil, KeyID{}, err
	}
	if id != KeyID(sha256.Sum256(der)) {
		return nil, KeyID{}, errors.New("parse public key: not the one encoding of this key")
	}
	return pub, id, nil
}

// p256 returns k as the only kind of key used here.
func p256(k any) (*ecdsa.PublicKey, error) {
	pub, ok := k.(*ecdsa.PublicKey)
	if !ok || pub.Curve != elliptic.P256() {
		return nil, errors.New("not an ECDSA P-256 key")
	}
	return pub, nil
}

func parseHex(dst []byte, s string) error {
	if len(s) != 2*len(dst) {
		return fmt.Errorf("%.80q has not %d hexadecimal digits", s, 2*len(dst))
	}
	if _, err := hex.Decode(dst, []byte(s)); err != nil || hex.EncodeToString(dst) != s {
		return fmt.Errorf("%.80q is not lower-case hexadecimal", s)
	}
	return nil
}

// Position is the place of a record in a camera's life. Order comes from positions, never from clocks.
type Position struct {
	_    struct{} `cbor:",toarray"`
	Boot uint64   // counts the camera's starts, from 1
	N    uint64   // counts the records of one boot, from 0
}

// Less says whether p comes before q.
func (p Position) Less(q Position) bool {
	return p.Boot < q.Boot || p.Boot == q.Boot && p.N < q.N
}

func (p Position) String() string { return fmt.Sprintf("%d.%d", p.Boot, p.N) }
