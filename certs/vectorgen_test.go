package certs_test

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"

	"signet/certs"
	"signet/certs/certstest"
)

// scene is all that vectors are made of: an owner from a fixed seed, another owner, and cameras of the same fleet.
type scene struct {
	t         testing.TB
	vs        []vector
	fleet     *certs.Fleet
	stranger  *certs.Fleet // another maker's
	owner     *certs.Owner
	other     *certs.Owner
	cam       *certstest.Camera // the owner's, in epoch 2, its event key renewed
	claimed   *certs.Grant      // of cam in epoch 2, before the renewal
	code      *certs.ClaimCode  // of the owner
	before    *certs.EventCert  // of cam in epoch 1, and its key
	beforeKey *ecdsa.PrivateKey
	sibling   *certstest.Camera // another camera of the owner
	foreign   *certstest.Camera // a camera of the other owner
	viewer    *certstest.Viewer
	receipts  *certstest.Receipts
}

func newScene(t testing.TB) *scene {
	s := &scene{t: t, fleet: certstest.NewFleet(t), stranger: certstest.NewFleet(t), viewer: certstest.NewViewer(t)}
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(i)
	}
	s.owner = ok(certs.OwnerFromSeed(seed, nil))(t)
	seed[0] = 0xff
	s.other = ok(certs.OwnerFromSeed(seed, nil))(t)
	s.cam, s.sibling, s.foreign = certstest.NewCamera(t, s.fleet), certstest.NewCamera(t, s.fleet), certstest.NewCamera(t, s.fleet)
	s.cam.Claim(t, s.owner)
	s.before, s.beforeKey = s.cam.Cert, s.cam.EventKey
	s.cam.Claim(t, s.owner)
	s.claimed = s.cam.Grant
	s.cam.Renew(t, s.owner)
	s.code = certs.NewClaimCode(s.owner, certstest.Time)
	s.sibling.Claim(t, s.owner)
	s.sibling.Claim(t, s.owner)
	s.foreign.Claim(t, s.other)
	s.receipts = certstest.NewReceipts(t, s.fleet)
	return s
}

func writeVectors(t *testing.T) {
	s := newScene(t)
	s.validRecords()
	s.validClaims()
	s.validReceipts()
	s.validSessions()
	s.validEnds()
	s.validFacts()
	s.validSecrets()
	s.validCards()
	s.badEnvelopes()
	s.badRecords()
	s.badCertificates()
	s.badClaims()
	s.badEnds()
	s.badSessions()
	s.badFacts()
	s.badSecrets()
	s.badCards()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(s.vs); err != nil {
		t.Fatal(err)
	}
	if t.Failed() {
		t.Fatal("not written")
	}
	if err := os.WriteFile(vectorFile, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// add takes a vector up. Where it is valid, its fields come from the judge; whether they are right is for the
// tests of each parser, and for the second implementation.
func (s *scene) add(v vector, statement []byte) {
	s.t.Helper()
	v.Statement = hex.EncodeToString(statement)
	got, err := v.judge(s.t)
	v.Valid = v.Why == ""
	if v.Valid != (err == nil) {
		s.t.Errorf("%s %q: valid is %v, but the judge says: %v", v.Kind, v.Name, v.Valid, err)
	}
	v.Fields = got
	s.vs = append(s.vs, v)
}

// record, policy and the like take up a statement of the owner's camera with all that is needed to judge it.
func (s *scene) record(name, why string, b []byte) {
	s.t.Helper()
	s.add(s.about(vector{Name: name, Kind: "record", Why: why}), b)
}

func (s *scene) about(v vector) vector {
	v.Owner, v.Event, v.Root = s.owner.ID.String(), hex.EncodeToString(s.cam.Cert.Raw), hex.EncodeToString(s.owner.Root)
	return v
}

func (s *scene) ofFleet(kind, name, why string, b []byte) {
	s.t.Helper()
	s.add(vector{Name: name, Kind: kind, Why: why, Fleet: hex.EncodeToString(s.fleet.Cert.Raw)}, b)
}

func (s *scene) ofOwner(kind, name, why string, b []byte) {
	s.t.Helper()
	v := vector{Name: name, Kind: kind, Why: why, Owner: s.owner.ID.String()}
	if kind != "grant" && kind != "log-in" {
		v.Root = hex.EncodeToString(s.owner.Root)
	}
	s.add(v, b)
}

func (s *scene) alone(kind, name, why string, b []byte) {
	s.t.Helper()
	s.add(vector{Name: name, Kind: kind, Why: why}, b)
}

func (s *scene) sign(r *certs.Record) []byte {
	s.t.Helper()
	return ok(certs.SignRecord(r, s.cam.Cert, s.cam.EventKey))(s.t)
}

func (s *scene) validRecords() {
	c, t := s.cam, s.t
	s.record("claimed", "", c.Claimed(t).Raw)
	s.record("online with facts", "", c.Online(t).Raw)
	r := c.Record(certs.Online)
	r.Previous = &certs.Position{Boot: 1, N: 300}
	s.record("online after another boot", "", s.sign(r))
	for range 2 {
		e := c.Event(t)
		s.record("started "+e.ID.String(), "", e.Started.Raw)
		s.record("part "+e.ID.String(), "", e.Part.Raw)
		s.record("ended "+e.ID.String(), "", e.Ended.Raw)
	}
	id := certs.NewEventID(certstest.Time)
	for _, typ := range []certs.RecordType{certs.Started, certs.Part, certs.Ended, certs.Tamper} {
		r := c.Record(typ)
		r.Event = &id
		s.record(typ.String()+" without media", "", s.sign(r))
	}
	s.record("tamper outside an event", "", s.sign(c.Record(certs.Tamper)))
	for i, reason := range []string{"spool full", "spool damaged", "media dropped"} {
		r := c.Record(certs.Gap)
		r.Gap.Reason = certs.GapReason(i + 1)
		s.record("gap, "+reason, "", s.sign(r))
	}
	r = c.Record(certs.Gap)
	r.Gap.To = r.Gap.From
	s.record("gap of one record", "", s.sign(r))
	r = c.Record(certs.Ended)
	r.Event = &id
	for i := range uint64(16) {
		r.Media = append(r.Media, certs.Media{Kind: certs.ClipPart, Hash: certs.HashOf([]byte{byte(i)}), Size: certs.MaxPart, MIME: "video/mp4", Index: &i})
	}
	s.record("sixteen pieces of media", "", s.sign(r))

	r = c.Record(certs.Part)
	r.Event = &id
	index := uint64(70000)
	r.Media = []certs.Media{{Kind: certs.ClipPart, Size: 65536, MIME: `video/mp4; codecs="avc1.64001f"`, Span: &certs.Span{From: -86400000, To: 86400000}, Index: &index}}
	s.record("widest span", "", s.sign(r))

	for _, n := range []uint64{0, 23, 24, 255, 256, 65535, 65536, math.MaxUint32, math.MaxUint32 + 1, 1<<53 - 1, 1 << 53, math.MaxUint64} {
		r := c.Record(certs.Tamper)
		r.Position, r.MonoMs, r.PolicyVersion = certs.Position{Boot: max(n, 1), N: n}, n, n
		s.record("integers of "+dec(n), "", s.sign(r))
	}
	r = c.Record(certs.Tamper)
	r.Wall = certs.Wall{UnixMs: 253402300799999, Quality: certs.WallUnknown}
	s.record("the last millisecond of 9999", "", s.sign(r))
	r = c.Record(certs.Tamper)
	r.Wall = certs.Wall{Quality: certs.WallRTC}
	s.record("no wall time", "", s.sign(r))

	r = c.Record(certs.Online)
	r.Previous = &certs.Position{Boot: 1}
	s.record("encoded by hand", "", s.message(handRecord(r)).bytes(t))
}

// message returns the statement of a record's body, signed as the owner's camera would, to be spoiled.
func (s *scene) message(b body) message {
	return message{protected: byX5T(s.cam.Cert), payload: b.encode(), aad: "signet/v1 record", key: s.cam.EventKey}
}

func (s *scene) validReceipts() {
	t, r := s.t, s.receipts
	sign := func(name string, c *certs.Receipt) {
		t.Helper()
		c.Device, c.At = s.cam.ID, certstest.Time
		s.ofFleet("receipt", name, "", ok(certs.SignReceipt(c, r.Cert, r.Key))(t))
	}
	sign("of nothing", &certs.Receipt{})
	sign("of one record", &certs.Receipt{Bound: []certs.Range{{Boot: 1, From: 0, To: 0}}})
	sign("with a refusal and a spread", &certs.Receipt{
		Bound:   []certs.Range{{Boot: 1, From: 0, To: 255}, {Boot: 2, From: 256, To: 65536}},
		Refused: []certs.Refusal{{Boot: 2, N: 7, Reason: "epoch is closed — since position 2.6"}},
		Spread:  5 * time.Minute,
	})
	long := &certs.Receipt{Bound: make([]certs.Range, certs.MaxReceiptEntries)}
	for i := range long.Bound {
		long.Bound[i] = certs.Range{Boot: uint64(i) + 1, From: 1 << i, To: math.MaxUint64}
	}
	sign("of as many ranges as there may be", long)
}

func (s *scene) validSessions() {
	t, c := s.t, s.cam
	for _, origin := range []string{"https://cloud.example:8443", "http://127.0.0.1:8080"} {
		l := certs.Login{Owner: s.owner.ID, Nonce: certs.HashOf([]byte(origin)), Origin: origin, SPKI: s.owner.SPKI, Cloud: certs.HashOf(s.fleet.Cert.Raw)}
		s.ofOwner("log-in", "at "+origin, "", ok(certs.SignLogin(&l, s.owner.Key))(t))
	}
	r := certs.ViewerRequest{Device: c.ID, Epoch: c.Epoch, Nonce: c.BootID, At: certstest.Time, SDP: "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n", Fingerprint: certs.HashOf([]byte("dtls")), SPKI: s.owner.SPKI}
	raw := ok(certs.SignViewerRequest(&r, s.owner.Key))(t)
	s.alone("viewer-request", "of the owner", "", raw)
	r.SPKI, r.Camera = s.viewer.SPKI, certs.MaxCameras-1
	s.alone("viewer-request", "of a viewer, for the last camera", "", ok(certs.SignViewerRequest(&r, s.viewer.Key))(t))

	asked := ok(certs.ParseViewerRequest(raw))(t)
	a := asked.AnswerTo()
	fp := certs.HashOf([]byte("camera's dtls"))
	a.SDP, a.Fingerprint = "v=0\r\n", &fp
	s.add(s.about(vector{Kind: "viewer-answer", Name: "yes"}), ok(certs.SignViewerAnswer(&a, c.Cert, c.EventKey))(t))
	a = asked.AnswerTo()
	a.Refusal = "too many viewers"
	s.add(s.about(vector{Kind: "viewer-answer", Name: "no"}), ok(certs.SignViewerAnswer(&a, c.Cert, c.EventKey))(t))

	s.add(vector{Kind: "event-certificate", Name: "of epoch 2", Owner: s.owner.ID.String(), Root: hex.EncodeToString(s.owner.Root)}, c.Cert.Raw)
	s.add(vector{Kind: "event-certificate", Name: "of epoch 1", Owner: s.owner.ID.String(), Root: hex.EncodeToString(s.owner.Root)}, s.before.Raw)
	s.add(vector{Kind: "event-certificate", Name: "of the other owner", Owner: s.other.ID.String(), Root: hex.EncodeToString(s.other.Root)}, s.foreign.Cert.Raw)
}

func (s *scene) validFacts() {
	id, score, zero := certs.NewEventID(certstest.Time), uint64(1000), uint64(0)
	boxes := make([]certs.Box, 64)
	for i := range boxes {
		boxes[i] = certs.Box{AtMs: int64(i)*100 - 3000, X: uint64(i), Y: 10000 - uint64(i), W: 10000 - uint64(i), H: uint64(i)}
	}
	for name, f := range map[string]certs.Facts{
		"nothing":                  {},
		"everything":               {Event: &id, Score: &score, Reason: "motion — Bewegung 動き", Boxes: boxes[:2], Zone: "door", Motion: &certs.Span{From: -1, To: 4294967}},
		"score 0":                  {Event: &id, Score: &zero},
		"as many boxes as may be":  {Event: &id, Boxes: boxes},
		"camera":                   {Camera: &certs.CameraFacts{Name: "Garden", Driver: "uvcvideo", Format: "MJPEG", Width: 1280, Height: 720, FPSx1000: 29970}},
		"last camera":              {Camera: &certs.CameraFacts{Name: "Yard", Driver: "uvcvideo", Format: "YUYV", Number: certs.MaxCameras - 1}},
		"camera without any words": {Camera: &certs.CameraFacts{Generated: true}},
	} {
		f.Device = s.cam.ID
		s.alone("facts", name, "", ok(f.Marshal())(s.t))
	}
}

func (s *scene) validSecrets() {
	t := s.t
	for name, seed := range map[string][32]byte{"0 to 31": s.owner.Seed(), "all 0": {}, "random": certs.HashOf(s.fleet.Cert.Raw)} {
		s.alone("seed", name, "", seed[:])
	}
	for name, p := range map[string][]byte{"empty": {}, "short": []byte("what the camera saw"), "longer": bytes.Repeat([]byte{0}, 1000)} {
		s.add(vector{Kind: "age", Name: name, Identity: s.owner.Identity.String()}, ok(s.cam.Sealer.Seal(p))(t))
	}
	both := ok(certs.NewSealer([]string{s.other.Recipient, s.owner.Recipient}))(t)
	s.add(vector{Kind: "age", Name: "of two recipients", Identity: s.owner.Identity.String()}, ok(both.Seal([]byte("for both")))(t))
	hybrid := ok(s.owner.Hybrid())(t)
	pq := ok(certs.NewSealer([]string{hybrid.Recipient().String()}))(t)
	s.add(vector{Kind: "age", Name: "of a post-quantum recipient", Identity: hybrid.String()}, ok(pq.Seal([]byte("for later")))(t))
}

// ok makes a function that returns v, or ends the test where err is not nil.
func ok[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
