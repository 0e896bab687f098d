package certs_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"strconv"
	"testing"
	"time"

	"signet/certs"
)

var judges = map[string]func(testing.TB, *vector, []byte) (fields, error){
	"record": judgeRecord, "offer": judgeOffer, "grant": judgeGrant, "policy": judgePolicy, "receipt": judgeReceipt,
	"log-in": judgeLogin, "viewer-request": judgeViewerRequest, "viewer-answer": judgeViewerAnswer, "facts": judgeFacts,
	"age": judgeAge, "seed": judgeSeed, "claim-code": judgeClaimCode, "event-certificate": judgeEventCertificate,
	"offer-message": judgeOfferMessage, "release": judgeRelease, "lost": judgeLost, "closing": judgeClosing, "settings": judgeSettings,
	"viewer-card": judgeViewerCard, "owner-card": judgeOwnerCard, "join-card": judgeJoinCard, "join-answer": judgeJoinAnswer,
}

func (v *vector) owner(t testing.TB) certs.OwnerID {
	t.Helper()
	o, err := certs.ParseKeyID(v.Owner)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (v *vector) fleet(t testing.TB) *x509.Certificate {
	t.Helper()
	c, err := x509.ParseCertificate(v.bytes(t, v.Fleet))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (v *vector) eventCert(t testing.TB) (*certs.EventCert, error) {
	return certs.VerifyEventCertificate(v.bytes(t, v.Event), v.bytes(t, v.Root), v.owner(t))
}

func judgeRecord(t testing.TB, v *vector, b []byte) (fields, error) {
	r, err := certs.ParseRecord(b)
	if err != nil {
		return nil, err
	}
	if r.Owner != v.owner(t) {
		return nil, errors.New("is of another owner")
	}
	cert, err := v.eventCert(t)
	if err != nil {
		return nil, err
	}
	if err := r.Verify(cert); err != nil {
		return nil, err
	}
	if !bytes.Equal(r.Raw, b) || r.Hash != certs.HashOf(b) {
		t.Error("raw bytes or hash are not the statement's")
	}
	f := fields{
		"device": r.Device.String(), "owner": r.Owner.String(), "epoch": dec(r.Epoch), "position": pos(r.Position),
		"bootId": hex.EncodeToString(r.BootID[:]), "monoMs": dec(r.MonoMs), "wallMs": r.Wall.UnixMs, "quality": r.Wall.Quality,
		"type": r.Type.String(), "policyVersion": dec(r.PolicyVersion), "firmware": r.Firmware.String(),
		"x5t": r.X5T.String(), "hash": r.Hash.String(),
	}
	if r.Event != nil {
		f["event"] = r.Event.String()
	}
	var media []fields
	for _, m := range r.Media {
		e := fields{"kind": m.Kind.String(), "hash": m.Hash.String(), "size": m.Size, "mime": m.MIME}
		if m.Span != nil {
			e["span"] = []int64{m.Span.From, m.Span.To}
		}
		if m.Index != nil {
			e["index"] = dec(*m.Index)
		}
		media = append(media, e)
	}
	if media != nil {
		f["media"] = media
	}
	if r.Previous != nil {
		f["previous"] = pos(*r.Previous)
	}
	if g := r.Gap; g != nil {
		f["gap"] = fields{"from": pos(g.From), "to": pos(g.To), "reason": g.Reason}
	}
	if r.Chain != nil {
		f["chain"] = []string{hex.EncodeToString(r.Chain[0]), hex.EncodeToString(r.Chain[1])}
	}
	if r.Offer != nil {
		f["offer"] = hex.EncodeToString(r.Offer)
	}
	if r.Closing != nil {
		f["closing"] = hex.EncodeToString(r.Closing)
	}
	return f, nil
}

func judgeOffer(t testing.TB, v *vector, b []byte) (fields, error) {
	o, err := certs.ParseOffer(b, v.fleet(t))
	if err != nil {
		return nil, err
	}
	return offerFields(o), nil
}

func offerFields(o *certs.SignedOffer) fields {
	f := fields{
		"device": o.Device.String(), "owner": o.Owner.String(), "epoch": dec(o.Epoch), "csr": hex.EncodeToString(o.CSR),
		"eventKeyId": o.EventKeyID.String(), "deviceCertificate": hex.EncodeToString(o.DeviceCert), "hash": o.Hash.String(),
		"eventLevel": o.EventLevel, "deviceLevel": o.DeviceLevel, "settings": hex.EncodeToString(o.Settings[:]),
	}
	if o.View != nil {
		f["view"] = o.View.String()
	}
	if o.Renews != nil {
		f["renews"] = o.Renews.String()
	}
	return f
}

func judgeGrant(t testing.TB, v *vector, b []byte) (fields, error) {
	g, err := certs.ParseGrant(b, v.owner(t))
	if err != nil {
		return nil, err
	}
	f := fields{
		"device": g.Device.String(), "owner": g.Owner.String(), "epoch": dec(g.Epoch), "offerHash": g.OfferHash.String(),
		"event": hex.EncodeToString(g.Event.Raw), "eventKeyId": g.Event.KeyID.String(), "root": hex.EncodeToString(g.Root),
		"policy": hex.EncodeToString(g.RawPolicy),
	}
	if g.Renews != nil {
		f["renews"] = g.Renews.String()
	}
	return f, nil
}

func judgePolicy(t testing.TB, v *vector, b []byte) (fields, error) {
	key, err := certs.OwnerKey(v.bytes(t, v.Root), v.owner(t))
	if err != nil {
		return nil, err
	}
	p, err := certs.ParsePolicy(b, key)
	if err != nil {
		return nil, err
	}
	f := fields{
		"device": p.Device.String(), "owner": p.Owner.String(), "epoch": dec(p.Epoch), "offerHash": p.OfferHash.String(),
		"version": dec(p.Version), "recipients": p.Recipients,
	}
	var viewers []fields
	for _, w := range p.Viewers {
		e := fields{"spki": hex.EncodeToString(w.SPKI), "scope": w.Scope, "notAfterMs": w.NotAfter.UnixMilli(), "since": dec(w.Since)}
		if w.Recipient != "" {
			e["recipient"] = w.Recipient
		}
		viewers = append(viewers, e)
	}
	if p.Settings != nil {
		f["settings"] = hex.EncodeToString(p.Settings)
	}
	if p.Renewals != 0 {
		f["renewals"] = p.Renewals
	}
	if viewers != nil {
		f["viewers"] = viewers
	}
	return f, nil
}

func judgeReceipt(t testing.TB, v *vector, b []byte) (fields, error) {
	r, err := certs.ParseReceipt(b, v.fleet(t))
	if err != nil {
		return nil, err
	}
	bound, refused := [][]string{}, [][]string{}
	for _, e := range r.Bound {
		bound = append(bound, []string{dec(e.Boot), dec(e.From), dec(e.To)})
	}
	for _, e := range r.Refused {
		refused = append(refused, []string{dec(e.Boot), dec(e.N), e.Reason})
	}
	return fields{
		"device": r.Device.String(), "bound": bound, "refused": refused, "atMs": r.At.UnixMilli(), "spreadMs": r.Spread / time.Millisecond,
	}, nil
}

func judgeLogin(t testing.TB, v *vector, b []byte) (fields, error) {
	l, err := certs.ParseLogin(b)
	if err != nil {
		return nil, err
	}
	return fields{
		"owner": l.Owner.String(), "nonce": hex.EncodeToString(l.Nonce[:]), "origin": l.Origin, "spki": hex.EncodeToString(l.SPKI), "cloud": l.Cloud.String(),
	}, nil
}

func judgeViewerRequest(t testing.TB, v *vector, b []byte) (fields, error) {
	r, err := certs.ParseViewerRequest(b)
	if err != nil {
		return nil, err
	}
	return fields{
		"device": r.Device.String(), "epoch": dec(r.Epoch), "nonce": hex.EncodeToString(r.Nonce[:]), "atMs": r.At.UnixMilli(),
		"sdp": r.SDP, "fingerprint": r.Fingerprint.String(), "spki": hex.EncodeToString(r.SPKI), "viewer": r.Viewer.String(),
		"hash": r.Hash.String(), "camera": r.Camera,
	}, nil
}

func judgeViewerAnswer(t testing.TB, v *vector, b []byte) (fields, error) {
	cert, err := v.eventCert(t)
	if err != nil {
		return nil, err
	}
	a, err := certs.ParseViewerAnswer(b, cert)
	if err != nil {
		return nil, err
	}
	f := fields{
		"device": a.Device.String(), "epoch": dec(a.Epoch), "nonce": hex.EncodeToString(a.Nonce[:]), "request": a.Request.String(),
	}
	if a.Refusal != "" {
		f["refusal"] = a.Refusal
	} else {
		f["sdp"], f["fingerprint"] = a.SDP, a.Fingerprint.String()
	}
	return f, nil
}

func judgeFacts(t testing.TB, v *vector, b []byte) (fields, error) {
	p, err := certs.ParseFacts(b)
	if err != nil {
		return nil, err
	}
	f := fields{"device": p.Device.String()}
	if p.Event != nil {
		f["event"] = p.Event.String()
	}
	if p.Score != nil {
		f["score"] = *p.Score
	}
	if p.Reason != "" {
		f["reason"] = p.Reason
	}
	if p.Zone != "" {
		f["zone"] = p.Zone
	}
	var boxes [][]int64
	for _, x := range p.Boxes {
		boxes = append(boxes, []int64{x.AtMs, int64(x.X), int64(x.Y), int64(x.W), int64(x.H)})
	}
	if boxes != nil {
		f["boxes"] = boxes
	}
	if c := p.Camera; c != nil {
		f["camera"] = fields{
			"name": c.Name, "driver": c.Driver, "format": c.Format, "width": c.Width, "height": c.Height,
			"fpsX1000": c.FPSx1000, "generated": c.Generated, "number": c.Number,
		}
	}
	if p.Motion != nil {
		f["motion"] = []int64{p.Motion.From, p.Motion.To}
	}
	return f, nil
}

func judgeAge(t testing.TB, v *vector, b []byte) (fields, error) {
	p, err := certs.Open(b, certs.MaxPart, v.identity(t))
	if err != nil {
		return nil, err
	}
	return fields{"plaintext": hex.EncodeToString(p)}, nil
}

func judgeSeed(t testing.TB, v *vector, b []byte) (fields, error) {
	if len(b) != 32 {
		return nil, errors.New("not 32 bytes")
	}
	o, err := certs.OwnerFromSeed([32]byte(b), nil)
	if err != nil {
		return nil, err
	}
	scalar, err := o.Key.(*ecdsa.PrivateKey).Bytes()
	if err != nil {
		return nil, err
	}
	return fields{
		"owner": o.ID.String(), "spki": hex.EncodeToString(o.SPKI), "scalar": hex.EncodeToString(scalar),
		"identity": o.Identity.String(), "recipient": o.Recipient,
	}, nil
}

func judgeClaimCode(t testing.TB, v *vector, b []byte) (fields, error) {
	c, err := certs.ParseClaimCode(string(b))
	if err != nil {
		return nil, err
	}
	f := fields{
		"owner": c.Owner.String(), "secret": hex.EncodeToString(c.Secret[:]), "notAfter": c.NotAfter.Unix(), "picture": hex.EncodeToString(c.Picture[:]),
		"recipient": c.Recipient(),
	}
	if c.Cloud != "" {
		f["cloud"] = c.Cloud
	}
	if c.Fleet != nil {
		f["fleet"] = hex.EncodeToString(c.Fleet[:])
	}
	if w := c.WiFi; w != nil {
		f["wifi"] = fields{"ssid": hex.EncodeToString(w.SSID), "passphrase": hex.EncodeToString(w.Passphrase)}
	}
	return f, nil
}

func judgeEventCertificate(t testing.TB, v *vector, b []byte) (fields, error) {
	c, err := certs.VerifyEventCertificate(b, v.bytes(t, v.Root), v.owner(t))
	if err != nil {
		return nil, err
	}
	return fields{"device": c.Device.String(), "epoch": dec(c.Epoch), "level": c.Level, "keyId": c.KeyID.String(), "x5t": c.X5T.String()}, nil
}

func dec(n uint64) string           { return strconv.FormatUint(n, 10) }
func pos(p certs.Position) []string { return []string{dec(p.Boot), dec(p.N)} }
