package certs

import (
	"fmt"

	"filippo.io/age"
)

// Cards are what people show each other, as text. They are not statements: whoever reads one trusts the hand it comes from.
const (
	viewerCardPrefix = "SIGNETV1:"
	ownerCardPrefix  = "SIGNETO1:"
	joinCardPrefix   = "SIGNETJ1:"
	maxCard          = 1024 // bytes of CBOR
	// MaxJoinAnswer bounds the answer to a join card, in bytes.
	MaxJoinAnswer = 4 << 10
)

// ViewerCard is of somebody who would like to view: what an owner needs to let him.
type ViewerCard struct {
	Version uint64   `cbor:"0,keyasint"` // set by Text
	SPKI    []byte   `cbor:"1,keyasint"` // public key, DER
	Picture [32]byte `cbor:"2,keyasint"` // X25519
	Name    string   `cbor:"3,keyasint,omitempty"`
}

// Text returns the card as text.
func (c *ViewerCard) Text() (string, error) {
	c.Version = formatVersion
	return cardText(viewerCardPrefix, c)
}

// ParseViewerCard reads what Text wrote.
func ParseViewerCard(s string) (*ViewerCard, error) {
	var c ViewerCard
	if err := parseCard(s, viewerCardPrefix, &c); err != nil {
		return nil, err
	}
	return &c, nil
}

// Recipient returns the picture key as an age recipient.
func (c *ViewerCard) Recipient() string { return X25519Recipient(c.Picture) }

// Key returns the id of the key.
func (c *ViewerCard) Key() KeyID { return KeyID(HashOf(c.SPKI)) }

func (c *ViewerCard) check() error {
	if err := checkVersion(c.Version); err != nil {
		return err
	}
	if _, _, err := ParseSPKI(c.SPKI); err != nil {
		return err
	}
	if err := checkX25519(c.Picture); err != nil {
		return fmt.Errorf("picture key: %w", err)
	}
	return checkText(c.Name)
}

// OwnerCard names the owner whose cameras a viewer expects.
type OwnerCard struct {
	Version uint64  `cbor:"0,keyasint"` // set by Text
	Owner   OwnerID `cbor:"1,keyasint"`
	Name    string  `cbor:"2,keyasint,omitempty"`
}

// Text returns the card as text.
func (c *OwnerCard) Text() (string, error) {
	c.Version = formatVersion
	return cardText(ownerCardPrefix, c)
}

// ParseOwnerCard reads what Text wrote.
func ParseOwnerCard(s string) (*OwnerCard, error) {
	var c OwnerCard
	if err := parseCard(s, ownerCardPrefix, &c); err != nil {
		return nil, err
	}
	return &c, nil
}

func (c *OwnerCard) check() error {
	if err := checkVersion(c.Version); err != nil {
		return err
	}
	return checkText(c.Name)
}

// JoinCard is of a browser or machine that would like to have the owner's keys.
type JoinCard struct {
	Version uint64   `cbor:"0,keyasint"` // set by Text
	Key     [32]byte `cbor:"1,keyasint"` // X25519, fresh
}

// NewJoinCard makes a card and the key that its answer opens with.
func NewJoinCard() (*JoinCard, *age.X25519Identity, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, nil, fmt.Errorf("make join card: %w", err)
	}
	key, err := X25519Public(id.Recipient().String())
	if err != nil {
		return nil, nil, fmt.Errorf("make join card: %w", err)
	}
	return &JoinCard{Version: formatVersion, Key: key}, id, nil
}

// Text returns the card as text.
func (c *JoinCard) Text() (string, error) {
	c.Version = formatVersion
	return cardText(joinCardPrefix, c)
}

// ParseJoinCard reads what Text wrote.
func ParseJoinCard(s string) (*JoinCard, error) {
	var c JoinCard
	if err := parseCard(s, joinCardPrefix, &c); err != nil {
		return nil, err
	}
	return &c, nil
}

// ID names the card where its answer waits: the SHA-256 of its CBOR.
func (c *JoinCard) ID() Hash {
	b, err := encode(JoinCard{formatVersion, c.Key})
	if err != nil {
		panic(err) // a number and 32 bytes
	}
	return HashOf(b)
}

func (c *JoinCard) check() error {
	if err := checkVersion(c.Version); err != nil {
		return err
	}
	return checkX25519(c.Key)
}

// JoinAnswer seals an owner's seed to the card of a device that is the owner's too. Whoever answers must have seen the card
// on that device's own screen.
func JoinAnswer(c *JoinCard, seed [32]byte) ([]byte, error) {
	s, err := NewSealer([]string{X25519Recipient(c.Key)})
	if err != nil {
		return nil, fmt.Errorf("answer join card: %w", err)
	}
	return s.Seal([]byte(SeedText(seed)))
}

// OpenJoinAnswer opens the answer to a card and returns the seed.
func OpenJoinAnswer(b []byte, id age.Identity) ([32]byte, error) {
	plain, err := Open(b, MaxJoinAnswer, id)
	if err != nil {
		return [32]byte{}, fmt.Errorf("open answer to join card: %w", err)
	}
	seed, err := ParseSeed(string(plain))
	if err != nil {
		return [32]byte{}, fmt.Errorf("open answer to join card: %w", err)
	}
	return seed, nil
}

type card interface{ check() error }

func cardText(prefix string, c card) (string, error) {
	if err := c.check(); err != nil {
		return "", fmt.Errorf("encode card: %w", err)
	}
	s, err := toText(prefix, c)
	if err != nil {
		return "", fmt.Errorf("encode card: %w", err)
	}
	return s, nil
}

func parseCard(s, prefix string, c card) error {
	if err := fromText(s, prefix, "card of this kind", maxCard, c); err != nil {
		return fmt.Errorf("parse card: %w", err)
	}
	if err := c.check(); err != nil {
		return fmt.Errorf("parse card: %w", err)
	}
	return nil
}

func checkVersion(v uint64) error {
	if v != formatVersion {
		return fmt.Errorf("format %d is not spoken here", v)
	}
	return nil
}
