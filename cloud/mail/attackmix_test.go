package mail

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
)

// Attacker: the cloud itself, confused: every letter stands where another belongs, pointers point anywhere. Nothing goes to
// whom it does not name, and what stands wrong is counted.
func TestAttackConfusedCloudMixesUpLetters(t *testing.T) {
	o := newOffice(t)
	seed := [2]uint64{rand.Uint64(), rand.Uint64()}
	t.Logf("seed %v", seed)
	rng := rand.New(rand.NewPCG(seed[0], seed[1]))
	v := &village{office: o, of: map[certs.Hash]certs.DeviceID{}, owners: []*certs.Owner{cloudtest.Owner(t), cloudtest.Owner(t)}}
	for _, who := range v.owners {
		for range 2 {
			v.writes(o.claimed(cloudtest.NewCamera(t, o.fleet), who, 1))
		}
	}
	sold := cloudtest.NewCamera(t, o.fleet)
	for i, who := range v.owners {
		w := o.claimed(sold, who, uint64(1+i))
		v.writes(w)
		if i == 0 {
			o.end(w, w.Release(nil))
		}
	}
	before := o.keptBack()
	for _, among := range []func(d, owner, kind string) string{
		func(d, _, kind string) string { return d + kind }, // the owners that one device has had
		func(_, owner, kind string) string { return owner + kind },
		func(_, _, kind string) string { return kind },
		func(_, _, _ string) string { return "" },
	} {
		o.scramble(rng, among)
		v.nothingForeign()
	}
	if o.keptBack() == before {
		t.Error("nothing was found where it does not belong")
	}
}

// village is several owners with several cameras, one of which was sold.
type village struct {
	*office
	owners []*certs.Owner
	cams   []*cloudtest.Owned
	of     map[certs.Hash]certs.DeviceID // what was signed, and for which camera
}

// writes has everything signed for a camera that can be.
func (v *village) writes(w *cloudtest.Owned) {
	v.t.Helper()
	ctx, from := v.t.Context(), v.sender(w.Owner)
	policy, release := w.Policy(2, cloudtest.Viewer(cloudtest.Owner(v.t), certs.ScopeClips, 1)), w.Release(nil)
	renewal, err := certs.JoinRenewal(w.Renew().Offer.Raw)
	v.must(err)
	v.must(v.take(ctx, w.ID, renewal, time.Now()))
	v.must(v.PutPolicy(ctx, from, policy))
	v.must(v.ledger.Release(ctx, w.ID, release))
	v.must(v.PutRelease(ctx, from, release))
	waits, grant := v.granted(cloudtest.NewCamera(v.t, v.fleet), w.Owner, 1)
	for _, b := range [][]byte{policy, release, renewal} {
		v.of[certs.HashOf(b)] = w.ID
	}
	v.of[certs.HashOf(grant)] = waits.ID
	v.cams = append(v.cams, w, waits.Take(grant, w.Owner))
}

// nothingForeign fails the test if anybody is given or sent what does not name them.
func (v *village) nothingForeign() {
	v.t.Helper()
	ctx := v.t.Context()
	v.drain()
	for _, w := range v.cams {
		v.must(v.send(ctx, w.ID))
		for _, line := range v.drain() {
			f := strings.Fields(line)
			hash, err := certs.ParseHash(f[2])
			v.must(err)
			if f[0] != w.ID.String() || v.of[hash] != w.ID {
				v.t.Errorf("sent: %s", line)
			}
		}
		for _, who := range v.owners {
			if p, err := v.Policy(ctx, w.ID, who.ID); err != nil || p != nil && (p.Device != w.ID || p.Owner != who.ID) {
				v.t.Errorf("a policy of another device or owner, %v", err)
			}
		}
	}
	for _, who := range v.owners {
		own, err := v.Own(ctx, who.ID)
		v.must(err)
		for _, p := range own {
			if p.Owner != who.ID {
				v.t.Errorf("a policy of %s", p.Owner.Short())
			}
		}
		offers, err := v.Offers(ctx, who.ID)
		v.must(err)
		for _, x := range offers {
			if x.Offer.Owner != who.ID {
				v.t.Errorf("an offer to %s", x.Offer.Owner.Short())
			}
		}
	}
}

// scramble moves every letter to the place of another one of its kind, where there is another.
func (o *office) scramble(rng *rand.Rand, kindOf func(d, owner, kind string) string) {
	o.t.Helper()
	ctx := o.t.Context()
	info, err := o.kept.stream.Info(ctx, jetstream.WithSubjectFilter(">"))
	o.must(err)
	places := map[string][]string{}
	for s := range info.State.Subjects {
		var kind string
		switch f := strings.Split(s, "."); f[0] {
		case "mail":
			kind = kindOf(f[1], f[2], f[3])
		case "offer":
			kind = kindOf(f[2], f[1], string(renewals))
		default:
			continue // nothing stands there
		}
		places[kind] = append(places[kind], s)
	}
	for _, subjects := range places {
		var data [][]byte
		for _, s := range subjects {
			m, err := o.kept.stream.GetLastMsgForSubject(ctx, s)
			o.must(err)
			data = append(data, m.Data)
		}
		by := 1 + rng.IntN(max(1, len(data)-1))
		for i, s := range subjects {
			o.put(s, data[(i+by)%len(data)])
		}
	}
}

// Attacker: a damaged disk. With a ledger entry that cannot be read nothing is sent or taken, and nothing is forgotten.
func TestAttackDamagedLedger(t *testing.T) {
	o := newOffice(t)
	ctx, alice, mallory := t.Context(), cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, o.fleet)
	w := o.claimed(cam, alice, 1)
	second, third := w.Policy(2), w.Policy(3)
	o.must(o.PutPolicy(ctx, o.sender(alice), second))
	code := cloudtest.Code(mallory) // the camera was reset, and offers itself
	asking := cam.Ask(code, 2)
	o.must(o.take(ctx, cam.ID, asking.Message, time.Now()))
	st, err := o.engine.JetStream().Stream(ctx, engine.Bind)
	o.must(err)
	entry, err := st.GetLastMsgForSubject(ctx, engine.LedgerSubject(cam.ID))
	o.must(err)
	bad := bytes.Clone(entry.Data)
	bad[len(bad)/2] ^= 1
	o.put(engine.LedgerSubject(cam.ID), bad)

	o.sends("of a device without a readable entry", cam.ID, nil)
	if p, err := o.Policy(ctx, cam.ID, alice.ID); err != nil || p != nil {
		t.Errorf("a policy is shown: %v", err)
	}
	refused(t, "a policy", o.PutPolicy(ctx, o.sender(alice), third), ErrNotYours)
	grant := cloudtest.Confirm(t, mallory, asking.Message, code, o.fleet)
	o.must(o.PutGrant(ctx, o.sender(mallory), grant)) // was offered
	o.sent("granted", cam.ID, nil)

	o.put(engine.LedgerSubject(cam.ID), entry.Data)
	o.sends("repaired", cam.ID, letters{engine.Grant: grant, engine.Policy: second})
	o.must(o.PutPolicy(ctx, o.sender(alice), third))
	o.sent("and on", cam.ID, letters{engine.Grant: grant, engine.Policy: third})
}
