package estate

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/certs"
	"signet/certs/certstest"
	"signet/owner/client"
	"signet/owner/verify"
)

// cloud gives an owner what a test puts into it, and keeps what is posted.
type cloud struct {
	records   [][]byte
	policies  [][]byte
	offers    [][]byte
	ownership []client.Ownership
	posted    map[client.Statement][][]byte
}

func (c *cloud) Before(_ context.Context, seq uint64, limit int) ([]client.Item, error) {
	var items []client.Item
	for i, r := range c.records {
		if s := uint64(i + 1); seq == 0 || s < seq {
			items = append(items, client.Item{Seq: s, Record: r})
		}
	}
	return items[max(0, len(items)-min(limit, 2)):], nil // pages of two
}

func (c *cloud) Policies(context.Context) ([][]byte, error) { return c.policies, nil }

func (c *cloud) Ownership(context.Context) ([]client.Ownership, error) { return c.ownership, nil }

func (c *cloud) Offers(context.Context) ([]client.Offer, error) {
	var out []client.Offer
	for _, o := range c.offers {
		out = append(out, client.Offer{Message: o})
	}
	return out, nil
}

func (c *cloud) Post(_ context.Context, kind client.Statement, b []byte) error {
	if c.posted == nil {
		c.posted = map[client.Statement][][]byte{}
	}
	c.posted[kind] = append(c.posted[kind], b)
	if kind == client.Policies {
		c.policies = append(c.policies, b)
	}
	return nil
}

type world struct {
	*cloud
	fleet  *certs.Fleet
	owner  *certs.Owner
	camera *certstest.Camera
	estate *Estate
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{cloud: &cloud{}, fleet: certstest.NewFleet(t), owner: certstest.NewOwner(t)}
	w.camera = certstest.NewCamera(t, w.fleet)
	w.camera.Claim(t, w.owner)
	w.put(w.camera.Claimed(t), w.camera.Online(t))
	gate, err := verify.New(w.owner.ID, w.owner.Root, verify.None)
	if err != nil {
		t.Fatal(err)
	}
	if w.estate, err = New(w.owner, []string{w.owner.Recipient}, w.fleet.Cert, w.cloud, gate); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) put(all ...*certstest.Signed) {
	for _, s := range all {
		w.records = append(w.records, s.Raw)
	}
}

// only returns the one camera that the owner has.
func (w *world) only(t *testing.T) *Camera {
	t.Helper()
	all, err := w.estate.Cameras(t.Context())
	if err != nil || len(all) != 1 || all[0].Device != w.camera.ID {
		t.Fatalf("%d cameras, %v", len(all), err)
	}
	return all[0]
}

func (w *world) change(t *testing.T, f func(*certs.Policy, *certs.Settings) error) *certs.Policy {
	t.Helper()
	if _, err := w.estate.Change(t.Context(), w.only(t), f); err != nil {
		t.Fatal(err)
	}
	p, err := certs.ParsePolicy(w.policies[len(w.policies)-1], certstest.PublicKey(t, w.owner.Key))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func guest(t *testing.T, scope certs.Scope) (Guest, *certs.Owner) {
	t.Helper()
	o := certstest.NewOwner(t)
	key, err := certs.X25519Public(o.Recipient)
	if err != nil {
		t.Fatal(err)
	}
	return Guest{Card: &certs.ViewerCard{SPKI: o.SPKI, Picture: key, Name: "Ada"}, Scope: scope, Until: certs.UntilRemoved()}, o
}

func TestSharingMakesTheNextPolicy(t *testing.T) {
	w := newWorld(t)
	g, o := guest(t, certs.ScopeClips)
	p := w.change(t, Share(g, certstest.Time))
	v := p.Viewer(o.ID)
	if p.Version != 2 || p.OfferHash != w.camera.Began || p.Recipients[0] != w.owner.Recipient || v == nil || v.Recipient != o.Recipient || v.Since != 2 {
		t.Fatalf("%+v", p)
	}
	if s, err := certs.OpenSettings(p.Settings, w.camera.Settings); err != nil || s.Viewers[o.ID] != "Ada" {
		t.Errorf("the camera opens %+v, %v", s, err)
	}
	// More, and later: since when stays.
	g.Scope |= certs.ScopeLive
	if p = w.change(t, Share(g, certstest.Time)); p.Version != 3 || len(p.Viewers) != 1 || p.Viewers[0].Since != 2 || p.Viewers[0].Scope != g.Scope {
		t.Errorf("%+v", p.Viewers)
	}
	// Live only: pictures are not sealed to him any more; clips again: from then on.
	g.Scope = certs.ScopeLive
	if p = w.change(t, Share(g, certstest.Time)); p.Viewers[0].Recipient != "" {
		t.Errorf("%+v", p.Viewers)
	}
	g.Scope = certs.ScopeClips
	if p = w.change(t, Share(g, certstest.Time)); p.Viewers[0].Since != 5 {
		t.Errorf("%+v", p.Viewers)
	}
	// Who comes back after his time begins anew.
	g.Until = certstest.Time
	w.change(t, Share(g, certstest.Time))
	g.Until = certs.UntilRemoved()
	if p = w.change(t, Share(g, certstest.Time.Add(time.Hour))); p.Viewers[0].Since != 7 {
		t.Errorf("%+v", p.Viewers)
	}
	if p = w.change(t, Unshare(o.ID)); len(p.Viewers) != 0 || p.Settings != nil {
		t.Errorf("%+v", p)
	}
	if _, err := w.estate.Change(t.Context(), w.only(t), Unshare(o.ID)); err == nil {
		t.Error("nobody is removed")
	}
	own := g
	own.Card = &certs.ViewerCard{SPKI: w.owner.SPKI, Picture: g.Card.Picture}
	if _, err := w.estate.Change(t.Context(), w.only(t), Share(own, certstest.Time)); err == nil {
		t.Error("an owner shares with himself")
	}
}

// A camera that was claimed by files, whose first policy the cloud never had, goes on sealing to its owner's post-quantum key
// when something else is changed.
func TestTheKindOfKeyStays(t *testing.T) {
	w := newWorld(t)
	id, err := w.owner.Hybrid()
	if err != nil {
		t.Fatal(err)
	}
	w.estate.recipients = []string{id.Recipient().String()}
	if p := w.change(t, Renew); !slices.Equal(p.Recipients, w.estate.recipients) || p.Version != 2 {
		t.Errorf("version %d seals to %q", p.Version, p.Recipients)
	}
	if p := w.change(t, SealTo([]string{w.owner.Recipient})); !slices.Equal(p.Recipients, []string{w.owner.Recipient}) {
		t.Errorf("its owner chose another kind, and it seals to %q", p.Recipients)
	}
	if p := w.change(t, Renew); !slices.Equal(p.Recipients, []string{w.owner.Recipient}) {
		t.Errorf("the policy says one kind, and the next one seals to %q", p.Recipients)
	}
}

// Attacker: a cloud that answers with policies that the owner did not sign, or signed for another epoch or earlier.
func TestPoliciesOfOthersAreNotBuiltOn(t *testing.T) {
	w := newWorld(t)
	g, member := guest(t, certs.ScopeClips)
	good := w.change(t, Share(g, certstest.Time))
	forged := *good
	forged.Version, forged.Owner, forged.Recipients, forged.Viewers = 9, member.ID, []string{member.Recipient}, nil
	raw, err := certs.SignPolicy(&forged, member.Key)
	if err != nil {
		t.Fatal(err)
	}
	former := *good
	former.Version, former.Epoch, former.OfferHash = 9, 7, certs.HashOf([]byte("another"))
	rawFormer, err := certs.SignPolicy(&former, w.owner.Key)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := *good
	elsewhere.Version, elsewhere.OfferHash = 9, certs.HashOf([]byte("another"))
	rawElsewhere, err := certs.SignPolicy(&elsewhere, w.owner.Key)
	if err != nil {
		t.Fatal(err)
	}
	w.policies = append(w.policies, raw, rawFormer, rawElsewhere)
	if c := w.only(t); c.Policy == nil || c.Policy.Version != 2 {
		t.Errorf("built on %+v", c.Policy)
	}
	// One that the camera has left behind is no ground to build on either.
	r := w.camera.Record(certs.Tamper)
	r.PolicyVersion = 5
	w.put(w.camera.Sign(t, r))
	if _, err := w.estate.Change(t.Context(), w.only(t), Renew); err == nil || !strings.Contains(err.Error(), ErrUnknownPolicy.Error()) {
		t.Errorf("an old policy is brought back: %v", err)
	}
}

// Attacker: a cloud that has the owner certify a key which the camera did not offer for this epoch.
func TestRenewalIsGrantedToTheCameraAlone(t *testing.T) {
	w := newWorld(t)
	w.change(t, Renew)
	stranger := certstest.NewCamera(t, w.fleet)
	stranger.Claim(t, w.owner)
	foreign := takenID(t, w.camera.ID)
	foreign.Claim(t, w.owner)
	code := certs.NewClaimCode(w.owner, certstest.Time)
	w.offers = [][]byte{[]byte("hello"), stranger.MakeRenewal(t).Message, foreign.MakeRenewal(t).Message, w.camera.MakeOffer(t, code, nil).Message}
	if done, err := w.estate.GrantRenewal(t.Context(), w.only(t)); done || err != nil || len(w.posted[client.Grants]) != 0 {
		t.Fatalf("granted %v, %v", done, err)
	}
	pending := w.camera.MakeRenewal(t)
	w.offers = append(w.offers, pending.Message)
	if done, err := w.estate.GrantRenewal(t.Context(), w.only(t)); !done || err != nil {
		t.Fatalf("granted %v, %v", done, err)
	}
	before := w.only(t)
	if renewed, err := w.estate.Renewed(t.Context(), before); renewed || err != nil {
		t.Errorf("renewed before it was: %v", err)
	}
	w.camera.Accept(t, pending, w.posted[client.Grants][0])
	w.put(w.camera.Claimed(t))
	if renewed, err := w.estate.Renewed(t.Context(), before); !renewed || err != nil {
		t.Errorf("not renewed: %v", err)
	}
	if done, err := w.estate.GrantRenewal(t.Context(), w.only(t)); done || err != nil {
		t.Errorf("granted once more: %v, %v", done, err)
	}
}

// takenID is a camera of another fleet with a device id that is not its own.
func takenID(t *testing.T, id certs.DeviceID) *certstest.Camera {
	t.Helper()
	f := certstest.NewFleet(t)
	c := certstest.NewCamera(t, f)
	cert, err := f.IssueDevice(&c.DeviceKey.PublicKey, id, certs.KeyInFile)
	if err != nil {
		t.Fatal(err)
	}
	c.ID, c.DeviceCert = id, cert
	return c
}

func TestTheEnd(t *testing.T) {
	w := newWorld(t)
	next := certstest.NewOwner(t)
	if err := w.estate.Release(t.Context(), w.only(t), &w.owner.ID); err == nil {
		t.Error("released to oneself")
	}
	if err := w.estate.Release(t.Context(), w.only(t), &next.ID); err != nil {
		t.Fatal(err)
	}
	raw := w.posted[client.Releases][0]
	r, err := certs.ParseRelease(raw, certstest.PublicKey(t, w.owner.Key))
	if err != nil || r.Device != w.camera.ID || r.Epoch != 1 || r.OfferHash != w.camera.Began || *r.Next != next.ID {
		t.Fatalf("%+v, %v", r, err)
	}
	w.put(w.camera.Close(t, raw))
	c := w.only(t)
	if c.Closing == nil || c.Closing.Cause != certs.Released {
		t.Fatalf("%+v", c)
	}
	if _, err := w.estate.Change(t.Context(), c, Renew); err == nil {
		t.Error("a policy is made for an epoch that has ended")
	}
	if err := w.estate.MarkLost(t.Context(), c, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := certs.ParseLost(w.posted[client.LostOnes][0], certstest.PublicKey(t, w.owner.Key)); err != nil {
		t.Error(err)
	}
}

// A second claim by the same owner is the camera's newest epoch, in whatever order records come.
func TestNewestEpochCounts(t *testing.T) {
	w := newWorld(t)
	w.put(w.camera.Close(t, nil))
	w.camera.Claim(t, w.owner)
	w.put(w.camera.Claimed(t))
	slices.Reverse(w.records)
	if c := w.only(t); c.Epoch != 2 || c.Closing != nil || c.Offer == nil || c.Offer.Epoch != 2 {
		t.Errorf("%+v", c)
	}
}
