package ownership

import (
	"errors"
	"testing"
	"time"

	"signet/certs"
)

// A claim code that was found later is worth nothing, on a camera that knows the time.
func TestGrantAfterTheCode(t *testing.T) {
	c := newCamera(t)
	grant := c.grant(t, c.offer(t), certs.Policy{})
	c.time = c.time.Add(time.Hour)
	if err := c.Accept(grant); !errors.Is(err, ErrNoClaim) && !errors.Is(err, ErrOldCode) || c.Terms() != nil {
		t.Errorf("an hour later: %v", err)
	}
}

// A camera that does not know the time cannot say that a code has expired, but for what its floor says.
func TestGrantByAClockThatMayBeWrong(t *testing.T) {
	c := newCamera(t)
	c.right = false
	grant := c.grant(t, c.offer(t), certs.Policy{})
	c.time = c.time.Add(time.Hour)
	if err := c.Accept(grant); err != nil {
		t.Errorf("by a clock that may be wrong: %v", err)
	}

	c = newCamera(t)
	c.right = false
	code := certs.NewClaimCode(c.owner, c.time.Add(time.Minute))
	if err := c.Heard(code.NotAfter.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Offer(code, nil, c.time.Add(-time.Hour)); !errors.Is(err, ErrOldCode) {
		t.Errorf("a receipt was signed after the code's end: %v", err)
	}
}

// A viewer whose time ends is sealed to until then, without a new policy.
func TestViewerDropsOut(t *testing.T) {
	c := newCamera(t)
	c.claim(t)
	guest := viewer(t)
	guest.NotAfter = c.time.Add(time.Hour)
	if err := c.Apply(c.policy(t, func(p *certs.Policy) { guest.Since = p.Version; p.Viewers = []certs.Viewer{guest.Viewer} })); err != nil {
		t.Fatal(err)
	}
	sees := func() bool {
		b, err := c.Terms().Sealer.Seal([]byte("a picture"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := certs.Open(b, 4096, c.owner.Identity); err != nil {
			t.Errorf("the owner cannot open it: %v", err)
		}
		_, err = certs.Open(b, 4096, guest.identity)
		return err == nil
	}
	if !sees() {
		t.Error("the guest cannot open a picture within his time")
	}
	for range 4 { // which Terms looks at every half minute
		c.time = c.time.Add(time.Hour / 2)
		c.Terms()
	}
	if sees() {
		t.Error("the guest can open a picture after his time")
	}
	c.time, c.right = c.time.Add(-3*time.Hour), false
	if sees() {
		t.Error("the guest can open a picture though nobody knows what time it is")
	}
	if n := testing.AllocsPerRun(100, func() { c.Terms() }); n != 0 {
		t.Errorf("Terms allocates %v times", n)
	}
}

// What drains ends after seven days by the clock too, where that is known to be right, though it was not when the epoch ended.
func TestDrainByTheClock(t *testing.T) {
	c := newCamera(t)
	c.claim(t)
	c.right = false
	c.end(t)
	spend := func() bool {
		over, err := c.Spend(time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return len(over) > 0
	}
	if spend() {
		t.Error("it is over at once")
	}
	c.right = true
	if spend() {
		t.Error("it is over when the time becomes known")
	}
	c.time = c.time.Add(DrainFor - 2*time.Hour)
	if spend() {
		t.Error("it is over too early")
	}
	c.time = c.time.Add(2 * time.Hour)
	c.right = false
	if spend() {
		t.Error("it is over by a clock that may be wrong")
	}
	c.right = true
	if !spend() {
		t.Error("it is not over after seven days by the clock")
	}
	if err := c.Drained(1); err != nil || len(c.Drains()) > 0 {
		t.Errorf("%+v, %v", c.Drains(), err)
	}
}
