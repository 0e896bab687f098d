package cloud_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud"
	"signet/cloud/cloudtest"
	"signet/cloud/deliver"
)

// connected is a camera on its connection, with what the cloud sends to it.
type connected struct {
	*cloudtest.Session
	cam                        *cloudtest.Camera
	grants, policies, releases <-chan []byte
}

// connect connects a camera, which says that it is online when it can hear.
func connect(t *testing.T, c *cloud.Cloud, cam *cloudtest.Camera) *connected {
	t.Helper()
	x := &connected{Session: cam.Connect(c.MQTTAddr()), cam: cam}
	for channel, to := range map[string]*<-chan []byte{"grant": &x.grants, "policy": &x.policies, "release": &x.releases} {
		var ok bool
		if *to, ok = x.Listen(cloudtest.Topic(cam.ID, channel)); !ok {
			t.Fatalf("own %s refused", channel)
		}
	}
	x.Send(cloudtest.Topic(cam.ID, "status"), 1, true, []byte("online"))
	return x
}

func (x *connected) deliver(t *testing.T, r *certs.SignedRecord) {
	t.Helper()
	if no := x.Session.Deliver(x.cam, cloudtest.Message(t, r)); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
}

// hears says whether this is the next thing that comes.
func hears(t *testing.T, from <-chan []byte, what string, want []byte) {
	t.Helper()
	if got := cloudtest.Got(t, from, what); !bytes.Equal(got, want) {
		t.Fatalf("%s: something else comes", what)
	}
}

// nothing says that nothing more came down to a camera until now: what another one was sent later has come, and on its own
// connection a receipt after that.
func (x *connected) nothing(t *testing.T, when string, c *cloud.Cloud, mark *marker, r *certs.SignedRecord) {
	t.Helper()
	mark.passes(t, c)
	x.deliver(t, r)
	for what, ch := range map[string]<-chan []byte{"grant": x.grants, "policy": x.policies, "release": x.releases} {
		select {
		case <-ch:
			t.Errorf("%s: a %s comes", when, what)
		default:
		}
	}
}

// marker is another camera, whose policy is never in force: whenever it connects it is sent that.
type marker struct {
	*cloudtest.Owned
	policy []byte
}

func newMarker(t *testing.T, c *cloud.Cloud, fleet *certs.Fleet) *marker {
	t.Helper()
	m := &marker{Owned: cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)}
	m.policy = m.Policy(2)
	connect(t, c, m.Camera).deliver(t, m.Record(certs.Claimed))
	if status := page(t, c, m.Owner).Post("policies", m.policy); status != 202 {
		t.Fatalf("policy: %d", status)
	}
	return m
}

// passes connects it and waits: connects are taken one after the other.
func (m *marker) passes(t *testing.T, c *cloud.Cloud) {
	t.Helper()
	x := connect(t, c, m.Camera)
	hears(t, x.policies, "policy of another camera", m.policy)
	x.Disconnect(100)
}

// What owners send while the camera is not there, or the cloud starts anew, comes at the next connection, and no more when a
// record has it in force.
func TestMailWaitsForTheCamera(t *testing.T) {
	t.Parallel()
	dir, fleet := initDir(t)
	c, stop := run(t, dir)
	mark := newMarker(t, c, fleet)
	alice := page(t, c, cloudtest.Owner(t))
	cam := cloudtest.NewCamera(t, fleet)
	x := connect(t, c, cam)

	// The camera goes while its owner looks at the view; the grant is there when it comes back.
	code, events := cloudtest.Code(alice.Owner), alice.Stream("")
	asking := cam.Ask(code, 1)
	x.Send(cloudtest.Topic(cam.ID, "offers"), 1, false, asking.Message)
	offered(t, events, asking.Message)
	x.Disconnect(100)
	grant := cloudtest.Confirm(t, alice.Owner, asking.Message, code, fleet)
	if status := alice.Post("grants", grant); status != 202 {
		t.Fatalf("grant: %d", status)
	}
	stop()
	c, stop = run(t, dir)
	alice = page(t, c, alice.Owner)
	if list := alice.Policies(); len(list) != 1 {
		t.Errorf("%d policies after a restart", len(list))
	}
	x = connect(t, c, cam)
	hears(t, x.grants, "grant", grant)
	w := asking.Take(grant, alice.Owner)
	w.Boot = 1
	record := func(version uint64) *certs.SignedRecord {
		return w.Record(certs.Tamper, func(r *certs.Record) { r.PolicyVersion = version })
	}
	x.deliver(t, w.Record(certs.Claimed, func(r *certs.Record) { r.PolicyVersion = 1 }))
	x.Disconnect(100)
	x = connect(t, c, cam)
	x.nothing(t, "claimed", c, mark, record(1))

	// A policy, of which the camera hears at its next connection, and at each until it is in force.
	x.Disconnect(100)
	if status := alice.Post("policies", w.Policy(2)); status != 202 {
		t.Fatalf("policy: %d", status)
	}
	second := w.Policy(3)
	if status := alice.Post("policies", second); status != 202 {
		t.Fatalf("policy: %d", status)
	}
	stop()
	c, _ = run(t, dir)
	alice = page(t, c, alice.Owner)
	x = connect(t, c, cam)
	hears(t, x.policies, "policy", second) // the newest only
	x.Disconnect(100)
	x = connect(t, c, cam)
	hears(t, x.policies, "policy", second)
	x.deliver(t, record(3))
	x.Disconnect(100)
	x = connect(t, c, cam)
	x.nothing(t, "in force", c, mark, record(3))

	// And a release, until the epoch is closed.
	x.Disconnect(100)
	release := w.Release(nil)
	if status := alice.Post("releases", release); status != 202 {
		t.Fatalf("release: %d", status)
	}
	x = connect(t, c, cam)
	hears(t, x.releases, "release", release)
	x.deliver(t, w.Record(certs.Closed, func(r *certs.Record) { r.Closing = w.Closing(r.Position, release) }))
	x.Disconnect(100)
	x = connect(t, c, cam)
	next := cam.Claim(cloudtest.Owner(t), 2)
	next.Boot = 2
	x.nothing(t, "closed", c, mark, next.Record(certs.Claimed))
}

// The event key is renewed through the cloud: asked for by a policy, offered, granted, and in the ledger with the first record
// of the new key. Then the old key is over.
func TestRenewalThroughTheCloud(t *testing.T) {
	t.Parallel()
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	alice, bob := page(t, c, cloudtest.Owner(t)), page(t, c, cloudtest.Owner(t))
	w := cloudtest.NewCamera(t, fleet).Claim(alice.Owner, 1)
	x := connect(t, c, w.Camera)
	x.deliver(t, w.Record(certs.Claimed))
	next := w.Renew()
	g, err := certs.ParseGrant(next.Grant, alice.Owner.ID)
	if err != nil {
		t.Fatal(err)
	}
	asks := g.RawPolicy
	message, err := certs.JoinRenewal(next.Offer.Raw)
	if err != nil {
		t.Fatal(err)
	}
	if status := alice.Post("policies", asks); status != 202 {
		t.Fatalf("policy: %d", status)
	}
	hears(t, x.policies, "policy", asks)
	if status := alice.Post("grants", next.Grant); status != 403 {
		t.Errorf("a renewal that was not offered: %d", status)
	}
	events := alice.Stream("")
	x.Send(cloudtest.Topic(w.ID, "offers"), 1, false, message)
	offered(t, events, message)
	if list := alice.Offers(); len(list) != 1 || len(bob.Offers()) != 0 {
		t.Fatalf("%d renewals are offered", len(list))
	}
	if status := alice.Post("grants", next.Grant); status != 202 {
		t.Fatalf("grant: %d", status)
	}
	hears(t, x.grants, "grant", next.Grant)
	late := w.Record(certs.Tamper) // by the old key, before
	next.Next = w.Next
	x.deliver(t, next.Record(certs.Claimed))
	x.deliver(t, late)
	x.deliver(t, next.Record(certs.Tamper))
	w.Next = next.Next
	after := w.Record(certs.Tamper)
	if no := x.Session.Deliver(w.Camera, cloudtest.Message(t, after)); no[after.Position] != "other-claim" {
		t.Errorf("a record of the old key: %v", no)
	}
	if list := alice.Offers(); len(list) != 0 {
		t.Error("a renewal that has happened is offered")
	}
}

// Whatever a viewer is given, there is a row that names him, among those of the owner whose it is.
func TestEveryAccessNamesTheViewer(t *testing.T) {
	h := newHome(t)
	h.session.Send(cloudtest.Topic(h.ID, "status"), 1, true, []byte("online"))
	asked, _ := h.session.Listen(cloudtest.Topic(h.ID, "live"))
	h.post(h.mine, "policies", h.Policy(2, cloudtest.Viewer(h.member, certs.ScopeClips|certs.ScopeLive, 2)), 202)
	picture, thumb := h.Picture(100)
	r := h.Record(certs.Started, func(r *certs.Record) { r.PolicyVersion, r.Media = 2, []certs.Media{thumb} })
	if no := h.session.Deliver(h.Camera, cloudtest.Message(t, r, picture)); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	before := map[string]int{}
	for _, a := range rows(t, h.cloud, h.Owner.ID) {
		before[a.What]++
	}
	items := h.theirs.Records("after=0")
	path := "/api/v1/records/" + fmt.Sprint(items[0].Seq) + "/media/" + thumb.Hash.String()
	if status, _ := h.theirs.Do("GET", path, nil); status != 200 {
		t.Fatalf("thumbnail: %d", status)
	}
	events := h.theirs.Stream("after=" + fmt.Sprint(items[0].Seq-1))
	cloudtest.Until(t, events, "the record", func(e cloudtest.Event) bool { return e.Name == "record" })
	h.theirs.Policies()
	request, _ := viewerRequest(t, h.member, h.Owned)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		h.theirs.Do("POST", "/api/v1/live", request)
	}()
	cloudtest.Got(t, asked, "request")
	given := map[string]int{}
	for _, a := range rows(t, h.cloud, h.Owner.ID) {
		if before[a.What]--; before[a.What] >= 0 {
			continue
		}
		given[a.What]++
		if a.Owner != h.Owner.ID.String() || a.Viewer != h.member.ID.String() || a.Session == "" || a.Addr == "" {
			t.Errorf("row: %+v", a)
		}
	}
	for _, what := range []string{"records", "media", "stream", "policy", "live"} {
		if given[what] == 0 {
			t.Errorf("no row of %s", what)
		}
	}
	// Somebody else's request, though he may look himself.
	hers, _ := viewerRequest(t, h.Owner, h.Owned)
	h.post(h.theirs, "live", hers, 403)
	h.theirs.Do("DELETE", "/api/v1/session", nil)
	<-answered
}

// rows reads the rows of the access stream of one owner.
func rows(t *testing.T, c *cloud.Cloud, owner certs.OwnerID) (out []deliver.Access) {
	t.Helper()
	st, err := c.JetStream().Stream(t.Context(), "ACCESS")
	if err != nil {
		t.Fatal(err)
	}
	for seq := uint64(1); ; {
		m, err := st.GetMsg(context.Background(), seq, jetstream.WithGetMsgSubject("access."+owner.String()))
		if err != nil {
			return out
		}
		var a deliver.Access
		if err := json.Unmarshal(m.Data, &a); err != nil {
			t.Fatal(err)
		}
		out, seq = append(out, a), m.Sequence+1
	}
}
