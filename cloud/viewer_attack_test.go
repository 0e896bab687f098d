package cloud_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	mrand "math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
)

// village is several owners with a camera each and somebody who may view it, in one cloud.
type village struct {
	cloud   *cloud.Cloud
	cams    []*cloudtest.Owned
	owners  []*cloudtest.Page
	viewers []*cloudtest.Page
	media   []string // path of a thumbnail of each camera's, for its owner and its viewer
}

// newVillage is called first in a test, as newHome.
func newVillage(t *testing.T, n int) *village {
	t.Helper()
	t.Parallel()
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	v := &village{cloud: c}
	for range n {
		w := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
		owner, viewer := page(t, c, w.Owner), page(t, c, cloudtest.Owner(t))
		picture, thumb := w.Picture(500)
		claimed := cloudtest.Message(t, w.Record(certs.Claimed))
		seen := cloudtest.Message(t, w.Record(certs.Started, func(r *certs.Record) { r.PolicyVersion, r.Media = 2, []certs.Media{thumb} }), picture)
		if no := w.Connect(c.MQTTAddr()).Deliver(w.Camera, claimed, seen); len(no) != 0 {
			t.Fatalf("refused: %v", no)
		}
		if status := owner.Post("policies", w.Policy(2, cloudtest.Viewer(viewer.Owner, certs.ScopeClips|certs.ScopeLive, 2))); status != 202 {
			t.Fatalf("policy: %d", status)
		}
		items := viewer.Records("after=0")
		if len(items) != 1 {
			t.Fatalf("the viewer has %d records", len(items))
		}
		v.cams, v.owners, v.viewers = append(v.cams, w), append(v.owners, owner), append(v.viewers, viewer)
		v.media = append(v.media, fmt.Sprintf("/api/v1/records/%d/media/%s", items[0].Seq, thumb.Hash))
	}
	return v
}

// scramble moves what is kept under every subject of a stream that has one of these beginnings to another's place.
func scramble(t *testing.T, js jetstream.JetStream, stream string, rng *mrand.Rand, beginnings ...string) {
	t.Helper()
	st, err := js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range beginnings {
		info, err := st.Info(t.Context(), jetstream.WithSubjectFilter(b+">"))
		if err != nil {
			t.Fatal(err)
		}
		byKind := map[string][]string{}
		for s := range info.State.Subjects {
			f := strings.Split(s, ".")
			kind := fmt.Sprint(len(f))
			if f[0] == "mail" {
				kind = f[len(f)-1]
			}
			byKind[kind] = append(byKind[kind], s)
		}
		for _, subjects := range byKind {
			var data [][]byte
			for _, s := range subjects {
				m, err := st.GetLastMsgForSubject(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				data = append(data, m.Data)
			}
			by := 1 + rng.IntN(max(1, len(subjects)-1))
			for i, s := range subjects {
				if _, err := js.Publish(t.Context(), s, data[(i+by)%len(subjects)]); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// The cloud gets everything mixed up that it finds things by: pointers to claims, to certificates, from viewers to cameras, and
// which policy is whose. Nobody is given anything of somebody else's.
func TestAttackConfusedCloudMixesUpEveryIndex(t *testing.T) {
	const n = 3
	v := newVillage(t, n)
	seed := [2]uint64{uint64(mrand.Uint32()), uint64(mrand.Uint32())}
	t.Logf("seed %v", seed)
	rng := mrand.New(mrand.NewPCG(seed[0], seed[1]))
	js := v.cloud.JetStream()
	// Each viewer is pointed to everybody's camera, and each owner to everybody's claim.
	for i := range n {
		for j := range n {
			put(t, v.cloud, "view."+v.viewers[i].Owner.ID.String()+"."+v.cams[j].ID.String()+"."+v.owners[j].Owner.ID.String(), nil)
			put(t, v.cloud, "view."+v.viewers[i].Owner.ID.String()+"."+v.cams[j].ID.String()+"."+v.owners[i].Owner.ID.String(), nil)
			put(t, v.cloud, engine.OwnSubject(v.owners[i].Owner.ID, v.cams[j].ID), last(t, v.cloud, engine.OwnSubject(v.owners[j].Owner.ID, v.cams[j].ID)))
			put(t, v.cloud, engine.PartSubject(v.owners[i].Owner.ID, v.cams[j].ID), nil)
		}
	}
	check := func(when string, i int, p *cloudtest.Page, mayRead bool) {
		t.Helper()
		for _, it := range p.Records("after=0") {
			if r := it.Parsed(t); r.Owner != v.owners[i].Owner.ID || r.Device != v.cams[i].ID {
				t.Errorf("%s: a record of owner %s", when, r.Owner.Short())
			}
		}
		for _, raw := range p.Policies() {
			if !bytes.Contains(raw, v.cams[i].ID[:]) || !bytes.Contains(raw, v.owners[i].Owner.ID[:]) {
				t.Errorf("%s: a policy of somebody else's", when)
			}
		}
		_, cameras := p.Do("GET", "/api/v1/status", nil)
		_, ownership := p.Do("GET", "/api/v1/ownership", nil)
		for j, w := range v.cams {
			if j == i {
				continue
			}
			if bytes.Contains(cameras, []byte(w.ID.String())) || bytes.Contains(ownership, []byte(w.ID.String())) {
				t.Errorf("%s: told of somebody else's camera", when)
			}
			if status, _ := p.Do("GET", v.media[j], nil); status != 404 {
				t.Errorf("%s: somebody else's thumbnail: %d", when, status)
			}
			for _, c := range []string{w.Event.X5T.String(), w.Owner.ID.String()} {
				if status, _ := p.Do("GET", "/api/v1/certificates/"+c, nil); status != 404 {
					t.Errorf("%s: somebody else's certificate: %d", when, status)
				}
			}
		}
		if status, _ := p.Do("GET", v.media[i], nil); mayRead && status != 200 {
			t.Errorf("%s: their own thumbnail: %d", when, status)
		}
	}
	for i := range n {
		check("pointers to everywhere, owner", i, v.owners[i], true)
		check("pointers to everywhere, viewer", i, v.viewers[i], true)
	}
	scramble(t, js, "MAIL", rng, "mail.", "view.", "own.", "offer.")
	for i := range n {
		check("and policies of others, owner", i, v.owners[i], true)
		check("and policies of others, viewer", i, v.viewers[i], false)
	}
	scramble(t, js, engine.Bind, rng, "bind.own.", "bind.chain.", "bind.dev.")
	for i := range n {
		check("and ledger and certificates of others, owner", i, v.owners[i], true)
		check("and ledger and certificates of others, viewer", i, v.viewers[i], false)
	}
}

// Somebody brings back, behind the cloud's back, what the same owner signed for the camera's epoch before. It opens nothing of
// the epoch that runs.
func TestAttackPolicyOfAFormerEpochComesBack(t *testing.T) {
	h := newHome(t)
	former := h.Policy(9, h.lets(1))
	h.post(h.mine, "policies", former, 202)
	subject := "mail." + h.ID.String() + "." + h.Owner.ID.String() + ".policy"
	kept := lastMail(t, h.cloud, subject)
	h.deliver(h.Record(certs.Closed, func(r *certs.Record) { r.Closing = h.Closing(r.Position, nil) }))
	before := positions(t, h.theirs)

	next := h.Camera.Claim(h.Owner, 2)
	next.Boot = 2
	h.deliver(next.Record(certs.Claimed))
	h.deliver(next.Record(certs.Tamper))
	h.post(h.mine, "policies", next.Policy(2), 202)
	h.post(h.mine, "policies", former, 409)
	if got := positions(t, h.theirs); len(got) != 0 {
		t.Errorf("who is named by the former epoch only, sees %v", got)
	}
	put(t, h.cloud, subject, kept)
	put(t, h.cloud, "view."+h.member.ID.String()+"."+h.ID.String()+"."+h.Owner.ID.String(), nil)
	if got := positions(t, h.theirs); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("with the former policy: %v instead of %v", got, before)
	}
}

// Somebody who can write into the cloud's store plants policies that let a member of the family see another camera of the
// owner: one that the member has signed, and the one that the owner has signed for the member's camera.
func TestAttackPolicyIsPlanted(t *testing.T) {
	h := newHome(t)
	shared := cloudtest.NewCamera(t, h.fleet).Claim(h.Owner, 1)
	if no := shared.Connect(h.cloud.MQTTAddr()).Deliver(shared.Camera, cloudtest.Message(t, shared.Record(certs.Claimed))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	h.post(h.mine, "policies", shared.Policy(2, h.lets(1)), 202)
	h.post(h.mine, "policies", h.Policy(2, cloudtest.Viewer(cloudtest.Owner(t), certs.ScopeClips, 1)), 202)
	place := func(w *cloudtest.Owned) string {
		return "mail." + w.ID.String() + "." + h.Owner.ID.String() + ".policy"
	}
	own, err := json.Marshal(map[string][]byte{"key": h.member.SPKI, "statement": h.policy(9, h.member.Key, h.member.ID, h.lets(1))})
	if err != nil {
		t.Fatal(err)
	}
	forged, err := json.Marshal(map[string][]byte{
		"key": h.Owner.SPKI, "statement": h.policy(9, pretender{h.member.Key, h.Owner.Key.Public()}, h.Owner.ID, h.lets(1)),
	})
	if err != nil {
		t.Fatal(err)
	}
	put(t, h.cloud, "view."+h.member.ID.String()+"."+h.ID.String()+"."+h.Owner.ID.String(), nil)
	for what, planted := range map[string][]byte{
		"the member's own policy": own, "a policy with another signature": forged, "the owner's policy of another camera": lastMail(t, h.cloud, place(shared)),
	} {
		put(t, h.cloud, place(h.Owned), planted)
		for _, it := range h.theirs.Records("after=0") {
			if it.Parsed(t).Device != shared.ID {
				t.Errorf("%s opens the owner's other camera", what)
			}
		}
	}
	if n := metric(t, h.cloud, "signet_mail_kept_back_total"); n == 0 {
		t.Error("what was planted is not counted")
	}
}

// A member of the family goes on reading when the time is over that the owner gave.
func TestAttackMemberReadsWhenTimeIsOver(t *testing.T) {
	h := newHome(t)
	lets := h.lets(1)
	lets.NotAfter = time.Now().Add(2 * time.Second).Truncate(time.Millisecond)
	h.post(h.mine, "policies", h.Policy(2, lets), 202)
	events := h.theirs.Stream("")
	if n := len(h.theirs.Records("after=0")); n != 1 {
		t.Fatalf("in time: %d records", n)
	}
	time.Sleep(time.Until(lets.NotAfter) + 10*time.Millisecond)
	if n := len(h.theirs.Records("after=0")); n != 0 {
		t.Errorf("when it is over: %d records", n)
	}
	if len(h.theirs.Policies()) != 0 {
		t.Error("the time is over, and there is a policy")
	}
	late := h.Record(certs.Tamper)
	h.deliver(late)
	h.silent(events, late)
}

// silent says that a stream does not bring a record: what comes after something else that it does bring.
func (h *home) silent(events <-chan cloudtest.Event, r *certs.SignedRecord) {
	h.t.Helper()
	other := cloudtest.NewCamera(h.t, h.fleet).Claim(h.member, 1)
	mark := other.Record(certs.Claimed)
	if no := other.Connect(h.cloud.MQTTAddr()).Deliver(other.Camera, cloudtest.Message(h.t, mark)); len(no) != 0 {
		h.t.Fatalf("refused: %v", no)
	}
	cloudtest.Until(h.t, events, "a record of the member's own", func(e cloudtest.Event) bool {
		if e.Name != "record" {
			return false
		}
		b := b64decode(h.t, e.Data)
		if bytes.Contains(b, r.Raw) {
			h.t.Error("the stream brings the record")
		}
		return bytes.Contains(b, mark.Raw)
	})
}

// A member of the family who was removed keeps a stream open.
func TestAttackRemovedMemberListens(t *testing.T) {
	h := newHome(t)
	h.post(h.mine, "policies", h.Policy(2, h.lets(1)), 202)
	events := h.theirs.Stream("")
	seen := h.Record(certs.Tamper)
	h.deliver(seen)
	cloudtest.Until(t, events, "a record", func(e cloudtest.Event) bool {
		return e.Name == "record" && bytes.Contains(b64decode(t, e.Data), seen.Raw)
	})
	h.post(h.mine, "policies", h.Policy(3), 202)
	late := h.Record(certs.Tamper)
	h.deliver(late)
	h.session.Send(cloudtest.Topic(h.ID, "status"), 1, true, []byte("online"))
	h.silent(events, late)
	if status, b := h.theirs.Do("GET", "/api/v1/status", nil); status != 200 || bytes.Contains(b, []byte(h.ID.String())) {
		t.Errorf("a removed member is told of the camera: %s", b)
	}
}

// A member who may see clips asks the camera for a live view, and one who may watch live asks for records.
func TestAttackMemberGoesBeyondTheScope(t *testing.T) {
	h := newHome(t)
	h.session.Send(cloudtest.Topic(h.ID, "status"), 1, true, []byte("online"))
	asked, _ := h.session.Listen(cloudtest.Topic(h.ID, "live"))
	request, _ := viewerRequest(t, h.member, h.Owned)
	h.post(h.mine, "policies", h.Policy(2, h.lets(1)), 202)
	h.post(h.theirs, "live", request, 404)
	h.post(h.mine, "policies", h.Policy(3, cloudtest.Viewer(h.member, certs.ScopeLive, 1)), 202)
	if n := len(h.theirs.Records("after=0")); n != 0 {
		t.Errorf("who may watch live, reads %d records", n)
	}
	answered := make(chan struct{})
	go func() { // nobody answers; what counts is that the camera is asked
		defer close(answered)
		h.theirs.Do("POST", "/api/v1/live", request)
	}()
	if got := cloudtest.Got(t, asked, "request"); !bytes.Equal(got, request) {
		t.Error("the camera is asked something else")
	}
	h.theirs.Do("DELETE", "/api/v1/session", nil)
	<-answered
}

func lastMail(t testing.TB, c *cloud.Cloud, subject string) []byte {
	t.Helper()
	st, err := c.JetStream().Stream(t.Context(), "MAIL")
	if err != nil {
		t.Fatal(err)
	}
	m, err := st.GetLastMsgForSubject(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	return m.Data
}
