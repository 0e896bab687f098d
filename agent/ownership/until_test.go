package ownership

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"signet/agent/clock"
	"signet/agent/identity"
	"signet/certs"
	"signet/certs/certstest"
)

// camera is one that nobody owns, whose clock and flash a test sets.
type camera struct {
	*State
	fleet *certs.Fleet
	owner *certs.Owner
	time  time.Time
	right bool // the time is known
}

func newCamera(t testing.TB) *camera {
	t.Helper()
	dir := t.TempDir()
	c := &camera{fleet: certstest.NewFleet(t), owner: certstest.NewOwner(t), time: time.Now(), right: true}
	device, err := identity.Make(dir)
	if err != nil {
		t.Fatal(err)
	}
	der, err := c.fleet.IssueDevice(device.PublicKey(), device.ID, certs.KeyInFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := device.Enrol(dir, der, c.fleet.Cert); err != nil {
		t.Fatal(err)
	}
	c.open(t, device)
	return c
}

// open opens the state folder anew, as a restart does.
func (c *camera) open(t testing.TB, device *identity.Device) {
	t.Helper()
	dir := c.dirOr(device)
	s, err := Open(dir, device)
	if err != nil {
		t.Fatal(err)
	}
	s.now = func() time.Time { return c.time }
	if s.floor, err = clock.OpenFloor(filepath.Join(dir, timeFile), func() bool { return c.right }); err != nil {
		t.Fatal(err)
	}
	c.State = s
}

func (c *camera) dirOr(d *identity.Device) string {
	if c.State != nil {
		return c.dir
	}
	return string(d.Keys.(identity.FileKeys))
}

// claim shows a code and returns the owner's answer to what the camera says.
func (c *camera) claim(t testing.TB, code *certs.ClaimCode, p certs.Policy) (grant []byte) {
	t.Helper()
	msg, err := c.Offer(code, nil, c.time)
	if err != nil {
		t.Fatal(err)
	}
	p.Recipients = []string{c.owner.Recipient}
	grant, err = c.owner.Grant(certstest.Offer(t, msg, code.Secret, c.fleet.Cert), p)
	if err != nil {
		t.Fatal(err)
	}
	return grant
}

// A claim code that was found later is worth nothing, on a camera that knows the time.
func TestGrantAfterTheCode(t *testing.T) {
	c := newCamera(t)
	grant := c.claim(t, certs.NewClaimCode(c.owner, c.time.Add(time.Minute)), certs.Policy{})
	c.time = c.time.Add(time.Hour)
	if err := c.Accept(grant); !errors.Is(err, ErrNoClaim) && !errors.Is(err, ErrOldCode) || c.Terms() != nil {
		t.Errorf("an hour later: %v", err)
	}
}

// A camera that does not know the time cannot say that a code has expired, but for what its floor says.
func TestGrantByAClockThatMayBeWrong(t *testing.T) {
	c := newCamera(t)
	c.right = false
	code := certs.NewClaimCode(c.owner, c.time.Add(time.Minute))
	grant := c.claim(t, code, certs.Policy{})
	c.time = c.time.Add(time.Hour)
	if err := c.Accept(grant); err != nil {
		t.Errorf("by a clock that may be wrong: %v", err)
	}

	c = newCamera(t)
	c.right = false
	code = certs.NewClaimCode(c.owner, c.time.Add(time.Minute))
	if err := c.Heard(code.NotAfter.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Offer(code, nil, c.time.Add(-time.Hour)); !errors.Is(err, ErrOldCode) {
		t.Errorf("a receipt was signed after the code's end: %v", err)
	}
}
