package certs

import (
	"crypto"
	"errors"
	"fmt"
)

// RecordType says what a record states.
type RecordType uint

// The types of records.
const (
	Claimed RecordType = iota + 1 // an epoch begins; carries the offer and the certificates
	Online                        // the agent started; names the last durable position of the boot before
	Started                       // an event began; provisional thumbnail
	Part                          // a piece of the clip
	Ended                         // an event ended; final thumbnail
	Gap                           // records or media that had to be dropped
	Tamper                        // the camera went away, was covered, was turned
	Closed                        // the epoch ends here
)

var recordTypes = [...]string{"", "claimed", "online", "started", "part", "ended", "gap", "tamper", "closed"}

func (t RecordType) String() string {
	if !t.known() {
		return fmt.Sprintf("type %d", uint(t))
	}
	return recordTypes[t]
}

func (t RecordType) known() bool { return t != 0 && uint(t) < uint(len(recordTypes)) }

// MediaKind says what the plaintext of a piece of media is.
type MediaKind uint

// The kinds of media.
const (
	Thumbnail  MediaKind = iota + 1 // image/jpeg
	FactsMedia                      // application/cbor, see Facts
	ClipPart                        // video/mp4, playable by itself
)

var mediaKinds = [...]string{"", "thumbnail", "facts", "part"}

func (k MediaKind) String() string {
	if !k.known() {
		return fmt.Sprintf("kind %d", uint(k))
	}
	return mediaKinds[k]
}

func (k MediaKind) known() bool { return k != 0 && uint(k) < uint(len(mediaKinds)) }

// Inline says whether media of this kind travels with its record.
func (k MediaKind) Inline() bool { return k == Thumbnail || k == FactsMedia }

// Span is a stretch of time in milliseconds from the start of the event; pre-roll is negative.
type Span struct {
	_        struct{} `cbor:",toarray"`
	From, To int64
}

func (s *Span) valid() bool { return s.From <= s.To && withinDay(s.From) && withinDay(s.To) }

// withinDay bounds times from the start of an event: no event lasts a day, and nobody's arithmetic overflows.
func withinDay(ms int64) bool { return -maxEventMs <= ms && ms <= maxEventMs }

const maxEventMs = 24 * 60 * 60 * 1000

// Media describes one sealed piece of media: everything but its bytes.
type Media struct {
	Kind  MediaKind `cbor:"1,keyasint"`
	Hash  Hash      `cbor:"2,keyasint"` // of the ciphertext
	Size  uint64    `cbor:"3,keyasint"` // of the ciphertext, bytes
	MIME  string    `cbor:"4,keyasint"` // of the plaintext
	Span  *Span     `cbor:"5,keyasint,omitempty"`
	Index *uint64   `cbor:"6,keyasint,omitempty"` // of a part within its clip, from 0
}

// WallQuality says how far a wall time can be trusted.
type WallQuality uint

// Qualities of wall time.
const (
	WallUnknown WallQuality = iota
	WallRTC
	WallSynchronised
)

// Wall is a wall time and how good it is. It is advice: order comes from positions.
type Wall struct {
	_       struct{} `cbor:",toarray"`
	UnixMs  uint64
	Quality WallQuality
}

// GapReason says why something is missing.
type GapReason uint

// Reasons for gaps.
const (
	GapSpoolFull GapReason = iota + 1
	GapSpoolDamaged
	GapMediaDropped
)

// GapRange names records that are missing, or whose media is; both ends inclusive, of one boot.
type GapRange struct {
	_        struct{} `cbor:",toarray"`
	From, To Position
	Reason   GapReason
}

// Record is one signed statement of a camera about an event or about itself. Everything in it is in clear;
// what only the owner may see is in the sealed media that it lists.
type Record struct {
	Version       uint64     `cbor:"0,keyasint"` // set by SignRecord
	Device        DeviceID   `cbor:"1,keyasint"`
	Owner         OwnerID    `cbor:"2,keyasint"`
	Epoch         uint64     `cbor:"3,keyasint"`
	Position      Position   `cbor:"4,keyasint"`
	BootID        [16]byte   `cbor:"5,keyasint"`
	MonoMs        uint64     `cbor:"6,keyasint"` // since the kernel started
	Wall          Wall       `cbor:"7,keyasint"`
	Type          RecordType `cbor:"8,keyasint"`
	Event         *EventID   `cbor:"9,keyasint,omitempty"`
	PolicyVersion uint64     `cbor:"10,keyasint"`
	Media         []Media    `cbor:"11,keyasint,omitempty"`
	Firmware      Hash       `cbor:"12,keyasint"`
	Previous      *Position  `cbor:"13,keyasint,omitempty"`
	Gap           *GapRange  `cbor:"14,keyasint,omitempty"`
	Chain         [][]byte   `cbor:"15,keyasint,omitempty"` // event certificate, owner's root
	Offer         []byte     `cbor:"16,keyasint,omitempty"` // claimed: encoded, of the claim or the renewal
	Closing       []byte     `cbor:"17,keyasint,omitempty"` // closed: encoded
}

// Limits of what travels.
const (
	MaxRecord     = 16 << 10  // bytes of an encoded record
	MaxSmallMedia = 64 << 10  // bytes of a sealed thumbnail or facts
	MaxMessage    = 256 << 10 // bytes of a record with its small media
	MaxPart       = 8 << 20   // bytes of a sealed clip part
	maxMedia      = 16
	maxMIME       = 127
)

// SignRecord encodes r and signs it with the event key that cert certifies. Device and epoch of r must be those of cert.
func SignRecord(r *Record, cert *EventCert, key crypto.Signer) ([]byte, error) {
	r.Version = formatVersion
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("sign record: %w", err)
	}
	if r.Device != cert.Device || r.Epoch != cert.Epoch {
		return nil, errors.New("sign record: device or epoch is not the event certificate's")
	}
	if !cert.Key.Equal(key.Public()) {
		return nil, fmt.Errorf("sign record: %w", errOtherKey)
	}
	b, err := sign(forRecord, byX5T(cert.X5T), r, key, MaxRecord)
	if err != nil {
		return nil, fmt.Errorf("sign record: %w", err)
	}
	return b, nil
}

// SignedRecord is a record that is well-formed. It is true only after Verify.
type SignedRecord struct {
	Record
	X5T  Hash   // of the event certificate that is said to have signed it
	Hash Hash   // of Raw
	Raw  []byte // as received
	st   *statement
}

// ParseRecord reads a record of at most MaxRecord bytes. It refuses whatever record.cddl does not describe.
// It verifies no signature.
func ParseRecord(b []byte) (*SignedRecord, error) {
	st, err := split(b, MaxRecord)
	if err != nil {
		return nil, fmt.Errorf("parse record: %w", err)
	}
	s := &SignedRecord{st: st, Raw: st.raw, Hash: HashOf(b)}
	if s.X5T, err = st.x5t(); err != nil {
		return nil, fmt.Errorf("parse record: %w", err)
	}
	if err := st.body(&s.Record); err != nil {
		return nil, fmt.Errorf("parse record: %w", err)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("parse record: %w", err)
	}
	return s, nil
}

// Verify says whether cert's key signed this record, for this device and this epoch. That cert's path ends
// at the record's owner is for [VerifyEventCertificate] to say.
func (s *SignedRecord) Verify(cert *EventCert) error {
	switch {
	case cert.X5T != s.X5T:
		return errors.New("verify record: another certificate")
	case cert.Device != s.Device:
		return errors.New("verify record: certificate is of another device")
	case cert.Epoch != s.Epoch:
		return errors.New("verify record: certificate is of another epoch")
	}
	if err := s.st.verify(forRecord, cert.Key); err != nil {
		return fmt.Errorf("verify record: %w", err)
	}
	return nil
}

// check holds the conditions of record.cddl that the encoding alone does not.
func (r *Record) check() error {
	switch {
	case r.Version != formatVersion:
		return fmt.Errorf("format %d is not spoken here", r.Version)
	case r.Epoch == 0:
		return errors.New("epoch 0")
	case r.Position.Boot == 0:
		return errors.New("boot 0")
	case !r.Type.known():
		return fmt.Errorf("unknown %v", r.Type)
	case r.Wall.UnixMs > maxUnixMs:
		return errBeyond9999
	case r.Wall.Quality > WallSynchronised:
		return errors.New("unknown quality of wall time")
	case (r.Type == Started || r.Type == Part || r.Type == Ended) && r.Event == nil:
		return fmt.Errorf("%v without event", r.Type)
	case (r.Type == Claimed || r.Type == Online || r.Type == Gap || r.Type == Closed) && r.Event != nil:
		return fmt.Errorf("%v with event", r.Type)
	case (r.Type == Claimed || r.Type == Online) != (r.Chain != nil):
		return fmt.Errorf("%v: certificates belong to claimed and online", r.Type)
	case r.Chain != nil && len(r.Chain) != 2:
		return fmt.Errorf("%d certificates instead of 2", len(r.Chain))
	case (r.Type == Claimed) != (len(r.Offer) != 0):
		return fmt.Errorf("%v: the offer belongs to claimed", r.Type)
	case (r.Type == Closed) != (len(r.Closing) != 0):
		return fmt.Errorf("%v: the closing belongs to closed", r.Type)
	case r.Type != Online && r.Previous != nil:
		return fmt.Errorf("%v with a previous position", r.Type)
	case r.Previous != nil && r.Previous.Boot == 0:
		return errors.New("previous position of boot 0")
	case (r.Type == Gap) != (r.Gap != nil):
		return fmt.Errorf("%v: a range belongs to gap", r.Type)
	case len(r.Media) > maxMedia:
		return fmt.Errorf("%d pieces of media are more than %d", len(r.Media), maxMedia)
	}
	if g := r.Gap; g != nil {
		if g.From.Boot == 0 || g.From.Boot != g.To.Boot || g.To.Less(g.From) || g.Reason == 0 || g.Reason > GapMediaDropped {
			return errors.New("gap is not a range")
		}
	}
	for _, der := range r.Chain {
		if len(der) == 0 || len(der) > MaxCertificate {
			return fmt.Errorf("certificate of %d bytes", len(der))
		}
	}
	if r.Type == Closed {
		if err := r.checkClosing(); err != nil {
			return err
		}
	}
	for i := range r.Media {
		if err := r.Media[i].check(); err != nil {
			return fmt.Errorf("media %d: %w", i, err)
		}
	}
	return nil
}

func (m *Media) check() error {
	limit := uint64(MaxPart)
	if m.Kind.Inline() {
		limit = MaxSmallMedia
	}
	switch {
	case !m.Kind.known():
		return fmt.Errorf("unknown %v", m.Kind)
	case m.Size > limit:
		return fmt.Errorf("%d bytes are more than %d", m.Size, limit)
	case !printable(m.MIME, maxMIME):
		return fmt.Errorf("MIME type is not 1 to %d printable characters", maxMIME)
	case m.Span != nil && !m.Span.valid():
		return errors.New("span runs backwards or beyond a day")
	case (m.Kind == ClipPart) != (m.Index != nil):
		return errors.New("an index belongs to parts")
	}
	return nil
}
