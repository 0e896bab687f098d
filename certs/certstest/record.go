package certstest

import (
	"testing"

	"signet/certs"
)

// Signed is a record with the media that travels with it.
type Signed struct {
	*certs.SignedRecord
	Inline  [][]byte // thumbnail and facts, sealed, in the order of the record's list
	Part    []byte   // the clip part, sealed, where the record has one
	Message []byte   // record and inline media, as on MQTT
}

// Piece is one piece of media before it is sealed.
type Piece struct {
	Kind      certs.MediaKind
	Plaintext []byte
	MIME      string // default: the one of its kind
	Span      *certs.Span
	Index     uint64 // of a part
}

// Record returns an unsigned record of the camera at its next position.
func (c *Camera) Record(typ certs.RecordType) *certs.Record {
	r := &certs.Record{
		Device: c.ID, Owner: c.Owner, Epoch: c.Epoch, Position: c.Next, BootID: c.BootID,
		MonoMs: 1000 * (c.Next.N + 1),
		Wall:   certs.Wall{UnixMs: uint64(Time.UnixMilli()) + 1000*c.Next.N, Quality: certs.WallSynchronised},
		Type:   typ, PolicyVersion: c.Grant.Policy.Version, Firmware: certs.HashOf([]byte("firmware")),
	}
	c.Next.N++
	switch typ {
	case certs.Claimed: // of a claim or a renewal, whichever came last
		r.Offer, r.Chain = c.Offer, [][]byte{c.Cert.Raw, c.Root}
	case certs.Online:
		r.Chain = [][]byte{c.Cert.Raw, c.Root}
	case certs.Gap:
		r.Gap = &certs.GapRange{From: certs.Position{Boot: c.Next.Boot}, To: certs.Position{Boot: c.Next.Boot, N: 1}, Reason: certs.GapSpoolFull}
	}
	return r
}

// Sign seals the pieces to the owner, lists them in r, and signs it. A closed record without a closing is one of a reset.
func (c *Camera) Sign(t testing.TB, r *certs.Record, pieces ...Piece) *Signed {
	t.Helper()
	s := &Signed{}
	for _, p := range pieces {
		b := must(c.Sealer.Seal(p.Plaintext))(t)
		m := certs.Media{Kind: p.Kind, Hash: certs.HashOf(b), Size: uint64(len(b)), MIME: p.MIME, Span: p.Span}
		if m.MIME == "" {
			m.MIME = map[certs.MediaKind]string{certs.Thumbnail: "image/jpeg", certs.FactsMedia: certs.FactsMIME, certs.ClipPart: "video/mp4"}[p.Kind]
		}
		if p.Kind.Inline() {
			s.Inline = append(s.Inline, b)
		} else {
			s.Part, m.Index = b, &p.Index
		}
		r.Media = append(r.Media, m)
	}
	if r.Type == certs.Closed && r.Closing == nil {
		r.Closing = c.Closing(t, r.Position, nil)
	}
	raw := must(certs.SignRecord(r, c.Cert, c.EventKey))(t)
	s.SignedRecord = must(certs.ParseRecord(raw))(t)
	s.Message = must(certs.JoinMessage(raw, s.Inline))(t)
	return s
}

// FactsOf encodes facts that belong to r, as a piece of media. Device and event of f are set here.
func FactsOf(t testing.TB, r *certs.Record, f certs.Facts) Piece {
	t.Helper()
	f.Device, f.Event = r.Device, r.Event
	return Piece{Kind: certs.FactsMedia, Plaintext: must(f.Marshal())(t)}
}

// Claimed signs the first record of an epoch.
func (c *Camera) Claimed(t testing.TB) *Signed {
	t.Helper()
	return c.Sign(t, c.Record(certs.Claimed))
}

// Online signs the record of a start, with the camera's facts.
func (c *Camera) Online(t testing.TB) *Signed {
	t.Helper()
	r := c.Record(certs.Online)
	return c.Sign(t, r, FactsOf(t, r, certs.Facts{Camera: &certs.CameraFacts{
		Name: "Front door", Driver: "generated", Format: "MJPEG", Width: 1280, Height: 720, FPSx1000: 10000, Generated: true,
	}}))
}

// Event is the records of one event.
type Event struct {
	ID                   certs.EventID
	Started, Part, Ended *Signed
}

// Event signs a whole event: started with thumbnail and facts, one part of a clip, ended with both again.
func (c *Camera) Event(t testing.TB) *Event {
	t.Helper()
	e := &Event{ID: certs.NewEventID(Time)}
	jpeg, score := Piece{Kind: certs.Thumbnail, Plaintext: []byte("\xff\xd8 a picture \xff\xd9")}, uint64(250)
	facts := certs.Facts{Score: &score, Reason: "motion", Boxes: []certs.Box{{AtMs: 500, X: 100, Y: 200, W: 3000, H: 4000}}}

	r := c.Record(certs.Started)
	r.Event = &e.ID
	e.Started = c.Sign(t, r, jpeg, FactsOf(t, r, facts))

	r = c.Record(certs.Part)
	r.Event = &e.ID
	e.Part = c.Sign(t, r, Piece{Kind: certs.ClipPart, Plaintext: []byte("a piece of a clip"), Span: &certs.Span{From: -5000, To: -1000}})

	r = c.Record(certs.Ended)
	r.Event = &e.ID
	facts.Motion = &certs.Span{From: 0, To: 4000}
	e.Ended = c.Sign(t, r, jpeg, FactsOf(t, r, facts))
	return e
}
