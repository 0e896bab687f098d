package certs_test

import (
	"slices"
	"strings"

	"signet/certs"
	"signet/certs/certstest"
)

func (s *scene) validClaims() {
	t, c := s.t, s.cam
	s.ofFleet("offer", "of a renewal", "", c.Offer)
	view := ok(c.Sealer.Seal([]byte("what the camera saw")))(t)
	hash := certs.HashOf(view)
	o := certs.Offer{Device: c.ID, Owner: s.owner.ID, Epoch: 70000, Settings: s.owner.Picture}
	for _, level := range []certs.KeyLevel{certs.KeyInFile, certs.KeyInTPM} {
		o.CSR = ok(certs.EventRequest(c.ID, certstest.NewKey(t), level))(t)
		s.ofFleet("offer", "without a view, "+string(level), "", ok(certs.SignOffer(&o, c.DeviceCert, c.DeviceKey))(t))
	}
	o.View = &hash
	s.ofFleet("offer", "with a view", "", ok(certs.SignOffer(&o, c.DeviceCert, c.DeviceKey))(t))
	hardware := ok(s.fleet.IssueDevice(&c.DeviceKey.PublicKey, c.ID, certs.KeyInTPM))(t)
	s.ofFleet("offer", "of a device with its key in a TPM 2.0", "", ok(certs.SignOffer(&o, hardware, c.DeviceKey))(t))

	s.offerMessage("of a claim without a view", "", s.code.Secret, c.MakeOffer(t, s.code, nil).Message)
	s.offerMessage("of a claim with a view", "", s.code.Secret, c.MakeOffer(t, s.code, view).Message)
	s.offerMessage("of a claim with the largest view", "", s.code.Secret, c.MakeOffer(t, s.code, make([]byte, certs.MaxView)).Message)
	s.add(vector{Kind: "offer-message", Name: "of a renewal", Fleet: s.vs[len(s.vs)-1].Fleet}, c.MakeRenewal(t).Message)

	s.ofOwner("grant", "of the owner alone", "", s.claimed.Raw)
	s.ofOwner("grant", "of a renewal", "", c.Grant.Raw)
	offer := ok(certs.ParseOffer(c.MakeOffer(t, s.code, view).Raw, s.fleet.Cert))(t)
	p := certs.Policy{Recipients: []string{s.owner.Recipient, s.other.Recipient}, Viewers: []certs.Viewer{s.viewer.Viewing(certs.ScopeLive)}}
	s.ofOwner("grant", "with a viewer", "", ok(s.owner.Grant(offer, p))(t))
	s.validPolicies(offer)
}

func (s *scene) validPolicies(offer *certs.SignedOffer) {
	t, c := s.t, s.cam
	p := certs.Policy{Device: c.ID, Owner: s.owner.ID, Epoch: c.Epoch, OfferHash: offer.Hash, Version: 2, Recipients: []string{s.owner.Recipient}}
	add := func(name string) { t.Helper(); s.ofOwner("policy", name, "", ok(certs.SignPolicy(&p, s.owner.Key))(t)) }
	add("of the owner alone")
	p.Renewals = 1
	add("that asks for a renewal")
	p.Renewals = certs.MaxRenewals
	add("that asks for the last renewal")
	p.Renewals, p.Version, p.Recipients = 0, 65536, append(p.Recipients, s.other.Recipient)
	for i := range 3 {
		v := certstest.NewViewer(t).Viewing(certs.Scope(i + 1))
		v.Since = []uint64{1, 300, 65536}[i]
		if i > 0 {
			v.NotAfter = certstest.Time
		}
		p.Viewers = append(p.Viewers, v)
	}
	add("with viewers of every scope")
	p.Settings = s.settings()
	add("with settings")
	p.Settings = make([]byte, certs.MaxSettings)
	add("with as many bytes for settings as there may be")
	p.Settings, p.Viewers, p.Recipients = nil, nil, []string{s.owner.Recipient}
	for range 15 {
		p.Viewers = append(p.Viewers, certstest.NewViewer(t).Viewing(certs.ScopeClips))
	}
	add("with sixteen recipients, fifteen of them viewers'")
	p.Viewers = append(p.Viewers, certstest.NewViewer(t).Viewing(certs.ScopeLive))
	add("with sixteen viewers")
	p.Viewers, p.Version = nil, 3
	p.Recipients = []string{ok(s.owner.Hybrid())(t).Recipient().String()}
	add("with a post-quantum recipient")
	v := s.viewer.Viewing(certs.ScopeClips | certs.ScopeLive)
	v.Recipient = ok(s.other.Hybrid())(t).Recipient().String()
	p.Viewers = []certs.Viewer{v}
	add("with post-quantum recipients, one of them a viewer's")
}

// settings are sealed to the owner's camera and to the owner.
func (s *scene) settings() []byte {
	no := false
	set := certs.Settings{Name: "House", Cameras: map[uint8]certs.CameraSettings{0: {Name: "Door", Sensitivity: 7}, 7: {Live: &no}}, Viewers: map[certs.KeyID]string{s.viewer.ID: "Anna"}}
	key := ok(certs.X25519Public(s.cam.Settings.Recipient().String()))(s.t)
	return ok(set.Seal(key, s.owner.Recipient))(s.t)
}

// validEnds are releases, lost marks, closings, and the records that hold them.
func (s *scene) validEnds() {
	t, c := s.t, s.cam
	free, named := c.Release(t, s.owner), c.Release(t, s.owner, s.other.ID)
	s.ofOwner("release", "to nobody", "", free)
	s.ofOwner("release", "to a named next owner", "", named)
	s.ofOwner("lost", "of a camera", "", c.Lost(t, s.owner))
	s.ofOwner("lost", "of another camera", "", s.sibling.Lost(t, s.owner))
	at := certs.Position{Boot: 70000, N: 0}
	s.ofFleet("closing", "by a reset", "", c.Closing(t, at, nil))
	s.ofFleet("closing", "by a release", "", c.Closing(t, at, free))
	s.ofFleet("closing", "by a release to a named next owner", "", c.Closing(t, at, named))
	s.record("closed by a reset", "", c.Close(t, nil).Raw)
	s.record("closed by a release", "", c.Close(t, named).Raw)
	r := c.Record(certs.Closed)
	r.Closing = c.Closing(t, r.Position, free)
	s.record("closed, encoded by hand", "", s.message(handRecord(r)).bytes(t))
}

// validCards are what people show to a camera and to each other, and settings.
func (s *scene) validCards() {
	t := s.t
	code := *s.code
	text := func(kind, name string, c interface{ Text() (string, error) }) {
		t.Helper()
		s.alone(kind, name, "", []byte(ok(c.Text())(t)))
	}
	text("claim-code", "of the owner alone", &code)
	code.Cloud = "cloud.example:8883"
	code.NameFleet(s.fleet.Cert)
	text("claim-code", "with cloud and fleet", &code)
	code.WiFi = &certs.WiFi{SSID: []byte("home"), Passphrase: []byte("correct horse battery staple")}
	text("claim-code", "with Wi-Fi", &code)
	code.WiFi = &certs.WiFi{SSID: []byte{0, 0xff, '"', ';'}}
	text("claim-code", "with open Wi-Fi whose name is no text", &code)
	code.Cloud = string(slices.Repeat([]byte{'~'}, 128))
	code.WiFi = &certs.WiFi{SSID: make([]byte, 32), Passphrase: make([]byte, 63)}
	text("claim-code", "as long as there is", &code)

	text("viewer-card", "without a name", &certs.ViewerCard{SPKI: s.viewer.SPKI, Picture: s.other.Picture})
	text("viewer-card", "with a name", &certs.ViewerCard{SPKI: s.viewer.SPKI, Picture: s.other.Picture, Name: "Anna — アンナ"})
	text("owner-card", "without a name", &certs.OwnerCard{Owner: s.owner.ID})
	text("owner-card", "with a name", &certs.OwnerCard{Owner: s.owner.ID, Name: "Berta"})
	for _, name := range []string{"one", "another"} {
		card, id, err := certs.NewJoinCard()
		if err != nil {
			t.Fatal(err)
		}
		text("join-card", name, card)
		s.add(vector{Kind: "join-answer", Name: name, Identity: id.String()}, ok(certs.JoinAnswer(card, s.owner.Seed()))(t))
	}
	s.validSettings()
}

func (s *scene) validSettings() {
	yes, no := []byte{0xf5}, []byte{0xf4}
	all := body{1: tstr("Door"), 2: yes, 3: no, 4: yes, 5: uintOf(10), 6: list(handZone("Path", true, 3), handZone("Tree", false, 4)), 7: uintOf(0), 8: uintOf(10000)}
	alone := func(k uint64, v []byte) body { return body{2: body{0: body{k: v}.encode()}.encode()} }
	var zones [][]byte
	for i := range 16 {
		zones = append(zones, handZone(strings.Repeat(string(rune('a'+i)), 256), i%2 == 0, 32))
	}
	cameras := body{}
	for i := range uint64(8) {
		cameras[i] = body{2: no}.encode()
	}
	var names [][]byte
	for i := range byte(16) {
		names = append(names, bstr(slices.Repeat([]byte{i}, 32)), tstr(string(slices.Repeat([]byte{'a' + i}, 256))))
	}
	for name, b := range map[string]body{
		"nothing":                    {},
		"a name":                     {1: tstr("Haus am See")},
		"everything of one camera":   {2: body{0: all.encode()}.encode()},
		"as much as there may be":    {1: tstr("House"), 2: cameras.encode(), 3: pairs(names...)},
		"a camera that does nothing": {2: body{7: body{2: no, 3: no, 4: no}.encode()}.encode()},
		"the least sensitivity":      alone(5, uintOf(1)),
		"one zone that is watched":   alone(6, list(handZone("Path — Weg", true, 3))),
		"one zone that is ignored":   alone(6, list(handZone("Tree", false, 32))),
		"all zones there may be":     alone(6, list(zones...)),
		"a least size":               alone(7, uintOf(1)),
		"the largest least size":     alone(7, uintOf(10000)),
		"a greatest size":            alone(8, uintOf(1)),
		"one size alone":             {2: body{0: body{7: uintOf(300), 8: uintOf(300)}.encode()}.encode()},
	} {
		b[0] = uintOf(1)
		s.alone("settings", name, "", b.encode())
	}
}
