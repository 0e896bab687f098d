package cloud_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"signet/certs"
	"signet/cloud"
	"signet/cloud/cloudtest"
)

// claim has an owner claim a camera through the cloud: code, offer, view, grant, first record.
func claim(t *testing.T, c *cloud.Cloud, fleet *certs.Fleet, cam *cloudtest.Camera, s *cloudtest.Session, p *cloudtest.Page, epoch uint64, viewers ...certs.Viewer) *cloudtest.Owned {
	t.Helper()
	grants, ok := s.Listen(cloudtest.Topic(cam.ID, "grant"))
	if !ok {
		t.Fatal("own grants refused")
	}
	events := p.Stream("")
	code := cloudtest.Code(p.Owner)
	asking := cam.Ask(code, epoch)
	s.Send(cloudtest.Topic(cam.ID, "offers"), 1, false, asking.Message)
	ev := cloudtest.Until(t, events, "the offer", func(e cloudtest.Event) bool { return e.Name == "offer" })
	var item cloudtest.Offer
	if err := cbor.Unmarshal(b64decode(t, ev.Data), &item); err != nil || !bytes.Equal(item.Message, asking.Message) {
		t.Fatalf("offer on the stream: %v", err)
	}
	if list := p.Offers(); len(list) != 1 || !bytes.Equal(list[0].Message, asking.Message) {
		t.Fatalf("%d offers", len(list))
	}
	grant := cloudtest.Confirm(t, p.Owner, item.Message, code, fleet, viewers...)
	if status := p.Post("grants", grant); status != 202 {
		t.Fatalf("grant: %d", status)
	}
	if list := p.Offers(); len(list) != 0 {
		t.Error("what was granted is offered still")
	}
	w := asking.Take(cloudtest.Got(t, grants, "grant"), p.Owner)
	if no := s.Deliver(cam, cloudtest.Message(t, w.Record(certs.Claimed))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	return w
}

// positions says what a page is given.
func positions(t *testing.T, p *cloudtest.Page) (out []string) {
	t.Helper()
	for _, it := range p.Records("after=0") {
		r := it.Parsed(t)
		out = append(out, fmt.Sprintf("%d/%s", r.Epoch, r.Position))
	}
	return out
}

// A camera is claimed through the cloud, shared, let go and claimed by somebody else. Everybody sees what is theirs, when it
// is, and nobody anything else.
func TestFromClaimToTheNextOwner(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	alice, bob, member := page(t, c, cloudtest.Owner(t)), page(t, c, cloudtest.Owner(t)), page(t, c, cloudtest.Owner(t))
	cam := cloudtest.NewCamera(t, fleet)
	s := cam.Connect(c.MQTTAddr())
	s.Send(cloudtest.Topic(cam.ID, "status"), 1, true, []byte("online"))
	policies, _ := s.Listen(cloudtest.Topic(cam.ID, "policy"))
	releases, _ := s.Listen(cloudtest.Topic(cam.ID, "release"))
	sees := func(when string, p *cloudtest.Page, want ...string) {
		t.Helper()
		if got := positions(t, p); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v instead of %v", when, got, want)
		}
	}

	w := claim(t, c, fleet, cam, s, alice, 1)
	send := func(typ certs.RecordType, version uint64, change ...func(*certs.Record)) *certs.SignedRecord {
		t.Helper()
		r := w.Record(typ, append(change, func(r *certs.Record) { r.PolicyVersion = version })...)
		if no := s.Deliver(cam, cloudtest.Message(t, r)); len(no) != 0 {
			t.Fatalf("refused: %v", no)
		}
		return r
	}
	send(certs.Tamper, 1)
	sees("the owner", alice, "1/1.0", "1/1.1")
	sees("somebody else", member)
	if o := alice.Ownership(); len(o) != 1 || o[0].State != "owned" || o[0].Epoch != 1 || o[0].Device != cam.ID.String() {
		t.Errorf("ownership: %+v", o)
	}

	// Somebody of the family is let in, and sees what comes from then on.
	events := member.Stream("")
	second := w.Policy(2, cloudtest.Viewer(member.Owner, certs.ScopeClips, 2))
	if status := alice.Post("policies", second); status != 202 {
		t.Fatalf("policy: %d", status)
	}
	if got := cloudtest.Got(t, policies, "policy"); !bytes.Equal(got, second) {
		t.Error("the camera is sent another policy")
	}
	ev := cloudtest.Until(t, events, "the policy", func(e cloudtest.Event) bool { return e.Name == "policy" })
	if !bytes.Equal(b64decode(t, ev.Data), second) {
		t.Error("the member is told another policy")
	}
	for who, p := range map[string]*cloudtest.Page{"owner": alice, "member": member} {
		if got := p.Policies(); len(got) != 1 || !bytes.Equal(got[0], second) {
			t.Errorf("%s: %d policies", who, len(got))
		}
	}
	if got := bob.Policies(); len(got) != 0 {
		t.Error("a stranger is given a policy")
	}
	send(certs.Tamper, 1) // made before the policy was in force
	online := send(certs.Online, 2)
	cloudtest.Until(t, events, "the first record since", func(e cloudtest.Event) bool {
		return e.Name == "record" && bytes.Contains(b64decode(t, e.Data), online.Raw)
	})
	picture, thumb := w.Picture(5000)
	started := w.Record(certs.Started, func(r *certs.Record) { r.PolicyVersion, r.Media = 2, []certs.Media{thumb} })
	if no := s.Deliver(cam, cloudtest.Message(t, started, picture)); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	sees("the member", member, "1/1.3", "1/1.4")
	items := member.Records("limit=1")
	media := fmt.Sprintf("/api/v1/records/%d/media/%s", items[0].Seq, thumb.Hash)
	if status, b := member.Do("GET", media, nil); status != 200 || !bytes.Equal(b, picture) {
		t.Errorf("the member's thumbnail: %d", status)
	}
	if status, _ := bob.Do("GET", media, nil); status != 404 {
		t.Errorf("a stranger's thumbnail: %d", status)
	}
	if status, b := member.Do("GET", "/api/v1/certificates/"+w.Event.X5T.String(), nil); status != 200 || !bytes.Equal(b, w.Event.Raw) {
		t.Errorf("the member's certificate: %d", status)
	}
	if status, b := member.Do("GET", "/api/v1/certificates/"+alice.Owner.ID.String(), nil); status != 200 || !bytes.Equal(b, alice.Owner.Root) {
		t.Errorf("the owner's root for the member: %d", status)
	}
	for _, x := range []string{w.Event.X5T.String(), alice.Owner.ID.String()} {
		if status, _ := bob.Do("GET", "/api/v1/certificates/"+x, nil); status != 404 {
			t.Errorf("a stranger's certificate: %d", status)
		}
	}
	if status, b := member.Do("GET", "/api/v1/status", nil); status != 200 || !bytes.Contains(b, []byte(cam.ID.String())) {
		t.Errorf("the member's cameras: %s", b)
	}

	// And out again.
	if status := alice.Post("policies", w.Policy(3)); status != 202 {
		t.Fatalf("policy: %d", status)
	}
	sees("the removed member", member)
	send(certs.Tamper, 3)
	sees("the removed member, later", member)
	if status, _ := member.Do("GET", media, nil); status != 404 {
		t.Errorf("the removed member's thumbnail: %d", status)
	}
	if got := member.Policies(); len(got) != 0 {
		t.Error("the removed member is given a policy")
	}

	// Let go: the camera is told, closes, and belongs to nobody.
	release := w.Release(nil)
	if status := alice.Post("releases", release); status != 202 {
		t.Fatalf("release: %d", status)
	}
	if got := cloudtest.Got(t, releases, "release"); !bytes.Equal(got, release) {
		t.Error("the camera is sent another release")
	}
	send(certs.Closed, 3, func(r *certs.Record) { r.Closing = w.Closing(r.Position, release) })
	if o := alice.Ownership(); len(o) != 1 || o[0].State != "released" || len(o[0].Evidence) == 0 {
		t.Errorf("ownership: %+v", o)
	}

	// The next owner, at once.
	hers := positions(t, alice)
	w = claim(t, c, fleet, cam, s, bob, 2)
	send(certs.Tamper, 1)
	sees("the next owner", bob, "2/2.0", "2/2.1")
	sees("the former owner", alice, hers...)
	sees("the former owner's member", member)
	if o := alice.Ownership(); len(o) != 1 || o[0].State != "gone" {
		t.Errorf("the former owner's: %+v", o)
	}
	if o := bob.Ownership(); len(o) != 1 || o[0].State != "owned" || o[0].Epoch != 2 {
		t.Errorf("the next owner's: %+v", o)
	}
	if status, b := alice.Do("GET", "/api/v1/status", nil); status != 200 || string(bytes.TrimSpace(b)) != "[]" {
		t.Errorf("the former owner's cameras: %s", b)
	}
}

// A camera is reset and claimed by somebody else: its owner is told at once and has a say until then; a release ends it.
func TestOwnerIsToldOfAReset(t *testing.T) {
	h := newHome(t)
	h.post(h.mine, "policies", h.Policy(2), 202)
	events := h.mine.Stream("")
	told := func(p *cloudtest.Page, events <-chan cloudtest.Event, state string) (o cloudtest.Ownership) {
		t.Helper()
		if events != nil {
			cloudtest.Until(t, events, state, func(e cloudtest.Event) bool {
				return e.Name == "ownership" && json.Unmarshal([]byte(e.Data), &o) == nil && o.State == state
			})
		}
		list := p.Ownership()
		if len(list) != 1 || list[0].State != state || list[0].Device != h.ID.String() {
			t.Fatalf("ownership: %+v instead of %s", list, state)
		}
		return list[0]
	}
	told(h.mine, events, "owned")
	h.post(h.mine, "lost", h.Lost(), 202) // nobody has taken it yet, as far as the cloud knows
	if o := told(h.mine, events, "lost"); o.Until != 0 {
		t.Errorf("lost until %d", o.Until)
	}
	h.deliver(h.Record(certs.Closed, func(r *certs.Record) { r.Closing = h.Closing(r.Position, nil) }))
	if o := told(h.mine, nil, "lost"); len(o.Evidence) == 0 {
		t.Error("no evidence of the reset")
	}

	next := h.Camera.Claim(h.member, 2)
	next.Boot = 2
	his := h.theirs.Stream("")
	claimed := next.Record(certs.Claimed)
	if no := h.session.Deliver(h.Camera, cloudtest.Message(t, claimed)); no[claimed.Position] != "lost" {
		t.Errorf("the next claim: %v", no)
	}
	told(h.theirs, his, "refused")
	h.post(h.theirs, "lost", next.Lost(), 403) // he has no say
	h.post(h.theirs, "releases", h.Release(h.member), 403)

	h.post(h.mine, "releases", h.Release(nil), 202)
	told(h.theirs, his, "owned")
	told(h.mine, events, "gone")
	h.post(h.mine, "lost", h.Lost(), 409)
	h.deliver(next.Record(certs.Online))
	if got := positions(t, h.theirs); len(got) != 1 {
		t.Errorf("the next owner sees %v", got)
	}
}

// Rows of the access stream name the viewer besides the owner whose records they are.
func TestAccessNamesTheViewer(t *testing.T) {
	h := newHome(t)
	h.post(h.mine, "policies", h.Policy(2, h.lets(2)), 202)
	h.deliver(h.Record(certs.Tamper, func(r *certs.Record) { r.PolicyVersion = 2 }))
	if n := len(h.theirs.Records("after=0")); n != 1 {
		t.Fatalf("%d records", n)
	}
	st, err := h.cloud.JetStream().Stream(t.Context(), "ACCESS")
	if err != nil {
		t.Fatal(err)
	}
	m, err := st.GetLastMsgForSubject(t.Context(), "access."+h.Owner.ID.String())
	if err != nil {
		t.Fatal(err)
	}
	var row struct{ Owner, Viewer, What string }
	if err := json.Unmarshal(m.Data, &row); err != nil {
		t.Fatal(err)
	}
	if row.Owner != h.Owner.ID.String() || row.Viewer != h.member.ID.String() || row.What != "records" {
		t.Errorf("row: %+v", row)
	}
}

// What everybody may have is there without a session.
func TestFleetAndRevocationList(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	p := cloudtest.NewPage(t, cloudtest.Owner(t), c.HTTPSAddr(), c.Fleet())
	if status, b := p.Do("GET", "/api/v1/fleet", nil); status != 200 || !bytes.Equal(b, fleet.Cert.Raw) {
		t.Errorf("fleet: %d", status)
	}
	if status, _ := p.Do("GET", "/api/v1/crl", nil); status != 404 {
		t.Errorf("revocation list before there is one: %d", status)
	}
}
