package cloud_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"signet/certs"
	"signet/cloud"
	"signet/cloud/cloudtest"
)

// stands gets what the cloud says of a camera to a page.
func stands(t *testing.T, p *cloudtest.Page, c *cloudtest.Camera) cloudtest.Ownership {
	t.Helper()
	for _, o := range p.Ownership() {
		if o.Device == c.ID.String() {
			return o
		}
	}
	t.Fatalf("nothing is said of camera %s", c.ID)
	return cloudtest.Ownership{}
}

// state waits until a stream says that a camera stands so.
func state(t *testing.T, events <-chan cloudtest.Event, c *cloudtest.Camera, want string) {
	t.Helper()
	cloudtest.Until(t, events, want, func(e cloudtest.Event) bool {
		var o cloudtest.Ownership
		return e.Name == "ownership" && json.Unmarshal([]byte(e.Data), &o) == nil && o.Device == c.ID.String() && o.State == want
	})
}

// A camera is reset and claimed by somebody else, and its owner says nothing. The claim waits, and is bound when its time has
// come; until then its owner has nothing of the camera, nor has whoever he shares it with.
func TestContestedClaimWaits(t *testing.T) {
	t.Parallel()
	const wait = 3 * time.Second
	dir, fleet := initDir(t)
	c, _ := run(t, dir, func(cfg *cloud.Config) { cfg.Wait = wait })
	alice, bob, friend := page(t, c, cloudtest.Owner(t)), page(t, c, cloudtest.Owner(t)), page(t, c, cloudtest.Owner(t))
	cam := cloudtest.NewCamera(t, fleet)
	s := cam.Connect(c.MQTTAddr())
	s.Send(cloudtest.Topic(cam.ID, "status"), 1, true, []byte("online"))
	w := claim(t, c, fleet, cam, s, alice, 1)
	hers, his := alice.Stream(""), bob.Stream("")
	state(t, hers, cam, "owned")
	if no := s.Deliver(cam, cloudtest.Message(t, w.Record(certs.Closed))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	state(t, hers, cam, "reset")

	// He claims it through the cloud: this says nothing of who had it before.
	grants, _ := s.Listen(cloudtest.Topic(cam.ID, "grant"))
	code := cloudtest.Code(bob.Owner)
	asking := cam.Ask(code, 2)
	s.Send(cloudtest.Topic(cam.ID, "offers"), 1, false, asking.Message)
	offered(t, his, asking.Message)
	lets := cloudtest.Viewer(friend.Owner, certs.ScopeClips|certs.ScopeLive, 1)
	if status := bob.Post("grants", cloudtest.Confirm(t, bob.Owner, asking.Message, code, fleet, lets)); status != 202 {
		t.Fatalf("grant: %d", status)
	}
	next := asking.Take(cloudtest.Got(t, grants, "grant"), bob.Owner)
	claimed := next.Record(certs.Claimed)
	message := cloudtest.Message(t, claimed)
	s.Send(cloudtest.Topic(cam.ID, "records"), 1, false, message)
	state(t, hers, cam, "contested")
	state(t, his, cam, "waiting")
	a, b := stands(t, alice, cam), stands(t, bob, cam)
	if a.Until != b.Until || a.Epoch != 1 || b.Epoch != 2 || len(a.Evidence) == 0 {
		t.Errorf("to her %+v, to him %+v", a, b)
	}
	until := time.UnixMilli(a.Until)
	if left := time.Until(until); left <= 0 || left > wait {
		t.Fatalf("it waits for %v more", left)
	}
	for who, p := range map[string]*cloudtest.Page{"claimant": bob, "friend": friend} {
		request, _ := viewerRequest(t, p.Owner, next)
		if status, body := p.Do("POST", "/api/v1/live", request); status != 404 {
			t.Errorf("while it waits, the %s looks at it: %d %s", who, status, body)
		}
		if status, body := p.Do("GET", "/api/v1/status", nil); status != 200 || string(bytes.TrimSpace(body)) != "[]" {
			t.Errorf("while it waits, the %s is told of it: %s", who, body)
		}
		if got := positions(t, p); len(got) != 0 {
			t.Errorf("while it waits, the %s sees %v", who, got)
		}
	}

	// The camera sends it again until there is a receipt.
	if no := s.Deliver(cam, message, cloudtest.Message(t, next.Record(certs.Tamper))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	if time.Now().Before(until) {
		t.Errorf("bound %v too early", time.Until(until))
	}
	state(t, hers, cam, "gone")
	state(t, his, cam, "owned")
	if status := alice.Post("lost", w.Lost()); status != 409 {
		t.Errorf("a mark that comes too late: %d", status)
	}
	if got := positions(t, alice); len(got) != 2 {
		t.Errorf("the former owner sees %v", got)
	}
	if got := positions(t, bob); len(got) != 2 {
		t.Errorf("the owner sees %v", got)
	}
	if got := positions(t, friend); len(got) != 2 {
		t.Errorf("the friend sees %v", got)
	}
}

// While a claim waits its former owner marks the camera as lost: the claim is refused. When he lets it go after all, it is bound.
func TestLostMarkRefusesAWaitingClaim(t *testing.T) {
	t.Parallel()
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	alice, bob := page(t, c, cloudtest.Owner(t)), page(t, c, cloudtest.Owner(t))
	cam := cloudtest.NewCamera(t, fleet)
	s := cam.Connect(c.MQTTAddr())
	w := claim(t, c, fleet, cam, s, alice, 1)
	hers, his := alice.Stream(""), bob.Stream("")
	if no := s.Deliver(cam, cloudtest.Message(t, w.Record(certs.Closed))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	next := cam.Claim(bob.Owner, 2)
	next.Boot = 2
	message := cloudtest.Message(t, next.Record(certs.Claimed))
	s.Send(cloudtest.Topic(cam.ID, "records"), 1, false, message)
	state(t, his, cam, "waiting")
	state(t, hers, cam, "contested")

	if status := bob.Post("lost", w.Lost()); status != 403 {
		t.Errorf("her mark from him: %d", status)
	}
	if status := bob.Post("releases", w.Release(bob.Owner)); status != 403 {
		t.Errorf("her release from him: %d", status)
	}
	if status := alice.Post("lost", w.Lost()); status != 202 {
		t.Fatalf("mark: %d", status)
	}
	state(t, hers, cam, "lost")
	state(t, his, cam, "refused")
	online := next.Record(certs.Online)
	if no := s.Deliver(cam, cloudtest.Message(t, online)); no[online.Position] != "lost" {
		t.Errorf("a record of the refused claim: %v", no)
	}

	if status := alice.Post("releases", w.Release(nil)); status != 202 {
		t.Fatalf("release: %d", status)
	}
	state(t, his, cam, "owned")
	state(t, hers, cam, "gone")
	if no := s.Deliver(cam, message); len(no) != 0 {
		t.Errorf("refused: %v", no)
	}
	if got := positions(t, bob); len(got) != 1 {
		t.Errorf("the next owner sees %v", got)
	}
}
