package ownership

import (
	"path/filepath"
	"testing"
	"time"

	"signet/agent/clock"
	"signet/agent/identity"
	"signet/certs"
	"signet/certs/certstest"
)

// camera is one that nobody owns yet, whose clock a test sets, and somebody who may become its owner.
type camera struct {
	*State
	folder string
	fleet  *certs.Fleet
	owner  *certs.Owner
	time   time.Time
	right  bool // the time is known
}

func newCamera(t testing.TB) *camera { return cameraIn(t, t.TempDir()) }

func cameraIn(t testing.TB, dir string) *camera {
	t.Helper()
	c := &camera{folder: dir, fleet: certstest.NewFleet(t), owner: certstest.NewOwner(t), time: time.Now(), right: true}
	enrol(t, dir, c.fleet)
	c.open(t, identity.Files(dir))
	return c
}

func enrol(t testing.TB, dir string, fleet *certs.Fleet) *identity.Device {
	t.Helper()
	device, err := identity.Make(dir)
	if err != nil {
		t.Fatal(err)
	}
	der, err := fleet.IssueDevice(device.PublicKey(), device.ID, certs.KeyInFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := device.Enrol(dir, der, fleet.Cert); err != nil {
		t.Fatal(err)
	}
	return device
}

// open opens the state folder anew, as a restart does.
func (c *camera) open(t testing.TB, safe identity.Safe) {
	t.Helper()
	device, err := identity.OpenIn(c.folder, safe)
	if err != nil {
		t.Fatal(err)
	}
	floor, err := clock.OpenFloor(filepath.Join(c.folder, timeFile), func() bool { return c.right })
	if err != nil {
		t.Fatal(err)
	}
	c.State = newState(c.folder, device, floor)
	c.now = func() time.Time { return c.time }
	if err := c.Reload(); err != nil {
		t.Fatal(err)
	}
}

// offer shows a code to the camera and returns what it says.
func (c *camera) offer(t testing.TB) *certs.SignedOffer {
	t.Helper()
	code := certs.NewClaimCode(c.owner, c.time.Add(time.Minute))
	msg, err := c.Offer(code, nil, c.time)
	if err != nil {
		t.Fatal(err)
	}
	return certstest.Offer(t, msg, code.Secret, c.fleet.Cert)
}

// grant is the owner's answer to an offer.
func (c *camera) grant(t testing.TB, o *certs.SignedOffer, p certs.Policy) []byte {
	t.Helper()
	p.Recipients = []string{c.owner.Recipient}
	b, err := c.owner.Grant(o, p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// claim makes the camera the owner's.
func (c *camera) claim(t testing.TB) {
	t.Helper()
	if err := c.Accept(c.grant(t, c.offer(t), certs.Policy{})); err != nil {
		t.Fatal(err)
	}
}

// policy signs the next version of the policy in force, changed.
func (c *camera) policy(t testing.TB, change func(*certs.Policy)) []byte {
	t.Helper()
	p := *c.Terms().Policy
	p.Version++
	if change != nil {
		change(&p)
	}
	b, err := certs.SignPolicy(&p, c.owner.Key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// renewal is the owner's answer to the renewal that waits.
func (c *camera) renewal(t testing.TB, policy []byte) []byte {
	t.Helper()
	w, err := c.Waiting()
	if err != nil || w == nil || !w.Renewal {
		t.Fatalf("no renewal waits: %+v, %v", w, err)
	}
	m, err := certs.ParseOfferMessage(w.Message)
	if err != nil {
		t.Fatal(err)
	}
	o, err := m.ParseOffer(c.fleet.Cert)
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.owner.GrantRenewal(o, policy)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// letGo is the owner's release of the epoch that runs.
func (c *camera) letGo(t testing.TB) []byte {
	t.Helper()
	n := c.Terms()
	b, err := certs.SignRelease(&certs.Release{Device: c.device.ID, Owner: n.Owner, Epoch: n.Epoch, OfferHash: n.Began}, c.owner.Key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// end lets the camera be nobody's.
func (c *camera) end(t testing.TB) {
	t.Helper()
	if err := c.Release(c.letGo(t)); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(certs.Position{Boot: 1, N: 9}); err != nil {
		t.Fatal(err)
	}
}

// keys returns the event and settings keys in the state folder.
func (c *camera) keys(t testing.TB) (event, settings []string) {
	t.Helper()
	for _, dir := range []string{"", "*", "*/*"} {
		e, err := filepath.Glob(filepath.Join(c.folder, dir, "event-*.key"))
		if err != nil {
			t.Fatal(err)
		}
		s, err := filepath.Glob(filepath.Join(c.folder, dir, settingsFile))
		if err != nil {
			t.Fatal(err)
		}
		event, settings = append(event, e...), append(settings, s...)
	}
	return event, settings
}
