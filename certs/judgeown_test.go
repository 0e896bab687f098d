package certs_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"filippo.io/age"

	"signet/certs"
	"signet/certs/certstest"
)

// identity returns the one age identity of a vector, of whatever kind.
func (v *vector) identity(t testing.TB) age.Identity {
	t.Helper()
	ids, err := age.ParseIdentities(strings.NewReader(v.Identity))
	if err != nil || len(ids) != 1 {
		t.Fatalf("%s: %v", v.Name, err)
	}
	return ids[0]
}

func judgeOfferMessage(t testing.TB, v *vector, b []byte) (fields, error) {
	m, err := certs.ParseOfferMessage(b)
	if err != nil {
		return nil, err
	}
	o, err := m.ParseOffer(v.fleet(t))
	if err != nil {
		return nil, err
	}
	f := fields{"offer": offerFields(o)}
	if v.Secret != "" {
		if err := m.Proves([16]byte(v.bytes(t, v.Secret))); err != nil {
			return nil, err
		}
		f["proof"] = hex.EncodeToString(m.MAC[:])
	}
	if m.View != nil {
		f["viewSize"] = len(m.View)
	}
	return f, nil
}

func judgeRelease(t testing.TB, v *vector, b []byte) (fields, error) {
	key, err := certs.OwnerKey(v.bytes(t, v.Root), v.owner(t))
	if err != nil {
		return nil, err
	}
	r, err := certs.ParseRelease(b, key)
	if err != nil {
		return nil, err
	}
	f := fields{"device": r.Device.String(), "owner": r.Owner.String(), "epoch": dec(r.Epoch), "offerHash": r.OfferHash.String()}
	if r.Next != nil {
		f["next"] = r.Next.String()
	}
	return f, nil
}

func judgeLost(t testing.TB, v *vector, b []byte) (fields, error) {
	key, err := certs.OwnerKey(v.bytes(t, v.Root), v.owner(t))
	if err != nil {
		return nil, err
	}
	l, err := certs.ParseLost(b, key)
	if err != nil {
		return nil, err
	}
	return fields{
		"device": l.Device.String(), "owner": l.Owner.String(), "epoch": dec(l.Epoch), "offerHash": l.OfferHash.String(), "atMs": l.At.UnixMilli(),
	}, nil
}

func judgeClosing(t testing.TB, v *vector, b []byte) (fields, error) {
	c, err := certs.ParseClosing(b, v.fleet(t))
	if err != nil {
		return nil, err
	}
	f := fields{
		"device": c.Device.String(), "owner": c.Owner.String(), "epoch": dec(c.Epoch), "offerHash": c.OfferHash.String(),
		"last": pos(c.Last), "cause": c.Cause.String(),
	}
	if c.Release != nil {
		f["release"] = hex.EncodeToString(c.Release)
	}
	return f, nil
}

func judgeSettings(t testing.TB, _ *vector, b []byte) (fields, error) {
	o := certstest.NewOwner(t)
	sealed := ok(ok(certs.NewSealer([]string{o.Recipient}))(t).Seal(b))(t)
	s, err := certs.OpenSettings(sealed, o.Identity)
	if err != nil {
		return nil, err
	}
	f := fields{"name": s.Name}
	cameras := fields{}
	for n, c := range s.Cameras {
		e := fields{}
		if c.Name != "" {
			e["name"] = c.Name
		}
		for name, p := range map[string]*bool{"records": c.Records, "clips": c.Clips, "live": c.Live} {
			if p != nil {
				e[name] = *p
			}
		}
		if c.Sensitivity != 0 {
			e["sensitivity"] = c.Sensitivity
		}
		if c.Zones != nil {
			e["zones"] = zoneFields(c.Zones)
		}
		if c.MinSize != nil {
			e["minSize"] = *c.MinSize
		}
		if c.MaxSize != 0 {
			e["maxSize"] = c.MaxSize
		}
		cameras[dec(uint64(n))] = e
	}
	if s.Cameras != nil {
		f["cameras"] = cameras
	}
	viewers := fields{}
	for id, name := range s.Viewers {
		viewers[id.String()] = name
	}
	if s.Viewers != nil {
		f["viewers"] = viewers
	}
	return f, nil
}

func zoneFields(zones []certs.Zone) (all []fields) {
	for _, z := range zones {
		points := [][2]uint64{}
		for _, p := range z.Points {
			points = append(points, [2]uint64{p.X, p.Y})
		}
		all = append(all, fields{"name": z.Name, "watch": z.Watch, "points": points})
	}
	return all
}

func judgeViewerCard(_ testing.TB, _ *vector, b []byte) (fields, error) {
	c, err := certs.ParseViewerCard(string(b))
	if err != nil {
		return nil, err
	}
	f := fields{"spki": hex.EncodeToString(c.SPKI), "key": c.Key().String(), "picture": hex.EncodeToString(c.Picture[:]), "recipient": c.Recipient()}
	if c.Name != "" {
		f["name"] = c.Name
	}
	return f, nil
}

func judgeOwnerCard(_ testing.TB, _ *vector, b []byte) (fields, error) {
	c, err := certs.ParseOwnerCard(string(b))
	if err != nil {
		return nil, err
	}
	f := fields{"owner": c.Owner.String()}
	if c.Name != "" {
		f["name"] = c.Name
	}
	return f, nil
}

func judgeJoinCard(_ testing.TB, _ *vector, b []byte) (fields, error) {
	c, err := certs.ParseJoinCard(string(b))
	if err != nil {
		return nil, err
	}
	return fields{"key": hex.EncodeToString(c.Key[:]), "id": c.ID().String()}, nil
}

func judgeJoinAnswer(t testing.TB, v *vector, b []byte) (fields, error) {
	seed, err := certs.OpenJoinAnswer(b, v.identity(t))
	if err != nil {
		return nil, err
	}
	return fields{"seed": hex.EncodeToString(seed[:])}, nil
}
