package certs_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/asn1"
	"io"
	"math/big"
	"testing"

	"signet/certs"
	"signet/certs/certstest"
)

// whim is a key in hardware: it shows its public half, signs digests, and gives whichever of the two signatures it likes.
type whim struct {
	key  *ecdsa.PrivateKey
	high bool
	made int
}

func (w *whim) Public() crypto.PublicKey { return w.key.Public() }

func (w *whim) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	w.made++
	der, err := w.key.Sign(rand, digest, opts)
	if err != nil {
		return nil, err
	}
	var sig struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		return nil, err
	}
	if n := w.key.Params().N; sig.S.Cmp(new(big.Int).Rsh(n, 1)) > 0 != w.high {
		sig.S.Sub(n, sig.S)
	}
	return asn1.Marshal(sig)
}

// TestAnySignerServes: device key, event key, owner key and fleet key behind crypto.Signer, with either s.
func TestAnySignerServes(t *testing.T) {
	for _, high := range []bool{false, true} {
		w := certstest.New(t)
		c := w.Camera
		device, event, owner := &whim{key: c.DeviceKey, high: high}, &whim{key: certstest.NewKey(t), high: high}, &whim{key: w.Owner.Key.(*ecdsa.PrivateKey), high: high}
		fleet := *w.Fleet
		fleet.Key = &whim{key: w.Fleet.Key.(*ecdsa.PrivateKey), high: high}
		o := *w.Owner
		o.Key = owner

		request := ok(certs.ParseRequest(ok(certs.DeviceRequest(c.ID, device, certs.KeyInTPM))(t)))(t)
		deviceCert := ok(fleet.IssueDevice(request.Key, request.Device, request.Level))(t)
		offer := certs.Offer{Device: c.ID, Owner: o.ID, Epoch: 2, Settings: o.Picture, CSR: ok(certs.EventRequest(c.ID, event, certs.KeyInTPM))(t)}
		signed := ok(certs.ParseOffer(ok(certs.SignOffer(&offer, deviceCert, device))(t), fleet.Cert))(t)
		if signed.DeviceLevel != certs.KeyInTPM || signed.EventLevel != certs.KeyInTPM {
			t.Errorf("levels %q and %q", signed.DeviceLevel, signed.EventLevel)
		}
		grant := ok(certs.ParseGrant(ok(o.Grant(signed, certs.Policy{Recipients: []string{o.Recipient}}))(t), o.ID))(t)
		if grant.Event.Level != certs.KeyInTPM {
			t.Errorf("level %q", grant.Event.Level)
		}
		record := certs.Record{Device: c.ID, Owner: o.ID, Epoch: 2, Position: certs.Position{Boot: 1}, Type: certs.Tamper}
		if err := ok(certs.ParseRecord(ok(certs.SignRecord(&record, grant.Event, event))(t)))(t).Verify(grant.Event); err != nil {
			t.Error(err)
		}
		release := certs.Release{Device: c.ID, Owner: o.ID, Epoch: 2, OfferHash: signed.Hash}
		raw := ok(certs.SignRelease(&release, owner))(t)
		closing := certs.Closing{Device: c.ID, Owner: o.ID, Epoch: 2, OfferHash: signed.Hash, Last: record.Position, Cause: certs.Released, Release: raw}
		e := ok(certs.ParseClosing(ok(certs.SignClosing(&closing, deviceCert, device))(t), fleet.Cert))(t)
		if _, err := e.VerifyRelease(certstest.PublicKey(t, owner)); err != nil {
			t.Error(err)
		}
		lost := certs.Lost{Device: c.ID, Owner: o.ID, Epoch: 2, At: certstest.Time}
		if _, err := certs.ParseLost(ok(certs.SignLost(&lost, owner))(t), certstest.PublicKey(t, owner)); err != nil {
			t.Error(err)
		}
		for name, k := range map[string]*whim{"device": device, "event": event, "owner": owner, "fleet": fleet.Key.(*whim)} {
			if k.made == 0 {
				t.Errorf("the %s key was not asked", name)
			}
		}
	}
}

// TestOtherKindsOfKeysDoNotSign: only P-256 does.
func TestOtherKindsOfKeysDoNotSign(t *testing.T) {
	w := certstest.New(t)
	p384 := &whim{key: ok(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))(t)}
	c := w.Camera
	for name, err := range map[string]error{
		"a record":  second(certs.SignRecord(c.Record(certs.Tamper), c.Cert, p384)),
		"a release": second(certs.SignRelease(&certs.Release{Device: c.ID, Owner: w.Owner.ID, Epoch: 1}, p384)),
		"a closing": second(certs.SignClosing(c.UnsignedClosing(c.Next, nil), c.DeviceCert, p384)),
	} {
		if err == nil {
			t.Errorf("P-384 signed %s", name)
		}
	}
}
